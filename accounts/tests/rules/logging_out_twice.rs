//! A remote logout happens once or not at all.

use accounts::{
    db::Db,
    sessions::{self, By, EndAllError, LogoutReceipt, Surface},
};

use crate::{
    home::{Home, NOW, browser},
    remote_logout::assert_nobody_is_in,
};

on_both!(
    pressed_twice_the_second_finds_it_done,
    two_remote_logouts_at_once_are_one_remote_logout,
    a_remote_logout_that_is_not_committed_has_not_happened,
);

async fn pressed_twice_the_second_finds_it_done(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let (here, there) = (home.sign_in(&ada, NOW).await, home.sign_in(&ada, NOW).await);
    home.remote_logout(&ada.id, By::Session(&here.session.id), NOW)
        .await
        .unwrap();
    for session in [&here.session.id, &there.session.id] {
        let again = home.remote_logout(&ada.id, By::Session(session), NOW).await;
        assert!(matches!(again, Err(EndAllError::AlreadyEnded)), "{again:?}");
    }
    assert_eq!(home.events(&ada, "user.session_invalidated").await, 1);
}

async fn two_remote_logouts_at_once_are_one_remote_logout(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    for round in 0..30 {
        let (here, there) = (home.sign_in(&ada, NOW).await, home.sign_in(&ada, NOW).await);
        let remote_logout = |session: sessions::SessionId| {
            let (home, ada) = (home.clone(), ada.clone());
            tokio::spawn(async move {
                home.remote_logout(&ada.id, By::Session(&session), NOW)
                    .await
            })
        };
        let (one, other) = (
            remote_logout(here.session.id.clone()),
            remote_logout(there.session.id.clone()),
        );
        let done: LogoutReceipt = match (one.await.unwrap(), other.await.unwrap()) {
            (Ok(done), Err(EndAllError::AlreadyEnded))
            | (Err(EndAllError::AlreadyEnded), Ok(done)) => done,
            both => panic!("{both:?}"),
        };
        assert_eq!(done.sessions, 2);
        assert_nobody_is_in(&home, &ada, &[here, there]).await;
        assert_eq!(
            home.events(&ada, "user.session_invalidated").await,
            round + 1
        );
    }
}

async fn a_remote_logout_that_is_not_committed_has_not_happened(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let here = home.sign_in_remembered(&ada, NOW).await;
    let (epoch, facts) = (home.epoch(&ada).await, home.facts(&ada, NOW).await);

    let mut tx = home.db.write().await.unwrap();
    let (by, client) = (By::Session(&here.session.id), browser(1));
    let from = Surface::Security;
    sessions::end_all(&mut tx, &ada.id, by, from, &client, &home.limits, NOW)
        .await
        .unwrap();
    drop(tx);

    assert_eq!(home.epoch(&ada).await, epoch);
    assert_eq!(home.facts(&ada, NOW).await, facts);
    assert!(home.is_live(&here.session.token, NOW).await);
    assert_eq!(home.events(&ada, "user.session_invalidated").await, 0);
    home.remote_logout(&ada.id, By::Session(&here.session.id), NOW)
        .await
        .unwrap();
    assert_eq!(home.events(&ada, "user.session_invalidated").await, 1);
}
