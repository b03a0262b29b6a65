//! What is stored of a second factor: a remote logout leaves it as it is, and a new key seals it anew.

use accounts::{db::Db, key_rotation::seal_anew, keys::Keys, sessions::By};
use testing::databases;

use crate::test_app::{NOW, SECOND, TestApp, after};

on_both!(
    a_remote_logout_leaves_secret_and_codes_byte_for_byte,
    a_rotated_key_opens_what_the_old_one_sealed_and_the_old_one_is_needed_no_longer,
);

const OF_THE_SECRET: &str =
    "select key_id || ' ' || secret || ' ' || cast(last_step as text) from authenticators";
const OF_THE_CODES: &str = "select min(code_hash) || max(code_hash) || cast(count(used_at) as text)
     || cast(count(*) as text) from recovery_codes";

async fn a_remote_logout_leaves_secret_and_codes_byte_for_byte(db: Db) {
    let app = TestApp::new(db);
    let ada = app.protected("Ada").await;
    let secret = databases::text(&app.db, OF_THE_SECRET).await;
    let codes = databases::text(&app.db, OF_THE_CODES).await;
    let who = app.signed_in(&ada.here, NOW).await;
    app.remote_logout(&ada.user.id, By::Session(&who.session), NOW)
        .await
        .unwrap();
    assert_eq!(databases::text(&app.db, OF_THE_SECRET).await, secret);
    assert_eq!(databases::text(&app.db, OF_THE_CODES).await, codes);
    // The next sign-in asks for a code.
    app.pending_sign_in(&ada.user, true, after(SECOND)).await;
}

async fn a_rotated_key_opens_what_the_old_one_sealed_and_the_old_one_is_needed_no_longer(db: Db) {
    let old = Keys::new_line();
    let mut app = TestApp::new(db);
    app.keys = Keys::parse(&old).unwrap();
    let ada = app.protected("Ada").await;
    let before = databases::text(&app.db, OF_THE_SECRET).await;
    let new = Keys::new_line();
    app.keys = Keys::parse(&format!("{}{}", *new, *old)).unwrap();
    let mut tx = app.db.write().await.unwrap();
    assert_eq!(seal_anew(&mut tx, &app.keys, NOW).await.unwrap(), 1);
    assert_eq!(seal_anew(&mut tx, &app.keys, NOW).await.unwrap(), 0);
    tx.commit().await.unwrap();
    assert_ne!(databases::text(&app.db, OF_THE_SECRET).await, before);
    app.keys = Keys::parse(&new).unwrap();
    let pending = app.pending_sign_in(&ada.user, false, NOW).await;
    app.verify(&pending, &ada.code(NOW), NOW).await.unwrap();
}
