//! Setting a webhook: its secret, its events, and who may.

use accounts::{
    db::Db,
    ids::AccountId,
    key_rotation::seal_anew,
    keys::Keys,
    plans::Plan,
    roles::Role,
    webhook_settings::{self, WebhookError},
    webhooks,
};
use data_encoding::BASE64;
use testing::databases;

use super::{URL, wanted};
use crate::{
    audit_chain::{events_of, whole_log},
    test_app::{NOW, TestApp, browser},
};

on_both!(
    the_secret_is_sealed_and_sealed_anew,
    each_change_is_an_event_that_names_the_host_only,
    only_owners_and_admins_with_the_plan_may,
);

async fn the_secret_is_sealed_and_sealed_anew(db: Db) {
    let mut app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let account = &ada.user.account_id;
    let (old, new) = (Keys::new_line(), Keys::new_line());
    app.keys = Keys::parse(&old).unwrap();
    let all = wanted(&[], "info");
    let secret = app.set_webhook(&ada, URL, &all).await.unwrap();
    let key = secret.strip_prefix("whsec_").unwrap();
    assert_eq!(BASE64.decode(key.as_bytes()).unwrap().len(), 32);
    let stored = databases::text(&app.db, "select secret from webhooks").await;
    assert!(!stored.contains("whsec_") && !stored.contains(key));
    // The audit log does not hold it either.
    let changes = events_of(&app, account, "account.webhook_changed").await;
    assert_eq!(changes.len(), 1);
    assert!(!whole_log(&app).await.contains("whsec_"));

    app.keys = Keys::parse(&format!("{}{}", *new, *old)).unwrap();
    let mut tx = app.db.write().await.unwrap();
    assert_eq!(seal_anew(&mut tx, &app.keys, NOW).await.unwrap(), 1);
    assert_eq!(seal_anew(&mut tx, &app.keys, NOW).await.unwrap(), 0);
    tx.commit().await.unwrap();
    let only_new = Keys::parse(&new).unwrap();
    let webhook = webhooks::find(&mut *app.read(NOW).await, account).await;
    let webhook = webhook.unwrap().unwrap();
    assert_eq!(webhook.secret(account, &only_new).unwrap().expose(), secret);
    let foreign = AccountId("another".into());
    assert!(
        webhook.secret(&foreign, &only_new).is_err(),
        "it opens for its own account only"
    );
}

async fn each_change_is_an_event_that_names_the_host_only(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let account = &ada.user.account_id;
    let all = wanted(&[], "info");
    assert!(!app.set_webhook(&ada, URL, &all).await.unwrap().is_empty());
    // The same again is no operation; another filter is, and shows no secret.
    assert!(app.set_webhook(&ada, URL, &all).await.unwrap().is_empty());
    let alerts = wanted(&[], "alert");
    let secret = app.set_webhook(&ada, URL, &alerts).await.unwrap();
    assert!(secret.is_empty());
    let changes = events_of(&app, account, "account.webhook_changed").await;
    assert_eq!(changes.len(), 2);

    let mut op = app.begin(&browser(9), NOW).await;
    let secret = webhook_settings::new_secret(&mut op, &ada).await.unwrap();
    op.commit().await.unwrap();
    assert!(secret.expose().starts_with("whsec_"));
    let changes = events_of(&app, account, "account.webhook_changed").await;
    assert_eq!(changes.len(), 3);
    for change in changes {
        assert!(
            change.details.contains("hooks.example.com:8443"),
            "{}",
            change.details
        );
    }
    assert!(!whole_log(&app).await.contains("secret-part"));
}

async fn only_owners_and_admins_with_the_plan_may(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let admin = app.member(&ada, "Ben", Role::Admin).await;
    let admin = app.sign_in_now(&admin).await;
    let member = app.member(&ada, "Cy", Role::Member).await;
    let member = app.sign_in_now(&member).await;
    let all = wanted(&[], "info");
    assert!(app.set_webhook(&member, URL, &all).await.is_err());
    app.set_webhook(&admin, URL, &all).await.unwrap();
    app.every_account_on(Plan::Pro).await;
    for who in [&ada, &admin] {
        let refused = app.set_webhook(who, "https://other.example", &all).await;
        assert!(
            matches!(refused, Err(WebhookError::Refused(_))),
            "{refused:?}"
        );
    }
}
