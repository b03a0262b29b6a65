//! A one-time link does what it is for, and nothing else.

use accounts::{db::Db, reset_password::reset};

use super::{intruded, is_expired};
use crate::{
    forgotten_password,
    test_app::{NOW, TestApp, browser, secret},
};

on_both!(a_link_for_something_else_logs_no_user_out);

async fn a_link_for_something_else_logs_no_user_out(db: Db) {
    let app = TestApp::new(db);
    let (ada, here, _, not_me) = intruded(&app, "Ada").await;
    let to_reset = forgotten_password::link(&app, &ada.email, NOW).await;
    assert!(is_expired(&app, &to_reset, NOW).await);
    assert!(app.is_live(&here.session.token, NOW).await);
    // Nor the other way round.
    let new = secret("nine quiet herons over the canal");
    let set = reset(&app, &browser(5), NOW, &not_me, &new).await;
    assert!(set.is_err());
    assert!(app.is_live(&here.session.token, NOW).await);
}
