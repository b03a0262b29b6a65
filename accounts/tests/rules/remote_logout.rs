//! The remote logout: everything dead, nothing else touched, once.

use accounts::{
    db::Db,
    plans::Plan,
    remember_me::Exchange,
    sessions::{By, EndAllError, EndReason, Found},
    sign_in::CompletedSignIn,
    tokens,
    users::{self, UserId},
};

use crate::{
    databases,
    home::{DAY, Home, NOW, Person, SECOND, after, browser},
};

on_both!(
    a_remote_logout_ends_every_session_and_remembered_device_and_says_how_many,
    a_remote_logout_touches_nobody_else_and_no_token,
    what_a_remote_logout_ended_knows_when_by_whom_and_from_which_browser,
    the_free_plan_is_refused_and_nothing_changes,
    what_has_run_out_is_neither_counted_nor_said_to_have_ended_by_the_remote_logout,
    what_was_made_under_an_older_epoch_is_dead_by_that_alone,
    the_operator_may_remote_logout_for_anybody_who_exists,
    after_a_remote_logout_one_signs_in_as_ever,
);

async fn a_remote_logout_ends_every_session_and_remembered_device_and_says_how_many(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let mut all = vec![home.sign_in(&ada, NOW).await];
    for _ in 0..3 {
        all.push(home.sign_in_remembered(&ada, NOW).await);
    }
    let epoch = home.epoch(&ada).await;
    let facts = home.facts(&ada, NOW).await;
    assert_eq!((facts.sessions, facts.remembered_devices), (4, 3));

    let now = after(SECOND);
    let done = home
        .remote_logout(&ada.id, By::Session(&all[0].session.id), now)
        .await
        .unwrap();
    let receipt = (done.sessions, done.remembered_devices, done.at);
    assert_eq!(receipt, (4, 3, now.at));
    assert_eq!(home.epoch(&ada).await, epoch + 1);
    assert_nobody_is_in(&home, &ada, &all).await;

    assert_eq!(home.events(&ada, "user.session_invalidated").await, 1);
    let details = format!(
        "select details from audit_events where id = '{}'",
        done.event
    );
    let details = databases::text(&home.db, &details).await;
    let details: serde_json::Value = serde_json::from_str(&details).unwrap();
    let expected = serde_json::json!({
        "scope": "all", "sessions": 4, "remembered_devices": 3, "path": "profile/security",
    });
    assert_eq!(details, expected);
}

/// Neither with a session's cookie nor with a remembered device's.
pub async fn assert_nobody_is_in(home: &Home, who: &Person, all: &[CompletedSignIn]) {
    for entered in all {
        assert_eq!(
            home.why_dead(&entered.session.token, NOW).await,
            EndReason::RemoteLogout
        );
        if let Some(remembered) = &entered.remembered {
            let exchanged = home.exchange(&remembered.token, true, NOW).await;
            let Exchange::Ended(ended) = exchanged else {
                panic!("{exchanged:?}")
            };
            assert_eq!(ended.end_reason, EndReason::RemoteLogout);
        }
    }
    assert!(home.list(who, NOW).await.is_empty());
    let facts = home.facts(who, NOW).await;
    assert_eq!((facts.sessions, facts.remembered_devices), (0, 0));
}

/// Making tokens is not built yet.
async fn give_token(home: &Home, who: &Person, kind: &str, hash: &str) {
    let sql = format!(
        "insert into tokens (id, user_id, kind, name, token_hash, created_at)
         values ('{hash}', '{}', '{kind}', 'a token', '{}', 1)",
        who.id.0,
        hash.repeat(64)
    );
    databases::run(&home.db, &sql).await;
}

async fn tokens_of(home: &Home, who: &Person) -> String {
    let mut conn = home.db.read().await.unwrap();
    let api = tokens::list(&mut conn, &who.id, tokens::Kind::Api)
        .await
        .unwrap();
    let mcp = tokens::list(&mut conn, &who.id, tokens::Kind::Mcp)
        .await
        .unwrap();
    format!("{api:?} {mcp:?}")
}

async fn a_remote_logout_touches_nobody_else_and_no_token(db: Db) {
    let home = Home::new(db);
    let (ada, ben) = (home.person("Ada").await, home.person("Ben").await);
    let here = home.sign_in_remembered(&ada, NOW).await;
    let bens = home.sign_in_remembered(&ben, NOW).await;
    for (kind, hash) in [("api", "a"), ("api", "b"), ("mcp", "c")] {
        give_token(&home, &ada, kind, hash).await;
    }
    let facts = home.facts(&ada, NOW).await;
    assert_eq!((facts.api_tokens, facts.mcp_tokens), (2, 1));
    let (tokens, epoch) = (tokens_of(&home, &ada).await, home.epoch(&ben).await);

    home.remote_logout(&ada.id, By::Session(&here.session.id), NOW)
        .await
        .unwrap();
    assert_eq!(tokens_of(&home, &ada).await, tokens);
    let facts = home.facts(&ada, NOW).await;
    assert_eq!((facts.api_tokens, facts.mcp_tokens), (2, 1));
    assert_eq!(home.epoch(&ben).await, epoch);
    assert!(home.is_live(&bens.session.token, NOW).await);
    let exchanged = home
        .exchange(&bens.remembered.unwrap().token, false, NOW)
        .await;
    assert!(
        matches!(exchanged, Exchange::Session { .. }),
        "{exchanged:?}"
    );
    assert_eq!(home.events(&ben, "user.session_invalidated").await, 0);
}

async fn what_a_remote_logout_ended_knows_when_by_whom_and_from_which_browser(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let (here, there) = (home.sign_in(&ada, NOW).await, home.sign_in(&ada, NOW).await);
    home.remote_logout(&ada.id, By::Session(&here.session.id), after(SECOND))
        .await
        .unwrap();
    let Found::Ended(ended) = home.find(&there.session.token, after(DAY)).await else {
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
    let home = Home::new(db);
    let ada = home.person_on("Ada", Plan::Free).await;
    let here = home.sign_in_remembered(&ada, NOW).await;
    let (epoch, facts) = (home.epoch(&ada).await, home.facts(&ada, NOW).await);
    for by in [By::Session(&here.session.id), By::Operator] {
        let refused = home.remote_logout(&ada.id, by, NOW).await;
        let Err(EndAllError::PlanRequired(plans)) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(plans, [Plan::Plus, Plan::Pro, Plan::Enterprise]);
    }
    assert_eq!(home.epoch(&ada).await, epoch);
    assert_eq!(home.facts(&ada, NOW).await, facts);
    assert!(home.is_live(&here.session.token, NOW).await);
    assert_eq!(home.events(&ada, "user.session_invalidated").await, 0);
    let exchanged = home
        .exchange(&here.remembered.unwrap().token, false, NOW)
        .await;
    assert!(
        matches!(exchanged, Exchange::Session { .. }),
        "{exchanged:?}"
    );
}

async fn what_has_run_out_is_neither_counted_nor_said_to_have_ended_by_the_remote_logout(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let idle = home.sign_in_remembered(&ada, NOW).await;
    let here = home.sign_in(&ada, after(10 * DAY)).await;
    let now = after(20 * DAY);
    let done = home
        .remote_logout(&ada.id, By::Session(&here.session.id), now)
        .await
        .unwrap();
    assert_eq!((done.sessions, done.remembered_devices), (1, 1));
    assert_eq!(
        home.why_dead(&idle.session.token, now).await,
        EndReason::Expired
    );
    // A session that has run out presses nothing.
    let (old, now) = (home.sign_in(&ada, now).await, after(40 * DAY));
    let refused = home
        .remote_logout(&ada.id, By::Session(&old.session.id), now)
        .await;
    assert!(
        matches!(refused, Err(EndAllError::AlreadyEnded)),
        "{refused:?}"
    );
}

/// A row that nobody has ended yet, as after a restored backup whose epochs were raised.
async fn what_was_made_under_an_older_epoch_is_dead_by_that_alone(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let here = home.sign_in_remembered(&ada, NOW).await;
    databases::run(&home.db, "update users set epoch = epoch + 1").await;
    assert_nobody_is_in(&home, &ada, std::slice::from_ref(&here)).await;
    let refused = home
        .remote_logout(&ada.id, By::Session(&here.session.id), NOW)
        .await;
    assert!(
        matches!(refused, Err(EndAllError::AlreadyEnded)),
        "{refused:?}"
    );
    let now = home.sign_in(&ada, NOW).await;
    let done = home
        .remote_logout(&ada.id, By::Session(&now.session.id), NOW)
        .await;
    assert_eq!(done.unwrap().sessions, 1);
}

async fn the_operator_may_remote_logout_for_anybody_who_exists(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let here = home.sign_in(&ada, NOW).await;
    let done = home
        .remote_logout(&ada.id, By::Operator, NOW)
        .await
        .unwrap();
    assert_eq!(done.sessions, 1);
    let Found::Ended(ended) = home.find(&here.session.token, NOW).await else {
        panic!("it lives")
    };
    assert_eq!(ended.by.as_deref(), Some("operator"));
    let nobody = home
        .remote_logout(&UserId("nobody".into()), By::Operator, NOW)
        .await;
    assert!(matches!(nobody, Err(EndAllError::NoSuchUser)), "{nobody:?}");
}

async fn after_a_remote_logout_one_signs_in_as_ever(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let here = home.sign_in(&ada, NOW).await;
    home.remote_logout(&ada.id, By::Session(&here.session.id), NOW)
        .await
        .unwrap();
    let again = home.sign_in_remembered(&ada, NOW).await;
    assert!(home.is_live(&again.session.token, NOW).await);
    let exchanged = home
        .exchange(&again.remembered.unwrap().token, false, NOW)
        .await;
    assert!(
        matches!(exchanged, Exchange::Session { .. }),
        "{exchanged:?}"
    );
    let user = users::find(&mut home.db.read().await.unwrap(), &ada.id)
        .await
        .unwrap();
    assert_eq!(user.unwrap().email, ada.email);
}
