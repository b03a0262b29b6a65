//! A remote logout that revokes tokens too: exactly those asked for, and all or nothing.

use accounts::{
    db::Db,
    plans::Plan,
    sessions::{self, By, EndAllError, LogoutReceipt, RevokeTokens, Revoked, Surface},
};
use testing::databases;

use crate::test_app::{NOW, TestApp, TestUser, browser};

on_both!(
    a_remote_logout_revokes_the_tokens_that_were_ticked_and_no_others,
    a_remote_logout_that_is_refused_revokes_no_token,
);

async fn give_tokens(app: &TestApp, user: &TestUser) {
    for (n, kind) in ["api", "api", "mcp"].into_iter().enumerate() {
        let hash = format!("{:0>64}", format!("{n}{}", &user.id.0[30..]));
        let sql = format!(
            "insert into tokens (id, user_id, kind, name, token_hash, created_at)
             values ('{n}{0}', '{0}', '{kind}', 'Token {n}', '{hash}', 1)",
            user.id.0
        );
        databases::run(&app.db, &sql).await;
    }
}

async fn tokens(app: &TestApp, user: &TestUser) -> (i64, i64) {
    let facts = app.facts(user, NOW).await;
    (facts.api_tokens, facts.mcp_tokens)
}

/// What a remote logout did, and the hash of its event. Commits a refusal too, so that what it should not have
/// written is seen.
async fn remote_logout(
    app: &TestApp,
    user: &TestUser,
    by: By<'_>,
    revoke_tokens: RevokeTokens,
) -> Result<(LogoutReceipt, Revoked, String), EndAllError> {
    let mut op = app.begin(&browser(9), NOW).await;
    let surface = Surface::Security;
    let ended =
        sessions::end_all_and_revoke_tokens(&mut op, &user.id, by, revoke_tokens, surface).await;
    let receipts = op.commit().await.unwrap();
    let (ended, revoked) = ended?;
    let hash = receipts.hash(&ended.event).to_owned();
    Ok((ended, revoked, hash))
}

async fn a_remote_logout_revokes_the_tokens_that_were_ticked_and_no_others(db: Db) {
    let app = TestApp::new(db);
    for (n, (api_tokens, mcp_tokens)) in
        [(false, false), (true, false), (false, true), (true, true)]
            .into_iter()
            .enumerate()
    {
        let ada = app.user(&format!("Ada{n}")).await;
        let ben = app.user(&format!("Ben{n}")).await;
        give_tokens(&app, &ada).await;
        give_tokens(&app, &ben).await;
        let here = app.sign_in(&ada, NOW).await.session;
        let revoke_tokens = RevokeTokens {
            api_tokens,
            mcp_tokens,
        };
        let (ended, revoked, hash) =
            remote_logout(&app, &ada, By::Session(&here.id), revoke_tokens)
                .await
                .unwrap();
        assert!(!app.is_live(&here.token, NOW).await);
        assert_eq!((ended.sessions, hash.len()), (1, 64));
        assert_eq!(
            revoked,
            Revoked {
                api_tokens: api_tokens.then_some(2),
                mcp_tokens: mcp_tokens.then_some(1)
            }
        );
        let left = (if api_tokens { 0 } else { 2 }, i64::from(!mcp_tokens));
        assert_eq!(tokens(&app, &ada).await, left);
        assert_eq!(tokens(&app, &ben).await, (2, 1), "another user's");
        assert_eq!(
            app.events(&ada, "user.api_token_deleted").await,
            i64::from(api_tokens)
        );
        assert_eq!(
            app.events(&ada, "user.mcp_token_deleted").await,
            i64::from(mcp_tokens)
        );
        assert_eq!(app.events(&ada, "user.session_invalidated").await, 1);
    }
}

async fn a_remote_logout_that_is_refused_revokes_no_token(db: Db) {
    let app = TestApp::new(db);
    let both = RevokeTokens {
        api_tokens: true,
        mcp_tokens: true,
    };
    let ada = app.user_on("Ada", Plan::Free).await;
    give_tokens(&app, &ada).await;
    let here = app.sign_in(&ada, NOW).await.session;
    let epoch = app.epoch(&ada).await;
    for by in [By::Session(&here.id), By::Operator] {
        let refused = remote_logout(&app, &ada, by, both).await;
        assert!(
            matches!(refused, Err(EndAllError::PlanRequired(_))),
            "{refused:?}"
        );
    }
    assert_unchanged(&app, &ada).await;
    assert!(app.is_live(&here.token, NOW).await);
    assert_eq!(app.epoch(&ada).await, epoch);
    assert_eq!(app.events(&ada, "user.session_invalidated").await, 0);

    // Nor does a session that has ended already, on a plan that would allow it.
    let ben = app.user("Ben").await;
    give_tokens(&app, &ben).await;
    let old = app.sign_in(&ben, NOW).await.session;
    app.remote_logout(&ben.id, By::Operator, NOW).await.unwrap();
    let refused = remote_logout(&app, &ben, By::Session(&old.id), both).await;
    assert!(
        matches!(refused, Err(EndAllError::AlreadyEnded)),
        "{refused:?}"
    );
    assert_unchanged(&app, &ben).await;
    assert_eq!(app.events(&ben, "user.session_invalidated").await, 1);
}

async fn assert_unchanged(app: &TestApp, user: &TestUser) {
    assert_eq!(tokens(app, user).await, (2, 1));
    for action in ["user.api_token_deleted", "user.mcp_token_deleted"] {
        assert_eq!(app.events(user, action).await, 0, "{action}");
    }
}
