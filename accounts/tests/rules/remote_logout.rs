//! The remote logout: everything dead, nothing else touched, once.

use accounts::{
    db::Db,
    end_reason::EndReason,
    ids::UserId,
    plans::Plan,
    remember_me::Exchange,
    sessions::{By, EndAllError, Found},
    sign_in::CompletedSignIn,
    tokens, users,
};
use testing::databases;

use crate::test_app::{DAY, NOW, SECOND, TestApp, TestUser, after, browser};

on_both!(
    a_remote_logout_ends_every_session_and_remembered_device_and_says_how_many,
    a_remote_logout_touches_no_other_user_and_no_token,
    what_a_remote_logout_ended_knows_when_by_whom_and_from_which_browser,
    the_free_plan_is_refused_and_nothing_changes,
    what_has_run_out_is_neither_counted_nor_said_to_have_ended_by_the_remote_logout,
    what_was_made_under_an_older_epoch_is_dead_by_that_alone,
    the_operator_may_log_out_any_user_who_exists,
    after_a_remote_logout_the_user_signs_in_as_ever,
);

async fn a_remote_logout_ends_every_session_and_remembered_device_and_says_how_many(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let mut all = vec![app.sign_in(&ada, NOW).await];
    for _ in 0..3 {
        all.push(app.sign_in_remembered(&ada, NOW).await);
    }
    let epoch = app.epoch(&ada).await;
    let facts = app.facts(&ada, NOW).await;
    assert_eq!((facts.sessions, facts.remembered_devices), (4, 3));

    let now = after(SECOND);
    let done = app
        .remote_logout(&ada.id, By::Session(&all[0].session.id), now)
        .await
        .unwrap();
    let receipt = (done.sessions, done.remembered_devices, done.at);
    assert_eq!(receipt, (4, 3, now.at));
    assert_eq!(app.epoch(&ada).await, epoch + 1);
    assert_signed_out(&app, &ada, &all).await;

    assert_eq!(app.events(&ada, "user.session_invalidated").await, 1);
    let details = format!(
        "select details from audit_events where id = '{}'",
        done.event.0
    );
    let details = databases::text(&app.db, &details).await;
    let details: serde_json::Value = serde_json::from_str(&details).unwrap();
    let expected = serde_json::json!({
        "scope": "all", "sessions": 4, "remembered_devices": 3, "invitations": 0, "path": "profile/security",
    });
    assert_eq!(details, expected);
}

/// Neither with a session's cookie nor with a remembered device's.
pub async fn assert_signed_out(app: &TestApp, user: &TestUser, all: &[CompletedSignIn]) {
    for completed in all {
        assert_eq!(
            app.end_reason(&completed.session.token, NOW).await,
            EndReason::RemoteLogout
        );
        if let Some(remembered) = &completed.remembered {
            let exchanged = app.exchange(&remembered.token, NOW).await;
            let Exchange::Ended(ended) = exchanged else {
                panic!("{exchanged:?}")
            };
            assert_eq!(ended.end_reason, EndReason::RemoteLogout);
        }
    }
    assert!(app.list(user, NOW).await.is_empty());
    let facts = app.facts(user, NOW).await;
    assert_eq!((facts.sessions, facts.remembered_devices), (0, 0));
}

/// Gives a user a token, whatever its value is.
async fn give_token(app: &TestApp, user: &TestUser, kind: &str, hash: &str) {
    let sql = format!(
        "insert into tokens (id, user_id, kind, name, token_hash, created_at)
         values ('{hash}', '{}', '{kind}', 'a token', '{}', 1)",
        user.id.0,
        hash.repeat(64)
    );
    databases::run(&app.db, &sql).await;
}

async fn tokens_of(app: &TestApp, user: &TestUser) -> String {
    let mut conn = app.read(NOW).await;
    let api = tokens::list(&mut conn, &user.id, tokens::Kind::Api)
        .await
        .unwrap();
    let mcp = tokens::list(&mut conn, &user.id, tokens::Kind::Mcp)
        .await
        .unwrap();
    format!("{api:?} {mcp:?}")
}

async fn a_remote_logout_touches_no_other_user_and_no_token(db: Db) {
    let app = TestApp::new(db);
    let (ada, ben) = (app.user("Ada").await, app.user("Ben").await);
    let here = app.sign_in_remembered(&ada, NOW).await;
    let bens = app.sign_in_remembered(&ben, NOW).await;
    for (kind, hash) in [("api", "a"), ("api", "b"), ("mcp", "c")] {
        give_token(&app, &ada, kind, hash).await;
    }
    let facts = app.facts(&ada, NOW).await;
    assert_eq!((facts.api_tokens, facts.mcp_tokens), (2, 1));
    let (tokens, epoch) = (tokens_of(&app, &ada).await, app.epoch(&ben).await);

    app.remote_logout(&ada.id, By::Session(&here.session.id), NOW)
        .await
        .unwrap();
    assert_eq!(tokens_of(&app, &ada).await, tokens);
    let facts = app.facts(&ada, NOW).await;
    assert_eq!((facts.api_tokens, facts.mcp_tokens), (2, 1));
    assert_eq!(app.epoch(&ben).await, epoch);
    assert!(app.is_live(&bens.session.token, NOW).await);
    let exchanged = app.exchange(&bens.remembered.unwrap().token, NOW).await;
    assert!(
        matches!(exchanged, Exchange::Session { .. }),
        "{exchanged:?}"
    );
    assert_eq!(app.events(&ben, "user.session_invalidated").await, 0);
}

async fn what_a_remote_logout_ended_knows_when_by_whom_and_from_which_browser(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let (here, there) = (app.sign_in(&ada, NOW).await, app.sign_in(&ada, NOW).await);
    app.remote_logout(&ada.id, By::Session(&here.session.id), after(SECOND))
        .await
        .unwrap();
    let Found::Ended(ended) = app.find(&there.session.token, after(DAY)).await else {
        panic!("it lives")
    };
    assert_eq!(
        (ended.end_reason, ended.at),
        (EndReason::RemoteLogout, NOW.at + SECOND)
    );
    assert_eq!(ended.by, Some(format!("user:{}", ada.id.0)));
    assert_eq!(ended.by_user_agent, Some(browser(9).user_agent));
}

async fn the_free_plan_is_refused_and_nothing_changes(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user_on("Ada", Plan::Free).await;
    let here = app.sign_in_remembered(&ada, NOW).await;
    let (epoch, facts) = (app.epoch(&ada).await, app.facts(&ada, NOW).await);
    for by in [By::Session(&here.session.id), By::Operator] {
        // This commits what a refusal should not have written.
        let refused = app.remote_logout(&ada.id, by, NOW).await;
        let Err(EndAllError::PlanRequired(plans)) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(plans, [Plan::Plus, Plan::Pro, Plan::Enterprise]);
    }
    assert_eq!(app.epoch(&ada).await, epoch);
    assert_eq!(app.facts(&ada, NOW).await, facts);
    assert!(app.is_live(&here.session.token, NOW).await);
    assert_eq!(app.events(&ada, "user.session_invalidated").await, 0);
    let exchanged = app.exchange(&here.remembered.unwrap().token, NOW).await;
    assert!(
        matches!(exchanged, Exchange::Session { .. }),
        "{exchanged:?}"
    );
}

async fn what_has_run_out_is_neither_counted_nor_said_to_have_ended_by_the_remote_logout(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let idle = app.sign_in_remembered(&ada, NOW).await;
    let here = app.sign_in(&ada, after(10 * DAY)).await;
    let now = after(20 * DAY);
    let done = app
        .remote_logout(&ada.id, By::Session(&here.session.id), now)
        .await
        .unwrap();
    assert_eq!((done.sessions, done.remembered_devices), (1, 1));
    assert_eq!(
        app.end_reason(&idle.session.token, now).await,
        EndReason::Expired
    );
    // A session that has run out ends nothing.
    let (old, now) = (app.sign_in(&ada, now).await, after(40 * DAY));
    let refused = app
        .remote_logout(&ada.id, By::Session(&old.session.id), now)
        .await;
    assert!(
        matches!(refused, Err(EndAllError::AlreadyEnded)),
        "{refused:?}"
    );
}

/// A row that has not been ended yet, as after a restored backup whose epochs were raised.
async fn what_was_made_under_an_older_epoch_is_dead_by_that_alone(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in_remembered(&ada, NOW).await;
    databases::run(&app.db, "update users set epoch = epoch + 1").await;
    assert_signed_out(&app, &ada, std::slice::from_ref(&here)).await;
    let refused = app
        .remote_logout(&ada.id, By::Session(&here.session.id), NOW)
        .await;
    assert!(
        matches!(refused, Err(EndAllError::AlreadyEnded)),
        "{refused:?}"
    );
    let now = app.sign_in(&ada, NOW).await;
    let done = app
        .remote_logout(&ada.id, By::Session(&now.session.id), NOW)
        .await;
    assert_eq!(done.unwrap().sessions, 1);
}

async fn the_operator_may_log_out_any_user_who_exists(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in(&ada, NOW).await;
    let done = app.remote_logout(&ada.id, By::Operator, NOW).await.unwrap();
    assert_eq!(done.sessions, 1);
    let Found::Ended(ended) = app.find(&here.session.token, NOW).await else {
        panic!("it lives")
    };
    assert_eq!(ended.by.as_deref(), Some("operator"));
    let unknown = app
        .remote_logout(&UserId("unknown".into()), By::Operator, NOW)
        .await;
    assert!(
        matches!(unknown, Err(EndAllError::NoSuchUser)),
        "{unknown:?}"
    );
}

async fn after_a_remote_logout_the_user_signs_in_as_ever(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in(&ada, NOW).await;
    app.remote_logout(&ada.id, By::Session(&here.session.id), NOW)
        .await
        .unwrap();
    let again = app.sign_in_remembered(&ada, NOW).await;
    assert!(app.is_live(&again.session.token, NOW).await);
    let exchanged = app.exchange(&again.remembered.unwrap().token, NOW).await;
    assert!(
        matches!(exchanged, Exchange::Session { .. }),
        "{exchanged:?}"
    );
    let user = users::find(&mut app.read(NOW).await, &ada.id).await;
    assert_eq!(user.unwrap().unwrap().email, ada.email);
}
