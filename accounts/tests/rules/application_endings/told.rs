//! What the dialog and the receipt say of applications: four classes before, and only what was answered after.

use accounts::{
    applications::{
        Answer, Class, Lane, SignedOutThere, ToldHow, count_ended, count_ended_of_everyone,
        lease_notice, mine, note_answer, sign_out, told,
    },
    db::Db,
    ids::ApplicationSessionId,
    members::MemberError,
    sessions::{self, By},
};
use testing::databases::run;

use crate::{
    applications::{gate, open_id},
    test_app::{NOW, SECOND, TestApp, after, browser},
};

on_both!(
    a_receipt_claims_only_what_was_answered,
    applications_are_sorted_by_how_they_learn_of_an_end,
    a_user_signs_out_of_one_application_and_of_no_other_users,
    all_that_ended_at_applications_is_counted_and_nothing_else,
);

async fn applications_are_sorted_by_how_they_learn_of_an_end(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let told = app
        .register(&ada, &open_id("A told", "a.example.com"))
        .await
        .unwrap()
        .application;
    let behind = app
        .register(&ada, &gate("B gate", "b.example.com"))
        .await
        .unwrap()
        .application;
    let mut silent = open_id("C refreshes", "c.example.com");
    silent.logout_address.clear();
    let refreshes = app.register(&ada, &silent).await.unwrap().application;
    silent.name = "D silent".into();
    silent.redirects = vec!["https://d.example.com/callback".into()];
    let never = app.register(&ada, &silent).await.unwrap().application;
    for application in [&told, &behind, &refreshes, &never] {
        app.sign_in_at(&ada, application).await;
    }
    let seen = format!(
        "update application_sessions set has_refreshed = true where application_id = '{}'",
        refreshes.id.0
    );
    run(&app.db, &seen).await;
    let listed = mine(&mut app.read(NOW).await, &ada.user.id).await.unwrap();
    let classes: Vec<Class> = listed
        .iter()
        .map(accounts::applications::Mine::class)
        .collect();
    assert_eq!(
        classes,
        [
            Class::ToldAtOnce,
            Class::RefusedAtNextRequest,
            Class::EndsAtNextRefresh,
            Class::CannotBeTold
        ]
    );
    assert_eq!(listed[0].device().as_deref(), Some("Firefox on Linux"));
    app.remote_logout(&ada.user.id, By::Session(&ada.session), after(SECOND))
        .await
        .unwrap();
    assert!(
        mine(&mut app.read(after(SECOND)).await, &ada.user.id)
            .await
            .unwrap()
            .is_empty()
    );
}

async fn a_receipt_claims_only_what_was_answered(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let wiki = app
        .register(&ada, &open_id("Wiki", "wiki.example.com"))
        .await
        .unwrap()
        .application;
    app.sign_in_at(&ada, &wiki).await;
    let receipt = app
        .remote_logout(&ada.user.id, By::Session(&ada.session), after(SECOND))
        .await
        .unwrap();
    let how = async || {
        let mut conn = app.read(NOW).await;
        let told = told(&mut conn, &ada.user.id, &receipt.event).await.unwrap();
        assert_eq!(told.len(), 1);
        told[0].how
    };
    // One event may be of many users: each sees what is theirs.
    let ben = app.user("Ben").await;
    let mut conn = app.read(NOW).await;
    let bens = told(&mut conn, &ben.id, &receipt.event).await.unwrap();
    assert_eq!(bens, []);
    drop(conn);
    // Before the job, after it, and while a node has it: it is being told, and no more.
    let untried = ToldHow::BeingTold {
        tries: 0,
        next: None,
    };
    assert_eq!(how().await, untried);
    sessions::end_applications(&app, after(SECOND))
        .await
        .unwrap();
    assert_eq!(how().await, untried);
    let lease = async |lane, now| {
        let mut tx = app.db.write().await.unwrap();
        let due = lease_notice(&mut tx, lane, now).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        due
    };
    let note = async |due: &accounts::applications::DueNotice, answer: Answer, now| {
        let mut op = app.begin(&browser(1), now).await;
        note_answer(&mut op, due, &answer).await.unwrap();
        op.commit().await.unwrap();
    };
    let first = lease(Lane::Answering, after(SECOND)).await;
    // Counted, and without an answer yet: nothing has failed.
    let sent = ToldHow::BeingTold {
        tries: 1,
        next: None,
    };
    assert_eq!(how().await, sent);
    assert!(!sent.may_be_open());
    note(&first, Answer::Status(500, "oops".into()), after(SECOND)).await;
    let next = Some(after(61 * SECOND).at);
    assert_eq!(how().await, ToldHow::BeingTold { tries: 1, next });
    let second = lease(Lane::Failing, after(62 * SECOND)).await;
    note(
        &second,
        Answer::Status(200, String::new()),
        after(62 * SECOND),
    )
    .await;
    assert_eq!(how().await, ToldHow::LoggedOut(after(62 * SECOND).at));
}

async fn a_user_signs_out_of_one_application_and_of_no_other_users(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let bob = app.member(&ada, "Bob", accounts::roles::Role::Member).await;
    let bobs = app.sign_in_now(&bob).await;
    let wiki = app
        .register(&ada, &open_id("Wiki", "wiki.example.com"))
        .await
        .unwrap()
        .application;
    let (one, other) = (
        app.sign_in_at(&ada, &wiki).await,
        app.sign_in_at(&ada, &wiki).await,
    );
    let sign_out_by = async |who: &sessions::SignedIn, id: &str| {
        let mut op = app.begin(&browser(1), after(SECOND)).await;
        let done = sign_out(&mut op, who, &ApplicationSessionId(id.into())).await;
        op.commit().await.unwrap();
        done
    };
    for nonsense in [one.0.as_str(), "", "x'", "\0"] {
        assert!(matches!(
            sign_out_by(&bobs, nonsense).await,
            Err(MemberError::NotFound)
        ));
    }
    let wiki = |class| SignedOutThere {
        name: "Wiki".into(),
        class,
    };
    assert_eq!(
        sign_out_by(&ada, &one.0).await.unwrap(),
        wiki(Class::ToldAtOnce)
    );
    one.has_ended(&app, "signed_out_here").await;
    assert!(other.is_open(&app).await);
    // As it is when it ends, and not when the page was drawn.
    run(&app.db, "update applications set logout_address = null").await;
    assert_eq!(
        sign_out_by(&ada, &other.0).await.unwrap(),
        wiki(Class::CannotBeTold)
    );
    assert!(matches!(
        sign_out_by(&ada, &one.0).await,
        Err(MemberError::NotFound)
    ));
}

/// More than are listed, and not what time had ended just before, which nothing has written down yet.
async fn all_that_ended_at_applications_is_counted_and_nothing_else(db: Db) {
    let app = TestApp::new(db);
    let (user, ada) = app.owner("Ada").await;
    let old = app.sign_in_now(&user).await;
    let wiki = app
        .register(&ada, &open_id("Wiki", "wiki.example.com"))
        .await
        .unwrap()
        .application;
    app.sign_in_at(&ada, &wiki).await;
    let copies = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 500)
         insert into application_sessions (id, application_id, user_id, session_id, epoch, scope, is_offline,
                                           authenticated_at, has_refreshed, created_at)
         select x.id || '-' || n.i, x.application_id, x.user_id, x.session_id, x.epoch, x.scope, x.is_offline,
                x.authenticated_at, x.has_refreshed, x.created_at
         from application_sessions x, n";
    run(&app.db, copies).await;
    app.sign_in_at(&old, &wiki).await;
    app.sign_in_offline_at(&old, &wiki).await;
    let expired = format!(
        "update sessions set expires_at = {} where id = '{}'",
        NOW.at.0, old.session.0
    );
    run(&app.db, &expired).await;
    let ben = app.member(&ada, "Ben", accounts::roles::Role::Member).await;
    let ben = app.sign_in_now(&ben).await;
    app.sign_in_at(&ben, &wiki).await;

    let own = app
        .remote_logout(&ada.user.id, By::Session(&ada.session), after(SECOND))
        .await
        .unwrap();
    let later = after(2 * SECOND);
    let counts = async || {
        let mut conn = app.read(later).await;
        let (account, event) = (&ada.user.account_id, &own.event);
        let adas = count_ended(&mut conn, &ada.user.id, event).await.unwrap();
        let bens = count_ended(&mut conn, &ben.user.id, event).await.unwrap();
        let all = count_ended_of_everyone(&mut conn, account, event).await;
        (adas, bens, all.unwrap())
    };
    // That it outlives its session is what offline means. Ben has not been logged out.
    assert_eq!(counts().await, (502, 0, 502));
    // Written down, it is the same.
    sessions::end_applications(&app, later).await.unwrap();
    assert_eq!(counts().await, (502, 0, 502));
}
