//! A remote logout that takes tokens along: exactly those asked for, and all or nothing.

use accounts::{
    db::Db,
    plans::Plan,
    sessions::{self, By, EndAllError, LogoutReceipt, RevokeTokens, Revoked, Surface},
};

use crate::{
    databases,
    home::{Home, NOW, Person, browser},
};

on_both!(
    a_remote_logout_takes_along_the_tokens_that_were_ticked_and_no_others,
    a_remote_logout_that_is_refused_takes_no_token_along,
);

async fn give_tokens(home: &Home, who: &Person) {
    for (n, kind) in ["api", "api", "mcp"].into_iter().enumerate() {
        let hash = format!("{:0>64}", format!("{n}{}", &who.id.0[30..]));
        let sql = format!(
            "insert into tokens (id, user_id, kind, name, token_hash, created_at)
             values ('{n}{0}', '{0}', '{kind}', 'Token {n}', '{hash}', 1)",
            who.id.0
        );
        databases::run(&home.db, &sql).await;
    }
}

async fn tokens(home: &Home, who: &Person) -> (i64, i64) {
    let facts = home.facts(who, NOW).await;
    (facts.api_tokens, facts.mcp_tokens)
}

async fn remote_logout(
    home: &Home,
    who: &Person,
    revoke_tokens: RevokeTokens,
) -> Result<(LogoutReceipt, Revoked), EndAllError> {
    let here = home.sign_in(who, NOW).await;
    let me = home.signed_in(&here.session.token, NOW).await;
    let mut tx = home.db.write().await?;
    let (from, client) = (Surface::Security, browser(9));
    let done = {
        let (user, by) = (&me.user.id, By::Session(&me.session));
        let limits = &home.limits;
        sessions::end_all_and_revoke_tokens(
            &mut tx,
            user,
            by,
            revoke_tokens,
            from,
            &client,
            limits,
            NOW,
        )
        .await?
    };
    tx.commit().await?;
    assert!(!home.is_live(&here.session.token, NOW).await);
    Ok(done)
}

async fn a_remote_logout_takes_along_the_tokens_that_were_ticked_and_no_others(db: Db) {
    let home = Home::new(db);
    for (n, (api_tokens, mcp_tokens)) in
        [(false, false), (true, false), (false, true), (true, true)]
            .into_iter()
            .enumerate()
    {
        let ada = home.person(&format!("Ada{n}")).await;
        let ben = home.person(&format!("Ben{n}")).await;
        give_tokens(&home, &ada).await;
        give_tokens(&home, &ben).await;
        let (ended, revoked) = remote_logout(
            &home,
            &ada,
            RevokeTokens {
                api_tokens,
                mcp_tokens,
            },
        )
        .await
        .unwrap();
        assert_eq!((ended.sessions, ended.hash.len()), (1, 64));
        assert_eq!(
            revoked,
            Revoked {
                api_tokens: api_tokens.then_some(2),
                mcp_tokens: mcp_tokens.then_some(1)
            }
        );
        let left = (if api_tokens { 0 } else { 2 }, i64::from(!mcp_tokens));
        assert_eq!(tokens(&home, &ada).await, left);
        assert_eq!(tokens(&home, &ben).await, (2, 1), "nobody else's");
        assert_eq!(
            home.events(&ada, "user.api_token_deleted").await,
            i64::from(api_tokens)
        );
        assert_eq!(
            home.events(&ada, "user.mcp_token_deleted").await,
            i64::from(mcp_tokens)
        );
        assert_eq!(home.events(&ada, "user.session_invalidated").await, 1);
    }
}

async fn a_remote_logout_that_is_refused_takes_no_token_along(db: Db) {
    let home = Home::new(db);
    let ada = home.person_on("Ada", Plan::Free).await;
    give_tokens(&home, &ada).await;
    let both = RevokeTokens {
        api_tokens: true,
        mcp_tokens: true,
    };
    let refused = remote_logout(&home, &ada, both).await;
    assert!(
        matches!(refused, Err(EndAllError::PlanRequired(_))),
        "{refused:?}"
    );
    assert_eq!(tokens(&home, &ada).await, (2, 1));
    assert_eq!(home.events(&ada, "user.api_token_deleted").await, 0);
}
