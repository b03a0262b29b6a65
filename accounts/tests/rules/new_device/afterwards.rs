//! What the link leaves behind, and what it leaves alone.

use accounts::{
    db::Db,
    invitations::{self, JoinError},
    not_me::look_up,
    roles::Role,
    sessions::RevokeTokens,
};

use super::{consume, consume_from, enter, enter_as, intruded, is_expired, send_all};
use crate::test_app::{NOW, SECOND, TestApp, after, browser};

on_both!(
    a_sign_in_afterwards_is_told_of,
    invitations_made_since_are_revoked_and_tokens_when_asked,
    tokens_and_all_other_users_stay,
);

async fn a_sign_in_afterwards_is_told_of(db: Db) {
    let app = TestApp::new(db);
    let (ada, here, there, link) = intruded(&app, "Ada").await;
    let from = Some(&here.device.value);
    consume_from(&app, &link, RevokeTokens::default(), from, NOW)
        .await
        .unwrap();
    let later = after(SECOND);
    app.sign_in(&ada, later).await;
    send_all(&app, later).await;
    // No browser is known any more, not even the one that consumed the link: it proves no strong sign-in.
    let mut back = Vec::new();
    for known_device in [&here.device.value, &there.device.value] {
        back.push(enter_as(&app, &ada, known_device).await);
        assert_eq!(send_all(&app, later).await, 1);
    }
    // Announced once, a browser is known again, by a new value.
    enter_as(&app, &ada, &back[0].device.value).await;
    assert_eq!(send_all(&app, later).await, 0);
}

async fn invitations_made_since_are_revoked_and_tokens_when_asked(db: Db) {
    let app = TestApp::new(db);
    let (ada, here) = app.owner("Ada").await;
    let before = app.invite(&here, Role::Member, NOW).await.unwrap();
    app.give_token(&ada).await;
    let later = after(SECOND);
    let (there, _, link) = enter(&app, &ada, later).await;
    let link = link.unwrap();
    let there = app.signed_in(&there.session.token, later).await;
    let since = app.invite(&there, Role::Owner, later).await.unwrap();

    let looked = look_up(&mut app.read(later).await, &link).await;
    assert_eq!(looked.unwrap().unwrap().invitations, 1);
    let tokens = RevokeTokens {
        api_tokens: true,
        mcp_tokens: false,
    };
    let logged_out = consume_from(&app, &link, tokens, None, later)
        .await
        .unwrap();
    assert_eq!(logged_out.revoked.api_tokens, Some(1));
    assert!(app.join(&since.token, "Eve", later).await.is_err());
    // The invitation from before waits, and one click revives it; the other one is gone.
    let waits = app.join(&before.token, "Ben", later).await;
    assert!(matches!(waits, Err(JoinError::Waits)), "{waits:?}");
    let here = app.sign_in(&ada, later).await;
    let here = app.signed_in(&here.session.token, later).await;
    for (invitation, revives) in [(&since, false), (&before, true)] {
        let mut op = app.begin(&browser(1), later).await;
        let confirmed = invitations::confirm(&mut op, &here, &invitation.id).await;
        assert_eq!(confirmed.is_ok(), revives, "{confirmed:?}");
        op.commit().await.unwrap();
    }
    assert!(app.join(&since.token, "Eve", later).await.is_err());
    app.join(&before.token, "Ben", later).await.unwrap();
}

async fn tokens_and_all_other_users_stay(db: Db) {
    let app = TestApp::new(db);
    let (ada, _, _, link) = intruded(&app, "Ada").await;
    let (_, bens, ben_too, bens_link) = intruded(&app, "Ben").await;
    app.give_token(&ada).await;
    let before = app.facts(&ada, NOW).await;
    consume(&app, &link, NOW).await.unwrap();
    let left = app.facts(&ada, NOW).await;
    assert_eq!(left.api_tokens + left.mcp_tokens, 1);
    assert_eq!(
        (left.api_tokens, left.mcp_tokens),
        (before.api_tokens, before.mcp_tokens)
    );
    for live in [&bens, &ben_too] {
        assert!(app.is_live(&live.session.token, NOW).await);
    }
    assert!(!is_expired(&app, &bens_link, NOW).await);
}
