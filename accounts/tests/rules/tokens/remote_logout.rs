//! A program logs out remotely and ends one session: with its user's rights, no more.

use std::time::Duration;

use accounts::{
    audit,
    db::Db,
    emails::{AskedBy, EmailTemplate},
    ids::{SessionId, UserId},
    programs::{self, BearerError},
    roles::Role,
    sessions::{By, LogoutReceipt, SignedIn, Surface},
    time::Moment,
    tokens::{Bearer, Kind},
};

use super::{bearer, create, ending, named};
use crate::emails::{lease, send};
use crate::test_app::{NOW, TestApp, TestUser, after, browser};

on_both!(
    a_remote_logout_ends_every_session_and_says_who_did_it,
    without_the_scope_nothing_ends,
    owners_and_admins_log_out_members_of_their_account_only,
    a_token_revoked_in_the_meantime_ends_nothing,
    one_session_ends_with_its_remembered_device,
    two_who_log_each_other_out_at_once_both_succeed,
    a_token_logs_out_so_often_and_no_more,
    a_token_ends_so_many_single_sessions_an_hour_and_no_more,
    an_email_about_a_remote_logout_says_who_asked_for_it,
);

async fn remote_logout(
    app: &TestApp,
    bearer: &Bearer,
    user: &UserId,
) -> Result<LogoutReceipt, BearerError> {
    let mut op = app.begin(&browser(9), NOW).await;
    let ended = programs::remote_logout(&mut op, bearer, user, Surface::Rest).await?;
    op.commit().await?;
    Ok(ended)
}

async fn end_one(app: &TestApp, bearer: &Bearer, session: &str) -> Result<(), BearerError> {
    let mut op = app.begin(&browser(9), NOW).await;
    programs::end_session(&mut op, bearer, &SessionId(session.into())).await?;
    op.commit().await?;
    Ok(())
}

/// A signed-in owner, and a token of theirs of that kind that may end sessions.
async fn with_token(app: &TestApp, name: &str, kind: Kind) -> (TestUser, SignedIn, Bearer) {
    let (user, me) = app.owner(name).await;
    let bearer = token_of(app, &me, kind).await;
    (user, me, bearer)
}

/// The same for a member of an account.
async fn member_with_token(
    app: &TestApp,
    owner: &SignedIn,
    name: &str,
    role: Role,
) -> (TestUser, Bearer) {
    let user = app.member(owner, name, role).await;
    let me = app.sign_in_now(&user).await;
    let bearer = token_of(app, &me, Kind::Api).await;
    (user, bearer)
}

async fn token_of(app: &TestApp, me: &SignedIn, kind: Kind) -> Bearer {
    let token = create(app, me, ending(kind)).await.unwrap();
    bearer(app, kind, &token.value).await
}

async fn a_token_ends_so_many_single_sessions_an_hour_and_no_more(db: Db) {
    let app = TestApp::new(db);
    let (ada, me, token) = with_token(&app, "Ada", Kind::Api).await;
    let other = token_of(&app, &me, Kind::Api).await;
    let end_newest = async |token: &Bearer, now: Moment| {
        let session = app.sign_in(&ada, now).await.session.id;
        let mut op = app.begin(&browser(9), now).await;
        let ended = programs::end_session(&mut op, token, &session).await;
        if ended.is_ok() {
            op.commit().await.unwrap();
        }
        ended
    };
    for _ in 0..30 {
        end_newest(&token, NOW).await.unwrap();
    }
    let refused = end_newest(&token, NOW).await;
    let Err(BearerError::RateLimited(limited)) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(limited.retry_after, Duration::from_hours(1));
    // It ends nothing, and another token has permits of its own.
    assert_eq!(app.list(&ada, NOW).await.len(), 2);
    end_newest(&other, NOW).await.unwrap();
    end_newest(&token, after(Duration::from_hours(1)))
        .await
        .unwrap();
}

async fn a_token_logs_out_so_often_and_no_more(db: Db) {
    let app = TestApp::new(db);
    let (ada, _, token) = with_token(&app, "Ada", Kind::Api).await;
    let (ben, _, bens) = with_token(&app, "Ben", Kind::Api).await;
    for _ in 0..3 {
        remote_logout(&app, &token, &ada.id).await.unwrap();
    }
    let here = app.sign_in(&ada, NOW).await;
    let refused = remote_logout(&app, &token, &ada.id).await;
    assert!(
        matches!(refused, Err(BearerError::RateLimited(_))),
        "{refused:?}"
    );
    assert!(app.is_live(&here.session.token, NOW).await);
    remote_logout(&app, &bens, &ben.id).await.unwrap();
}

async fn a_remote_logout_ends_every_session_and_says_who_did_it(db: Db) {
    let app = TestApp::new(db);
    for (name, kind) in [("Ada", Kind::Api), ("Ben", Kind::Mcp)] {
        let (user, me, bearer) = with_token(&app, name, kind).await;
        let remembered = app.sign_in_remembered(&user, NOW).await;
        let ended = remote_logout(&app, &bearer, &user.id).await.unwrap();
        assert_eq!((ended.sessions, ended.remembered_devices), (2, 1));
        assert!(!app.is_live(&remembered.session.token, NOW).await);
        let account = &me.user.account_id;
        let newest =
            audit::recent(&mut *app.read(NOW).await, account, Some(&user.id), None, 1).await;
        let event = newest.unwrap().remove(0);
        assert_eq!(event.id, ended.event.0);
        assert_eq!(event.action, "user.session_invalidated");
        assert_eq!(event.actor, format!("user:{}", user.id.0));
        assert!(event.details.contains("api/v1"), "{}", event.details);
        // Again: nothing is left to end, and it is no error.
        let again = remote_logout(&app, &bearer, &user.id).await.unwrap();
        assert_eq!(again.sessions, 0);
    }
}

async fn without_the_scope_nothing_ends(db: Db) {
    let app = TestApp::new(db);
    let (ada, me) = app.owner("Ada").await;
    for kind in [Kind::Api, Kind::Mcp] {
        let token = create(&app, &me, named(kind, "reads")).await.unwrap();
        let bearer = bearer(&app, kind, &token.value).await;
        let refused = remote_logout(&app, &bearer, &ada.id).await;
        assert!(matches!(refused, Err(BearerError::Scope)), "{refused:?}");
        let refused = end_one(&app, &bearer, &me.session.0).await;
        assert!(matches!(refused, Err(BearerError::Scope)), "{refused:?}");
    }
    assert_eq!(app.list(&ada, NOW).await.len(), 1);
}

async fn owners_and_admins_log_out_members_of_their_account_only(db: Db) {
    let app = TestApp::new(db);
    let (ada, ada_in, adas) = with_token(&app, "Ada", Kind::Api).await;
    let (ben, bens) = member_with_token(&app, &ada_in, "Ben", Role::Member).await;
    let (eve, _, _) = with_token(&app, "Eve", Kind::Api).await;

    let unknown = UserId(NOW.id());
    for stranger in [&eve.id, &unknown, &UserId("unknown".into())] {
        let refused = remote_logout(&app, &adas, stranger).await;
        assert!(matches!(refused, Err(BearerError::NotFound)), "{refused:?}");
    }
    let refused = remote_logout(&app, &bens, &ada.id).await;
    assert!(matches!(refused, Err(BearerError::Role)), "{refused:?}");
    // As the database has it now: the token was looked up before Ben became an admin.
    let role = app.change_role(&ada_in, &ben.id, Role::Admin).await;
    role.unwrap();
    let refused = remote_logout(&app, &bens, &ada.id).await;
    assert!(matches!(refused, Err(BearerError::OnOwner)), "{refused:?}");
    let role = app.change_role(&ada_in, &ben.id, Role::Owner).await;
    role.unwrap();
    let ended = remote_logout(&app, &bens, &ada.id).await.unwrap();
    assert_eq!(ended.sessions, 1);
    let ended = remote_logout(&app, &adas, &ben.id).await.unwrap();
    assert_eq!(ended.sessions, 1);
    assert_eq!(app.list(&eve, NOW).await.len(), 1);
    let ada_in = app.sign_in_now(&ada).await;
    let role = app.change_role(&ada_in, &ben.id, Role::WatchOnly).await;
    role.unwrap();
    let refused = remote_logout(&app, &bens, &ben.id).await;
    assert!(matches!(refused, Err(BearerError::Unknown)), "{refused:?}");
}

async fn a_token_revoked_in_the_meantime_ends_nothing(db: Db) {
    let app = TestApp::new(db);
    let (ada, me, bearer) = with_token(&app, "Ada", Kind::Api).await;
    super::revoke(&app, &me, Kind::Api, &bearer.token)
        .await
        .unwrap();
    let refused = remote_logout(&app, &bearer, &ada.id).await;
    assert!(matches!(refused, Err(BearerError::Unknown)), "{refused:?}");
    let refused = end_one(&app, &bearer, &me.session.0).await;
    assert!(matches!(refused, Err(BearerError::Unknown)), "{refused:?}");
    assert_eq!(app.list(&ada, NOW).await.len(), 1);
    assert_eq!(app.epoch(&ada).await, 1);
}

async fn one_session_ends_with_its_remembered_device(db: Db) {
    let app = TestApp::new(db);
    let (ada, _, bearer) = with_token(&app, "Ada", Kind::Api).await;
    let (ben, bens, _) = with_token(&app, "Ben", Kind::Api).await;
    let phone = app.sign_in_remembered(&ada, NOW).await;
    for wrong in [bens.session.as_str(), "nothing", ""] {
        let refused = end_one(&app, &bearer, wrong).await;
        assert!(
            matches!(refused, Err(BearerError::NotFound)),
            "{wrong} {refused:?}"
        );
    }
    end_one(&app, &bearer, &phone.session.id.0).await.unwrap();
    assert!(!app.is_live(&phone.session.token, NOW).await);
    let facts = app.facts(&ada, NOW).await;
    assert_eq!((facts.sessions, facts.remembered_devices), (1, 0));
    let again = end_one(&app, &bearer, &phone.session.id.0).await;
    assert!(matches!(again, Err(BearerError::NotFound)), "{again:?}");
    assert_eq!(app.list(&ben, NOW).await.len(), 1);
}

async fn two_who_log_each_other_out_at_once_both_succeed(db: Db) {
    let mut app = TestApp::new(db);
    app.limits.remote_logouts_per_token = 10;
    let (ada, ada_in, adas) = with_token(&app, "Ada", Kind::Api).await;
    let (ben, bens) = member_with_token(&app, &ada_in, "Ben", Role::Owner).await;
    for _ in 0..10 {
        let (one, two) = tokio::join!(
            remote_logout(&app, &adas, &ben.id),
            remote_logout(&app, &bens, &ada.id)
        );
        one.unwrap();
        two.unwrap();
    }
}

async fn an_email_about_a_remote_logout_says_who_asked_for_it(db: Db) {
    let app = TestApp::new(db);
    let (ada, owner) = app.owner("Ada").await;
    let ben = app.member(&owner, "Ben", Role::Member).await;
    app.remote_logout_member(&owner, &ben.id).await.unwrap();
    let by_member = AskedBy::Member {
        name: "Ada".into(),
        role: "Owner".into(),
    };
    assert_eq!(asked_by(&app, &ben).await, by_member);
    app.remote_logout(&ben.id, By::Operator, NOW).await.unwrap();
    assert_eq!(asked_by(&app, &ben).await, AskedBy::Operator);

    let bearer = token_of(&app, &owner, Kind::Api).await;
    for (user, expected) in [(&ada, None), (&ben, Some(by_member))] {
        remote_logout(&app, &bearer, &user.id).await.unwrap();
        let by_token = AskedBy::Token {
            id: bearer.token.clone(),
            kind: "API".into(),
            name: bearer.name.clone(),
        };
        assert_eq!(asked_by(&app, user).await, expected.unwrap_or(by_token));
    }
}

/// Who asked for the last remote logout of a user, as their email tells; every email is sent.
async fn asked_by(app: &TestApp, user: &TestUser) -> AskedBy {
    let mut told = None;
    while let Some(due) = lease(app, NOW).await {
        send(app, &due, NOW).await;
        if due.to == user.email
            && let EmailTemplate::RemoteLogout { asked_by, .. } = due.email.template
        {
            told = Some(asked_by);
        }
    }
    told.expect("an email about it")
}
