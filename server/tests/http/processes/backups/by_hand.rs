//! A copy that was put in the database's place by hand, and the epoch raised by hand.

use std::{
    fs,
    time::{Duration, Instant},
};

use super::{Place, is_signed_out};
use crate::processes::client::Client;

/// Waits until the high-water marks have seen the newest event of the account.
async fn until_marked(place: &Place) {
    let db = accounts::db::Db::open(&place.url()).await.unwrap();
    let newest = "select head from audit_chains where chain <> 'instance'";
    let marks = place.path().join("data/audit-marks.txt");
    let start = Instant::now();
    loop {
        // Anew each time: what ended with a remote logout is recorded a little later.
        let newest = testing::databases::text(&db, newest).await;
        if fs::read_to_string(&marks).is_ok_and(|text| text.contains(&newest)) {
            break;
        }
        assert!(
            start.elapsed() < Duration::from_secs(90),
            "{newest} was not marked"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    db.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_copy_put_in_place_by_hand_ends_everything_once() {
    let place = Place::new();
    let server = place.start();
    let (mut ada, mut phone) = (Client::default(), Client::default());
    ada.sign_up(&server.address, "Ada").await;
    phone.sign_in(&server.address, "Ada").await;
    place.works(&["backup", "copy.db"]);
    let left = ada.clone();
    ada.call(&server.address, "rename_account", &[("name", "New")])
        .await
        .unwrap()
        .is(200);
    place.works(&["remote-logout", "ada@example.com"]);
    until_marked(&place).await;
    server.dies();
    put_in_place(&place, "copy.db");
    let server = place.start();
    assert!(
        server.log().contains("is older than the audit log"),
        "{}",
        server.log()
    );
    for client in [&left, &phone] {
        is_signed_out(client, &server.address).await;
    }
    // Once: what is signed in now stays.
    phone.sign_in(&server.address, "Ada").await;
    drop(server);
    let server = place.start();
    assert!(phone.is_signed_in(&server.address).await);
    assert!(!server.log().contains("is older than the audit log"));
    // Another copy, taken after that: its epoch is the same, so only the marks tell.
    place.works(&["backup", "second-copy.db"]);
    place.works(&["remote-logout", "ada@example.com"]);
    until_marked(&place).await;
    server.dies();
    put_in_place(&place, "second-copy.db");
    let server = place.start();
    assert!(
        server.log().contains("is older than the audit log"),
        "{}",
        server.log()
    );
    is_signed_out(&phone, &server.address).await;
}

/// Without a restore.
fn put_in_place(place: &Place, copy: &str) {
    for ending in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{ending}", place.database().display()));
    }
    fs::copy(place.path().join(copy), place.database()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_moved_or_replaced_under_a_server_is_not_served_from() {
    let place = Place::new();
    let server = place.start();
    let mut ada = Client::default();
    ada.sign_up(&server.address, "Ada").await;
    place.works(&["backup", "copy.db"]);
    let (database, moved) = (place.database(), place.path().join("moved.db"));
    fs::rename(&database, &moved).unwrap();
    for replaced in [false, true] {
        if replaced {
            fs::copy(place.path().join("copy.db"), &database).unwrap();
        }
        let answer = ada
            .clone()
            .call(&server.address, "still_signed_in", &[])
            .await
            .unwrap();
        assert_eq!(answer.status, 503, "{answer:?}");
        assert_eq!(database.exists(), replaced);
    }
    fs::rename(&moved, &database).unwrap();
    assert!(ada.is_signed_in(&server.address).await);
    let renamed = ada.call(&server.address, "rename_account", &[("name", "New")]);
    renamed.await.unwrap().is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_epoch_raised_by_hand_is_obeyed_by_the_next_request() {
    let place = Place::new();
    let server = place.start();
    let mut ada = Client::default();
    ada.sign_up(&server.address, "Ada").await;
    assert!(ada.is_signed_in(&server.address).await);
    let said = place.works(&["instance", "raise-epoch"]);
    assert!(
        said.contains("Everything of 1 user ended: 1 session"),
        "{said}"
    );
    is_signed_out(&ada, &server.address).await;
    ada.sign_in(&server.address, "Ada").await;
    assert!(ada.is_signed_in(&server.address).await);
    place.works(&["audit", "verify"]);
}
