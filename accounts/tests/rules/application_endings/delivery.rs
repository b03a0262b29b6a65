//! The outbox of notices: leased, tried again on the ladder while it is good, and settled by an answer.

use std::time::Duration;

use accounts::{
    applications::{Answer, Application, DueNotice, Lane, Outcome, lease_notice, note_answer},
    db::Db,
    sessions::{self, SignedIn},
    time::Moment,
};
use testing::databases::number;

use super::at::SignedInThere;
use crate::{
    applications::open_id,
    test_app::{DAY, NOW, SECOND, TestApp, TestUser, after, browser},
};

on_both!(
    a_notice_is_leased_to_one_and_settled_by_its_answer,
    a_notice_is_tried_on_the_ladder_for_as_long_as_it_is_good,
    what_fails_goes_in_a_lane_of_its_own_one_at_a_time,
    an_answer_that_comes_too_late_settles_nothing,
    an_application_that_answers_again_is_told_what_waits_at_once,
);

async fn a_notice_is_leased_to_one_and_settled_by_its_answer(db: Db) {
    let app = TestApp::new(db);
    for (status, outcome) in [
        (200, Some(Outcome::LoggedOut)),
        (204, Some(Outcome::LoggedOut)),
        (400, Some(Outcome::Refused)),
        (503, None),
    ] {
        let there = ended(&app, &format!("a{status}")).await;
        let due = lease(&app, Lane::Answering, NOW).await.unwrap();
        assert_eq!(due.application_session_id.0, there.0);
        assert!(
            lease(&app, Lane::Answering, NOW).await.is_none(),
            "another node takes it too"
        );
        assert_eq!(
            answer(&app, &due, &Answer::Status(status, String::new()), NOW).await,
            outcome
        );
        assert!(lease(&app, Lane::Answering, NOW).await.is_none());
    }
    let refused = "select count(*) from audit_events where action = 'application.logout_refused'";
    assert_eq!(number(&app.db, refused).await, 1);
}

async fn a_notice_is_tried_on_the_ladder_for_as_long_as_it_is_good(db: Db) {
    let app = TestApp::new(db);
    let there = ended(&app, "wiki").await;
    let mut now = NOW;
    let mut waits = Vec::new();
    let mut lane = Lane::Answering;
    loop {
        let due = lease(&app, lane, now).await.unwrap();
        lane = Lane::Failing;
        if let Some(outcome) =
            answer(&app, &due, &Answer::None("Nothing answers.".into()), now).await
        {
            assert_eq!(outcome, Outcome::GivenUp);
            break;
        }
        let next = number(&app.db, "select next_try_at from logout_notices").await;
        waits.push((next - now.at.0) / 60_000);
        now = Moment::at(accounts::time::UnixMillis(next));
        assert!(
            lease(&app, lane, Moment::at(now.at - Duration::from_millis(1)))
                .await
                .is_none()
        );
    }
    assert_eq!(waits[..8], [1, 5, 15, 30, 60, 120, 360, 360]);
    // Thirty days after the sign-in its own session has ended.
    assert!(now.at > NOW.at + 29 * DAY && now.at <= NOW.at + 30 * DAY);
    assert_eq!(there.outcome(&app).await.as_deref(), Some("given_up"));
}

async fn what_fails_goes_in_a_lane_of_its_own_one_at_a_time(db: Db) {
    let app = TestApp::new(db);
    let (ada, owner) = app.owner("Ada").await;
    let dead = app
        .register(&owner, &open_id("Dead", "dead.example.com"))
        .await
        .unwrap()
        .application;
    let good = app
        .register(&owner, &open_id("Good", "good.example.com"))
        .await
        .unwrap()
        .application;
    end_there(&app, &ada, &dead, 8).await;
    // An application that was never tried is sent four at a time.
    let mut under_way = Vec::new();
    while let Some(due) = lease(&app, Lane::Answering, NOW).await {
        under_way.push(due);
    }
    assert_eq!(under_way.len(), 4);
    for due in &under_way {
        answer(&app, due, &Answer::None("It hangs.".into()), NOW).await;
    }
    end_there(&app, &ada, &good, 1).await;
    // From then on it takes no place from what answers.
    let next = lease(&app, Lane::Answering, NOW).await.unwrap();
    assert_eq!(next.application_id, good.id);
    assert!(lease(&app, Lane::Answering, NOW).await.is_none());
    let failing = lease(&app, Lane::Failing, NOW).await.unwrap();
    assert_eq!(failing.application_id, dead.id);
    assert!(
        lease(&app, Lane::Failing, NOW).await.is_none(),
        "one at a time"
    );
}

async fn an_answer_that_comes_too_late_settles_nothing(db: Db) {
    let app = TestApp::new(db);
    let there = ended(&app, "wiki").await;
    let first = lease(&app, Lane::Answering, NOW).await.unwrap();
    let later = after(60 * SECOND);
    let second = lease(&app, Lane::Answering, later).await.unwrap();
    answer(&app, &second, &Answer::Status(200, String::new()), later).await;
    answer(&app, &first, &Answer::Status(400, String::new()), later).await;
    assert_eq!(there.outcome(&app).await.as_deref(), Some("logged_out"));
}

async fn an_application_that_answers_again_is_told_what_waits_at_once(db: Db) {
    let app = TestApp::new(db);
    let (ada, owner) = app.owner("Ada").await;
    let wiki = app
        .register(&owner, &open_id("Wiki", "wiki.example.com"))
        .await
        .unwrap()
        .application;
    end_there(&app, &ada, &wiki, 3).await;
    for _ in 0..3 {
        let due = lease(&app, Lane::Answering, NOW).await;
        let due = match due {
            Some(due) => due,
            None => lease(&app, Lane::Failing, NOW).await.unwrap(),
        };
        answer(&app, &due, &Answer::None("Down.".into()), NOW).await;
    }
    let later = after(61 * SECOND);
    let due = lease(&app, Lane::Failing, later).await.unwrap();
    answer(&app, &due, &Answer::Status(200, String::new()), later).await;
    assert_eq!(
        number(
            &app.db,
            &format!(
                "select count(*) from logout_notices where outcome is null and next_try_at <= {}",
                later.at.0
            )
        )
        .await,
        2
    );
}

/// A sign-in at an application of its own that has ended: its notice is due.
async fn ended(app: &TestApp, name: &str) -> SignedInThere {
    let mut app = app.clone();
    app.limits.applications_for = accounts::limits::ApplicationsFor::AllAccounts;
    let (ada, owner) = app.owner(name).await;
    let made = app
        .register(&owner, &open_id(name, &format!("{name}.example.com")))
        .await
        .unwrap();
    end_there(&app, &ada, &made.application, 1).await.remove(0)
}

/// So many sign-ins at an application, which end with their session.
async fn end_there(
    app: &TestApp,
    user: &TestUser,
    at: &Application,
    many: usize,
) -> Vec<SignedInThere> {
    let here: SignedIn = app.sign_in_now(user).await;
    let mut there = Vec::new();
    for _ in 0..many {
        there.push(app.sign_in_at(&here, at).await);
    }
    let mut op = app.begin(&browser(1), NOW).await;
    sessions::sign_out(&mut op, &user.id, &here.session)
        .await
        .unwrap();
    op.commit().await.unwrap();
    there
}

async fn lease(app: &TestApp, lane: Lane, now: Moment) -> Option<DueNotice> {
    let mut tx = app.db.write().await.unwrap();
    let due = lease_notice(&mut tx, lane, now).await.unwrap();
    tx.commit().await.unwrap();
    due
}

async fn answer(app: &TestApp, due: &DueNotice, answer: &Answer, now: Moment) -> Option<Outcome> {
    let mut op = app.begin(&browser(1), now).await;
    let outcome = note_answer(&mut op, due, answer).await.unwrap();
    op.commit().await.unwrap();
    outcome
}
