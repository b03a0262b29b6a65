//! A remote logout happens once or not at all.

use accounts::{
    db::Db,
    ids::SessionId,
    sessions::{self, By, EndAllError, LogoutReceipt, ShownEpoch, ShownError, Surface},
};

use crate::{
    remote_logout::assert_signed_out,
    test_app::{NOW, TestApp, browser},
};

on_both!(
    the_second_remote_logout_finds_it_done,
    two_remote_logouts_at_once_are_one_remote_logout,
    a_remote_logout_that_is_not_committed_has_not_happened,
    a_form_of_an_earlier_epoch_is_refused_under_the_lock,
    of_two_forms_of_one_page_at_once_one_is_acted_on,
);

async fn the_second_remote_logout_finds_it_done(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let (here, there) = (app.sign_in(&ada, NOW).await, app.sign_in(&ada, NOW).await);
    app.remote_logout(&ada.id, By::Session(&here.session.id), NOW)
        .await
        .unwrap();
    for session in [&here.session.id, &there.session.id] {
        let again = app.remote_logout(&ada.id, By::Session(session), NOW).await;
        assert!(matches!(again, Err(EndAllError::AlreadyEnded)), "{again:?}");
    }
    assert_eq!(app.events(&ada, "user.session_invalidated").await, 1);
}

async fn two_remote_logouts_at_once_are_one_remote_logout(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    for round in 0..30 {
        let (here, there) = (app.sign_in(&ada, NOW).await, app.sign_in(&ada, NOW).await);
        let remote_logout = |session: SessionId| {
            let (app, ada) = (app.clone(), ada.clone());
            tokio::spawn(
                async move { app.remote_logout(&ada.id, By::Session(&session), NOW).await },
            )
        };
        let (one, other) = (
            remote_logout(here.session.id.clone()),
            remote_logout(there.session.id.clone()),
        );
        let receipt: LogoutReceipt = match (one.await.unwrap(), other.await.unwrap()) {
            (Ok(receipt), Err(EndAllError::AlreadyEnded))
            | (Err(EndAllError::AlreadyEnded), Ok(receipt)) => receipt,
            both => panic!("{both:?}"),
        };
        assert_eq!(receipt.sessions, 2);
        assert_signed_out(&app, &ada, &[here, there]).await;
        assert_eq!(
            app.events(&ada, "user.session_invalidated").await,
            round + 1
        );
    }
}

async fn a_remote_logout_that_is_not_committed_has_not_happened(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in_remembered(&ada, NOW).await;
    let (epoch, facts) = (app.epoch(&ada).await, app.facts(&ada, NOW).await);

    let mut op = app.begin(&browser(1), NOW).await;
    let by = By::Session(&here.session.id);
    sessions::end_all(&mut op, &ada.id, by, Surface::Security)
        .await
        .unwrap();
    drop(op);

    assert_eq!(app.epoch(&ada).await, epoch);
    assert_eq!(app.facts(&ada, NOW).await, facts);
    assert!(app.is_live(&here.session.token, NOW).await);
    assert_eq!(app.events(&ada, "user.session_invalidated").await, 0);
    app.remote_logout(&ada.id, by, NOW).await.unwrap();
    assert_eq!(app.events(&ada, "user.session_invalidated").await, 1);
}

/// A form names the epoch that its page showed; the comparison holds until the operation ends.
async fn a_form_of_an_earlier_epoch_is_refused_under_the_lock(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let shown = ShownEpoch(Some(app.epoch(&ada).await));
    let here = app.sign_in(&ada, NOW).await;
    let who = app.signed_in(&here.session.token, NOW).await;
    assert_eq!(shown, ShownEpoch(Some(who.epoch)));
    assert_eq!(shown, ShownEpoch(Some(app.facts(&ada, NOW).await.epoch)));

    let mut op = app.begin(&browser(1), NOW).await;
    sessions::check_shown(&mut op, &ada.id, shown)
        .await
        .unwrap();
    // This session stays, so that only the epoch tells.
    sessions::end_others(&mut op, &who).await.unwrap();
    op.commit().await.unwrap();

    let mut op = app.begin(&browser(1), NOW).await;
    let refused = sessions::check_shown(&mut op, &ada.id, shown).await;
    assert!(matches!(refused, Err(ShownError::Stale)), "{refused:?}");
    let program = sessions::check_shown(&mut op, &ada.id, ShownEpoch(None)).await;
    assert!(program.is_ok(), "{program:?}");
}

/// Two forms of one page at once, from a session that stays: the second waits for the lock and finds another epoch.
async fn of_two_forms_of_one_page_at_once_one_is_acted_on(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    for _ in 0..20 {
        let here = app.sign_in(&ada, NOW).await;
        let who = app.signed_in(&here.session.token, NOW).await;
        let form = || {
            let (app, who) = (app.clone(), who.clone());
            tokio::spawn(async move {
                let mut op = app.begin(&browser(1), NOW).await;
                let shown = ShownEpoch(Some(who.epoch));
                let checked = sessions::check_shown(&mut op, &who.user.id, shown).await;
                if checked.is_ok() {
                    sessions::end_others(&mut op, &who).await.unwrap();
                }
                op.commit().await.unwrap();
                checked.is_ok()
            })
        };
        let (one, other) = (form(), form());
        let (one, other) = (one.await.unwrap(), other.await.unwrap());
        assert!(one != other, "{one} {other}");
        assert_eq!(app.epoch(&ada).await, who.epoch + 1);
    }
}
