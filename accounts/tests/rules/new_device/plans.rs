//! The link works on every plan.

use accounts::{db::Db, plans::Plan};

use super::{consume, enter, intruded};
use crate::test_app::{NOW, TestApp};

on_both!(
    the_email_has_a_link_on_the_free_plan_too,
    a_downgrade_does_not_take_the_link_away,
);

async fn the_email_has_a_link_on_the_free_plan_too(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user_on("Ada", Plan::Free).await;
    app.sign_in(&ada, NOW).await;
    let (_, _, link) = enter(&app, &ada, NOW).await;
    let ended = consume(&app, &link.unwrap(), NOW).await.unwrap();
    assert_eq!(ended.sessions, 2);
}

async fn a_downgrade_does_not_take_the_link_away(db: Db) {
    let app = TestApp::new(db);
    let (_, here, _, link) = intruded(&app, "Ada").await;
    app.every_account_on(Plan::Free).await;
    assert_eq!(consume(&app, &link, NOW).await.unwrap().sessions, 2);
    assert!(!app.is_live(&here.session.token, NOW).await);
}
