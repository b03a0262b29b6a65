//! The link on plans without remote logout.

use accounts::{db::Db, emails::EmailTemplate, not_me::NotMeError, plans::Plan};

use super::{consume, enter, intruded};
use crate::test_app::{NOW, TestApp};

on_both!(
    where_the_plan_has_no_remote_logout_the_email_has_no_link,
    after_a_downgrade_the_link_is_refused_and_stays_good,
);

async fn where_the_plan_has_no_remote_logout_the_email_has_no_link(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user_on("Ada", Plan::Free).await;
    app.sign_in(&ada, NOW).await;
    let (_, email, link) = enter(&app, &ada, NOW).await;
    assert_eq!(email.template, EmailTemplate::NewDevice);
    assert!(link.is_none());
}

async fn after_a_downgrade_the_link_is_refused_and_stays_good(db: Db) {
    let app = TestApp::new(db);
    let (_, here, _, link) = intruded(&app, "Ada").await;
    app.every_account_on(Plan::Free).await;
    let refused = consume(&app, &link, NOW).await;
    assert!(
        matches!(refused, Err(NotMeError::RemoteLogout(_))),
        "{refused:?}"
    );
    assert!(app.is_live(&here.session.token, NOW).await);
    app.every_account_on(Plan::Plus).await;
    assert_eq!(consume(&app, &link, NOW).await.unwrap().sessions, 2);
}
