//! The key that does not fit what is sealed: what that costs, and a loss that is accepted.

use accounts::{
    db::Db,
    instance_keys,
    key_loss::{AcceptedLoss, accept_loss},
    key_rotation::seal_anew,
    keys::Keys,
    sealed::{self, Unopened},
    sign_in::CodeError,
    webhooks,
};
use testing::databases;
use tokio::task::JoinSet;

use crate::test_app::{NOW, Protected, SECOND, TestApp, TestUser, after, browser};

on_both!(
    what_a_foreign_key_does_not_open_is_counted,
    after_an_accepted_loss_a_sign_in_takes_password_and_recovery_code,
    a_user_without_recovery_codes_is_named_and_stays_out,
    an_accepted_loss_renews_webhook_secrets_and_leaves_what_the_key_opens,
    what_is_sealed_and_of_no_use_any_more_is_no_loss,
    of_nodes_that_begin_at_once_one_gives_the_key,
    a_rotation_and_an_accepted_loss_change_the_key_that_is_needed,
);

/// Another key in place of the one that everything was sealed with.
fn with_another_key(app: &TestApp) -> TestApp {
    let mut other = app.clone();
    other.keys = Keys::parse(&Keys::new_line()).unwrap();
    other
}

async fn unopened(app: &TestApp) -> Unopened {
    let mut conn = app.read(NOW).await;
    let counted = sealed::unopened(&mut conn, Some(&app.keys), NOW).await;
    counted.unwrap()
}

/// As `curfew key accept-loss` does.
async fn accepts_loss(app: &TestApp) -> AcceptedLoss {
    let mut op = app.begin(&browser(9), NOW).await;
    let accepted = accept_loss(&mut op).await.unwrap();
    op.commit().await.unwrap();
    accepted
}

async fn what_a_foreign_key_does_not_open_is_counted(db: Db) {
    let app = TestApp::new(db);
    assert!(unopened(&app).await.is_none());
    // Nothing is sealed yet, so any key will do.
    assert!(unopened(&with_another_key(&app)).await.is_none());

    app.protected("Ada").await;
    app.protected("Grace").await;
    let ida = app.user("Ida").await;
    let here = app.sign_in(&ida, NOW).await.session.token;
    app.begin_two_factor(&here, NOW).await.unwrap();
    let (_, owner) = app.owner("Joan").await;
    app.set_webhook(&owner, "https://hooks.example.com/x", &every_event())
        .await
        .unwrap();
    let all = Unopened {
        users: 2,
        drafts: 1,
        webhooks: 1,
        ..Unopened::default()
    };
    assert!(unopened(&app).await.is_none());
    let other = with_another_key(&app);
    let lost = unopened(&other).await;
    assert!(lost.chains > 0, "{lost:?}");
    let sealed = Unopened {
        emails: 0,
        chains: 0,
        ..lost
    };
    assert_eq!(sealed, all);
    // Without a key file nothing can be opened.
    let mut conn = app.read(NOW).await;
    assert_eq!(sealed::unopened(&mut conn, None, NOW).await.unwrap(), lost);
}

async fn after_an_accepted_loss_a_sign_in_takes_password_and_recovery_code(db: Db) {
    let app = TestApp::new(db);
    let ada = app.protected("Ada").await;
    let app = with_another_key(&app);
    let accepted = accepts_loss(&app).await;
    assert_eq!((accepted.users, accepted.without_codes.len()), (1, 0));
    assert!(unopened(&app).await.is_none());

    // The password is not enough, and the lost authenticator is said to be off.
    let pending = app.pending_sign_in(&ada.user, false, NOW).await;
    let refused = app.verify(&pending, &ada.code(NOW), NOW).await;
    assert!(
        matches!(refused, Err(CodeError::AuthenticatorOff)),
        "{refused:?}"
    );
    app.verify(&pending, &ada.codes[0], NOW).await.unwrap();
    assert_eq!(app.codes_left(&ada.user).await, 15);
    told(&app, &ada, &ada.user.email).await;

    // A second time there is nothing to accept.
    assert_eq!(accepts_loss(&app).await, AcceptedLoss::default());
}

/// One event by the operator, and one email.
async fn told(app: &TestApp, ada: &Protected, email: &str) {
    let id = &ada.user.id.0;
    let events = format!(
        "select count(*) from audit_events where action = 'user.authenticator_off' and actor = 'operator'
         and subject = '{id}' and details like '%key_lost%'"
    );
    assert_eq!(databases::number(&app.db, &events).await, 1);
    let emails = format!(
        "select count(*) from emails where recipient = '{email}' and details like '%authenticator_lost%'"
    );
    assert_eq!(databases::number(&app.db, &emails).await, 1);
}

async fn a_user_without_recovery_codes_is_named_and_stays_out(db: Db) {
    let app = TestApp::new(db);
    let ada = app.protected("Ada").await;
    let gone = "update recovery_codes set used_at = 1";
    assert_eq!(databases::run(&app.db, gone).await, 16);
    let app = with_another_key(&app);
    let accepted = accepts_loss(&app).await;
    assert_eq!(
        accepted.without_codes,
        std::slice::from_ref(&ada.user.email)
    );
    // It asks for a code that there is not: never a password alone.
    let pending = app.pending_sign_in(&ada.user, false, NOW).await;
    let refused = app.verify(&pending, &ada.codes[0], NOW).await;
    assert!(matches!(refused, Err(CodeError::Wrong(_))), "{refused:?}");
}

fn every_event() -> webhooks::Wanted {
    webhooks::Wanted {
        categories: Vec::new(),
        severity: "info".into(),
    }
}

async fn an_accepted_loss_renews_webhook_secrets_and_leaves_what_the_key_opens(db: Db) {
    let before = TestApp::new(db);
    let (joan, owner) = before.owner("Joan").await;
    let url = "https://hooks.example.com/x";
    let old = before.set_webhook(&owner, url, &every_event()).await;
    let old = old.unwrap();
    before.protected("Ada").await;
    let app = with_another_key(&before);
    let grace = app.protected("Grace").await;

    let accepted = accepts_loss(&app).await;
    assert_eq!((accepted.users, accepted.webhooks), (1, 1));
    let account = &owner.user.account_id;
    let mut conn = app.read(NOW).await;
    let webhook = webhooks::find(&mut conn, account).await.unwrap().unwrap();
    drop(conn);
    let new = webhook.secret(account, &app.keys).unwrap();
    assert!(new.expose().starts_with("whsec_") && new.expose() != old);
    assert!(unopened(&app).await.is_none());
    is_told_of_the_webhook(&app, &joan).await;

    // Grace's authenticator was sealed with the key that is here.
    let pending = app.pending_sign_in(&grace.user, false, NOW).await;
    app.verify(&pending, &grace.code(NOW), NOW).await.unwrap();
}

async fn is_told_of_the_webhook(app: &TestApp, owner: &TestUser) {
    let emails = format!(
        "select count(*) from emails where recipient = '{}' and details like '%webhook_secret_lost%'",
        owner.email
    );
    assert_eq!(databases::number(&app.db, &emails).await, 1);
    let events = "select count(*) from audit_events where action = 'account.webhook_changed'
                  and actor = 'operator' and details like '%key_lost%'";
    assert_eq!(databases::number(&app.db, events).await, 1);
}

/// A draft that was not finished in time must neither stop a start nor a rotation.
async fn what_is_sealed_and_of_no_use_any_more_is_no_loss(db: Db) {
    let app = TestApp::new(db);
    let ida = app.user("Ida").await;
    let here = app.sign_in(&ida, NOW).await.session.token;
    app.begin_two_factor(&here, NOW).await.unwrap();
    let app = with_another_key(&app);
    let later = after(app.limits.two_factor_draft + SECOND);
    let mut conn = app.read(later).await;
    let lost = sealed::unopened(&mut conn, Some(&app.keys), later).await;
    assert_eq!(lost.unwrap().drafts, 0);
    drop(conn);
    let mut tx = app.db.write().await.unwrap();
    seal_anew(&mut tx, &app.keys, later).await.unwrap();
}

fn new_keys() -> Keys {
    Keys::parse(&Keys::new_line()).unwrap()
}

async fn is_lacking(app: &TestApp, keys: &Keys) -> bool {
    let mut conn = app.read(NOW).await;
    instance_keys::lacks_one(&mut conn, Some(keys))
        .await
        .unwrap()
}

async fn of_nodes_that_begin_at_once_one_gives_the_key(db: Db) {
    let app = TestApp::new(databases::patient(&db));
    let mut conn = app.read(NOW).await;
    assert!(!instance_keys::lacks_one(&mut conn, None).await.unwrap());
    drop(conn);
    let mut nodes = JoinSet::new();
    for _ in 0..16 {
        let db = app.db.clone();
        nodes.spawn(async move {
            let keys = new_keys();
            let begun = instance_keys::begin(&db, &keys).await.unwrap();
            (keys, begun)
        });
    }
    let all = nodes.join_all().await;
    assert_eq!(all.iter().filter(|(_, begun)| *begun).count(), 1);
    for (keys, begun) in &all {
        assert_eq!(is_lacking(&app, keys).await, !begun);
        // A start of the same node is let in, however often; another one never.
        let again = instance_keys::begin(&app.db, keys).await.unwrap();
        assert_eq!(again, *begun);
    }
    let mut conn = app.read(NOW).await;
    assert!(instance_keys::lacks_one(&mut conn, None).await.unwrap());
}

async fn a_rotation_and_an_accepted_loss_change_the_key_that_is_needed(db: Db) {
    let app = TestApp::new(db);
    let (old, new) = (Keys::new_line(), Keys::new_line());
    let old_keys = Keys::parse(&old).unwrap();
    let both = Keys::parse(&format!("{}{}", *new, *old)).unwrap();
    let only_new_keys = Keys::parse(&new).unwrap();
    assert!(instance_keys::begin(&app.db, &old_keys).await.unwrap());
    // A rotation that broke off after the file: the node starts, and one without the new key does not any more.
    assert!(instance_keys::begin(&app.db, &both).await.unwrap());
    assert!(!instance_keys::begin(&app.db, &old_keys).await.unwrap());
    assert!(!instance_keys::begin(&app.db, &only_new_keys).await.unwrap());
    let mut tx = app.db.write().await.unwrap();
    seal_anew(&mut tx, &both, NOW).await.unwrap();
    tx.commit().await.unwrap();
    assert!(instance_keys::begin(&app.db, &only_new_keys).await.unwrap());
    assert!(!instance_keys::begin(&app.db, &old_keys).await.unwrap());

    let other = with_another_key(&app);
    let accepted = accepts_loss(&other).await;
    let only_this_key = AcceptedLoss {
        key: true,
        ..AcceptedLoss::default()
    };
    assert_eq!(accepted, only_this_key);
    assert!(instance_keys::begin(&app.db, &other.keys).await.unwrap());
    assert!(!instance_keys::begin(&app.db, &only_new_keys).await.unwrap());
    assert_eq!(accepts_loss(&other).await, AcceptedLoss::default());
}
