//! The look at every session that an event stream is open for.

use std::slice::from_ref;

use accounts::{
    db::Db,
    ids::SessionId,
    plans::Plan,
    roles::Role,
    sessions::{By, Watched, changed},
    time::Moment,
};
use testing::databases;

use crate::test_app::{DAY, NOW, SECOND, TestApp, TestUser, after};

on_both!(
    one_look_finds_every_session_that_has_ended_and_no_other,
    one_look_finds_users_who_have_another_role_or_plan,
    one_look_takes_as_many_sessions_as_a_node_carries_streams,
);

async fn session_of(app: &TestApp, user: &TestUser) -> Watched {
    Watched {
        session: app.sign_in(user, NOW).await.session.id,
        role: Role::Owner,
        plan: Plan::Enterprise,
    }
}

async fn look(app: &TestApp, watched: &[Watched], now: Moment) -> Vec<SessionId> {
    let mut conn = app.read(now).await;
    let mut found = changed(&mut conn, watched).await.unwrap();
    found.sort();
    found
}

async fn one_look_finds_every_session_that_has_ended_and_no_other(db: Db) {
    let app = TestApp::new(db);
    let (ada, bob) = (app.user("Ada").await, app.user("Bob").await);
    let all = [
        session_of(&app, &ada).await,
        session_of(&app, &ada).await,
        session_of(&app, &bob).await,
    ];
    assert_eq!(look(&app, &all, NOW).await, []);
    let by = By::Session(&all[0].session);
    app.remote_logout(&ada.id, by, after(SECOND)).await.unwrap();
    let mut ended = [all[0].session.clone(), all[1].session.clone()];
    ended.sort();
    assert_eq!(look(&app, &all, after(SECOND)).await, ended);
    // Bob's expires by itself, unused as it is; a row that is gone has ended, too.
    let (bobs, idle) = (from_ref(&all[2].session), app.limits.session_idle);
    assert_eq!(
        look(&app, &all[2..], Moment::at(after(idle).at - SECOND)).await,
        []
    );
    assert_eq!(look(&app, &all[2..], after(idle)).await, bobs);
    databases::run(&app.db, "delete from sessions").await;
    assert_eq!(look(&app, &all[2..], NOW).await, bobs);
    assert_eq!(look(&app, &[], NOW).await, []);
}

async fn one_look_finds_users_who_have_another_role_or_plan(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let as_it_was = session_of(&app, &ada).await;
    let [admin, pro] = [
        Watched {
            role: Role::Admin,
            ..as_it_was.clone()
        },
        Watched {
            plan: Plan::Pro,
            ..as_it_was.clone()
        },
    ];
    for other in [admin, pro] {
        assert_eq!(
            look(&app, &[other], NOW).await,
            from_ref(&as_it_was.session)
        );
    }
    assert_eq!(look(&app, &[as_it_was], NOW).await, []);
}

async fn one_look_takes_as_many_sessions_as_a_node_carries_streams(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let hers = session_of(&app, &ada).await;
    let mut all: Vec<Watched> = (0..20_000)
        .map(|n| Watched {
            session: SessionId(format!("{n}")),
            ..hers.clone()
        })
        .collect();
    all.push(hers.clone());
    let found = look(&app, &all, after(DAY)).await;
    assert_eq!(found.len(), 20_000);
    assert!(!found.contains(&hers.session));
}
