//! Refusals: the first few of a kind in a minute are events, the rest become one event with their number.

use std::time::Duration;

use accounts::{
    audit::Stored,
    db::Db,
    denials::{RECORDED_EACH, record_counted},
    permissions::{self, Denial, Permission},
    secret::Token,
    step_up::{StepUpError, confirm},
    time::Moment,
    users::{self, User},
};
use serde_json::Value;
use testing::databases;
use tokio::task::JoinSet;

use crate::{
    audit_chain::events_of,
    test_app::{NOW, SECOND, TestApp, TestUser, after, secret},
};

on_both!(
    the_first_few_a_minute_are_events_and_the_rest_one_event_with_their_number,
    every_kind_and_every_user_is_counted_apart,
    refusals_at_once_are_no_more_events_than_those_in_a_row,
    no_refusal_is_lost_while_two_nodes_record_what_was_counted,
    codes_that_the_rate_limit_refuses_fill_no_log,
);

const MINUTE: Duration = Duration::from_mins(1);

impl TestApp {
    async fn whole_user(&self, user: &TestUser) -> User {
        let mut conn = self.read(NOW).await;
        users::find(&mut conn, &user.id).await.unwrap().unwrap()
    }

    async fn refuses(&self, user: &User, address: &str, now: Moment) {
        let mut op = self.begin(&crate::test_app::browser(7), now).await;
        let denial = Denial {
            permission: Permission::ViewMembers,
            address,
            why: "forbidden",
        };
        permissions::record_denial(&mut op, user, denial)
            .await
            .unwrap();
        op.commit().await.unwrap();
    }

    async fn denials(&self, user: &User) -> Vec<Stored> {
        events_of(self, &user.account_id, "access.denied").await
    }
}

fn details(event: &Stored) -> Value {
    serde_json::from_str(&event.details).unwrap()
}

/// How many refusals an event tells of.
fn told(event: &Stored) -> i64 {
    details(event)["count"].as_i64().unwrap_or(1)
}

async fn the_first_few_a_minute_are_events_and_the_rest_one_event_with_their_number(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let ada = app.whole_user(&ada).await;
    for n in 1..=100 {
        app.refuses(&ada, "/settings/members", NOW).await;
        let events = app.denials(&ada).await.len();
        assert_eq!(events, n.min(usize::try_from(RECORDED_EACH).unwrap()));
    }
    // Its minute is not over.
    assert_eq!(record_counted(&app, NOW).await.unwrap(), 0);
    let rest = 100 - RECORDED_EACH;
    // No further refusal comes, and the count is recorded all the same; once.
    assert_eq!(record_counted(&app, after(MINUTE)).await.unwrap(), rest);
    assert_eq!(record_counted(&app, after(MINUTE)).await.unwrap(), 0);
    let events = app.denials(&ada).await;
    assert_eq!(events.iter().map(told).sum::<i64>(), 100);
    let (last, first) = (details(&events[0]), details(&events[1]));
    assert_eq!(last["count"], rest);
    assert_eq!(last["minute"].as_str().unwrap().len(), 24, "{last}");
    for name in ["what", "address", "why"] {
        assert_eq!(last[name], first[name]);
    }
    let of = |e: &Stored| {
        (
            e.actor.clone(),
            e.subject.clone(),
            e.ip.clone(),
            e.user_agent.clone(),
        )
    };
    assert_eq!(of(&events[0]), of(&events[1]));
    assert_eq!(events[0].ip.as_deref(), Some("192.0.2.7"));
    // In the next minute it begins anew.
    app.refuses(&ada, "/settings/members", after(MINUTE)).await;
    assert_eq!(app.denials(&ada).await.len(), events.len() + 1);
    let left = databases::number(&app.db, "select count(*) from denials").await;
    assert_eq!(left, 1);
}

async fn every_kind_and_every_user_is_counted_apart(db: Db) {
    let app = TestApp::new(db);
    let (ada, ben) = (app.user("Ada").await, app.user("Ben").await);
    let (ada, ben) = (app.whole_user(&ada).await, app.whole_user(&ben).await);
    for _ in 0..20 {
        for address in ["/settings/members", "/settings"] {
            app.refuses(&ada, address, NOW).await;
        }
    }
    // A flood at one address hides nothing at another.
    app.refuses(&ada, "/settings/audit-log", NOW).await;
    app.refuses(&ben, "/settings", NOW).await;
    let newest = app.denials(&ada).await.remove(0);
    assert_eq!(details(&newest)["address"], "/settings/audit-log");
    assert_eq!(app.denials(&ben).await.len(), 1);
    let counted = 2 * (20 - RECORDED_EACH);
    assert_eq!(record_counted(&app, after(MINUTE)).await.unwrap(), counted);
    let told: i64 = app.denials(&ada).await.iter().map(told).sum();
    assert_eq!(told, 41);
}

/// 8 tasks, each of which is refused 25 times.
fn refused_at_once(app: &TestApp, user: &User) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    for _ in 0..8 {
        let (app, user) = (app.clone(), user.clone());
        tasks.spawn(async move {
            for _ in 0..25 {
                app.refuses(&user, "/settings", NOW).await;
            }
        });
    }
    tasks
}

async fn refusals_at_once_are_no_more_events_than_those_in_a_row(db: Db) {
    let app = TestApp::new(databases::patient(&db));
    let ada = app.user("Ada").await;
    let ada = app.whole_user(&ada).await;
    refused_at_once(&app, &ada).join_all().await;
    let events = app.denials(&ada).await.len();
    assert_eq!(i64::try_from(events).unwrap(), RECORDED_EACH);
    record_counted(&app, after(MINUTE)).await.unwrap();
    let told: i64 = app.denials(&ada).await.iter().map(told).sum();
    assert_eq!(told, 200);
}

async fn no_refusal_is_lost_while_two_nodes_record_what_was_counted(db: Db) {
    let app = TestApp::new(databases::patient(&db));
    let ada = app.user("Ada").await;
    let ada = app.whole_user(&ada).await;
    let mut refused = refused_at_once(&app, &ada);
    // Two nodes whose clocks are a minute ahead, so that they take counts that still rise.
    let mut nodes = JoinSet::new();
    for _ in 0..2 {
        let app = app.clone();
        nodes.spawn(async move {
            loop {
                record_counted(&app, after(MINUTE)).await.unwrap();
                tokio::task::yield_now().await;
            }
        });
    }
    while let Some(done) = refused.join_next().await {
        done.unwrap();
    }
    nodes.shutdown().await;
    record_counted(&app, after(MINUTE)).await.unwrap();
    let sql = "select details from audit_events where action = 'access.denied'";
    let told = databases::texts(&app.db, sql)
        .await
        .into_iter()
        .map(|text| {
            let details: Value = serde_json::from_str(&text).unwrap();
            details["count"].as_i64().unwrap_or(1)
        });
    assert_eq!(told.sum::<i64>(), 200);
}

async fn codes_that_the_rate_limit_refuses_fill_no_log(db: Db) {
    let app = TestApp::new(db);
    let ada = app.protected("Ada").await;
    let later = after(3_600 * SECOND);
    let wrong = if ada.code(later) == "000000" {
        "000001"
    } else {
        "000000"
    };
    let here: &Token = &ada.here;
    let mut limited = 0;
    for _ in 0..40 {
        let who = app.signed_in(here, later).await;
        let refused = confirm(&app, &ada.user.client, later, &who, &secret(wrong)).await;
        limited += i64::from(matches!(refused, Err(StepUpError::RateLimited(_))));
    }
    assert!(limited > 20, "{limited}");
    assert_eq!(app.events(&ada.user, "access.denied").await, RECORDED_EACH);
    record_counted(&app, after(3_600 * SECOND + MINUTE))
        .await
        .unwrap();
    // Of the others no code was looked at: the limit of step-up had refused them.
    assert_eq!(app.events(&ada.user, "access.denied").await, RECORDED_EACH);
}
