//! The instance epoch: raised, nothing that was issued before counts, for any user, and what must stay stays.

use accounts::{
    audit::Marks,
    client::Client,
    db::{Db, RaiseReason},
    end_reason::EndReason,
    instance_epoch::{raise_if_older, raise_instance_epoch, record_raises},
    sessions,
};

use testing::databases::{number, run, text};

use crate::test_app::{NOW, SECOND, TestApp, after, browser};

on_both!(
    everything_of_every_user_ends_and_tokens_stay,
    nothing_is_raised_when_the_operation_is_dropped,
    an_event_is_recorded_once_even_where_it_was_raised_without_one,
    a_database_older_than_its_marks_raises_once_for_each_time_that_it_is,
    marks_of_another_database_raise_once,
);

async fn raised(app: &TestApp) {
    let mut op = app.begin(&Client::default(), after(SECOND)).await;
    raise_instance_epoch(&mut op, RaiseReason::Operator)
        .await
        .unwrap();
    op.commit().await.unwrap();
}

async fn everything_of_every_user_ends_and_tokens_stay(db: Db) {
    let app = TestApp::new(db);
    let (ada, grace) = (app.user("ada").await, app.user("grace").await);
    let (one, two) = (
        app.sign_in_remembered(&ada, NOW).await,
        app.sign_in_remembered(&grace, NOW).await,
    );
    app.give_token(&ada).await;
    let asked = "insert into email_links (token_hash, user_id, purpose, epoch, created_at, expires_at)
                 select lower(id) || substr('0000000000000000000000000000000000000000000000000000000000000000', 1, 64 - length(id)),
                        id, 'not_me', epoch, 1, 9999999999999 from users";
    run(&app.db, asked).await;
    let epochs = [app.epoch(&ada).await, app.epoch(&grace).await];
    raised(&app).await;
    let now = after(SECOND * 2);
    for started in [&one, &two] {
        assert_eq!(
            app.end_reason(&started.session.token, now).await,
            EndReason::InstanceEpochRaised
        );
    }
    assert_eq!(
        [app.epoch(&ada).await, app.epoch(&grace).await],
        epochs.map(|epoch| epoch + 1)
    );
    let live = "select count(*) from remembered_devices d join users u on u.id = d.user_id
                where d.epoch = u.epoch";
    assert_eq!(number(&app.db, live).await, 0);
    assert_eq!(
        number(
            &app.db,
            "select count(*) from email_links where used_at is null"
        )
        .await,
        0
    );
    assert_eq!(
        number(
            &app.db,
            "select count(*) from tokens where revoked_at is not null"
        )
        .await,
        0
    );
    // What follows: every session is marked and recorded, and nothing stays due.
    let marked = sessions::expand_raises(&app, now).await.unwrap();
    assert_eq!(marked, 2);
    let reason = "select min(end_reason) from sessions";
    assert_eq!(text(&app.db, reason).await, "instance_epoch_raised");
    assert_eq!(
        number(
            &app.db,
            "select count(*) from epoch_raises where expanded_at is null"
        )
        .await,
        0
    );
    // A sign-in afterwards counts.
    let again = app.sign_in(&ada, now).await;
    assert!(app.is_live(&again.session.token, now).await);
}

async fn nothing_is_raised_when_the_operation_is_dropped(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("ada").await;
    let started = app.sign_in(&ada, NOW).await;
    let mut op = app.begin(&browser(1), after(SECOND)).await;
    raise_instance_epoch(&mut op, RaiseReason::Operator)
        .await
        .unwrap();
    drop(op);
    assert!(app.is_live(&started.session.token, after(SECOND * 2)).await);
    assert_eq!(number(&app.db, "select epoch from instance").await, 1);
}

async fn an_event_is_recorded_once_even_where_it_was_raised_without_one(db: Db) {
    let app = TestApp::new(db);
    app.user("ada").await;
    raised(&app).await;
    let recorded = "select count(*) from audit_events e join instance_raises r on r.event_id = e.id
                    where e.action = 'instance.epoch_raised' and e.chain = 'instance'";
    assert_eq!(number(&app.db, recorded).await, 1);
    // As a node leaves it that raised before it had a key, and others that record it at the same moment.
    for round in 1..=20 {
        let sql = format!(
            "insert into instance_raises (epoch, event_id, why, at, users, sessions, remembered_devices)
             values ({}, 'event-{round}', 'other_server', 5, 1, 2, 3)",
            76 + round
        );
        run(&app.db, &sql).await;
        let record = || record_raises(&app, after(SECOND));
        let (one, two, three, four) = tokio::join!(record(), record(), record(), record());
        let told = [one, two, three, four].map(Result::unwrap).concat();
        assert_eq!(told, [RaiseReason::OtherServer], "round {round}");
        assert_eq!(number(&app.db, recorded).await, 1 + round);
    }
    assert!(record_raises(&app, after(SECOND)).await.unwrap().is_empty());
}

async fn a_database_older_than_its_marks_raises_once_for_each_time_that_it_is(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("ada").await;
    let mut marks = Marks::default();
    let mut conn = app.read(NOW).await;
    marks.raise(&mut conn).await.unwrap();
    drop(conn);
    let session = app.sign_in(&ada, NOW).await;
    // As new as its marks, or newer.
    assert!(!is_older(&app, &mut marks).await);
    assert!(app.is_live(&session.session.token, after(SECOND)).await);
    let mut conn = app.read(NOW).await;
    marks.raise(&mut conn).await.unwrap();
    drop(conn);
    // An older copy: the sign-in's event is not in it, and its session is, as one that had ended later would be.
    lose_the_sign_in(&app).await;
    let raised = raise_if_older(&app, &mut marks, after(SECOND))
        .await
        .unwrap();
    assert_eq!(raised.map(|raised| raised.sessions), Some(1));
    assert!(!app.is_live(&session.session.token, after(SECOND)).await);
    let again = app.sign_in(&ada, after(SECOND)).await;
    assert!(!is_older(&app, &mut marks).await);
    assert!(app.is_live(&again.session.token, after(SECOND)).await);
    // What it lacks stays wrong for the operator to see.
    let raised = marks.raise(&mut *app.read(NOW).await).await.unwrap();
    assert!(
        raised.changed && raised.contradiction.is_some(),
        "{raised:?}"
    );
    // Another older copy, taken after that: of before the sign-in that the marks have followed.
    lose_the_sign_in(&app).await;
    let text = marks.as_text(&app.keys);
    let mut kept = Marks::parse(&text, &app.keys).unwrap();
    kept.merge(marks);
    assert!(is_older(&app, &mut kept).await);
    assert!(!app.is_live(&again.session.token, after(SECOND)).await);
    assert!(!is_older(&app, &mut kept).await);
}

/// As a copy of before it has it.
async fn lose_the_sign_in(app: &TestApp) {
    for sql in [
        "delete from audit_events where action = 'user.login'",
        "update audit_chains set seq = seq - 1, head = (select e.hash from audit_events e
                                                        where e.chain = audit_chains.chain and e.seq = audit_chains.seq - 1)
         where chain <> 'instance'",
    ] {
        run(&app.db, sql).await;
    }
}

async fn is_older(app: &TestApp, marks: &mut Marks) -> bool {
    let raised = raise_if_older(app, marks, after(SECOND)).await.unwrap();
    raised.is_some()
}

async fn marks_of_another_database_raise_once(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("ada").await;
    let session = app.sign_in(&ada, NOW).await;
    let mut marks = Marks::default();
    marks.raise(&mut *app.read(NOW).await).await.unwrap();
    for sql in ["delete from audit_events", "delete from audit_chains"] {
        run(&app.db, sql).await;
    }
    assert!(is_older(&app, &mut marks).await);
    assert!(!app.is_live(&session.session.token, after(SECOND)).await);
    assert!(!is_older(&app, &mut marks).await);
    // A chain that was missing as a whole begins again.
    app.sign_in(&ada, after(SECOND)).await;
    marks.raise(&mut *app.read(NOW).await).await.unwrap();
    assert!(!is_older(&app, &mut marks).await);
}
