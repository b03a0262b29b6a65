//! A webhook: what is to be sent is written with the event itself.

mod delivery;
mod last_word;
mod settings;
mod test_limit;

use accounts::{
    audit::{Action, Actor, Event},
    db::Db,
    ids::{AccountId, EventId},
    plans::Plan,
    sessions::SignedIn,
    time::Moment,
    webhook_settings::{self, WebhookError},
    webhooks::{self, Delivery, Due, Failure, Payload, Wanted, Webhook},
};
use testing::databases;

use crate::test_app::{NOW, TestApp, browser};

on_both!(
    what_is_to_be_sent_is_written_with_the_event_or_not_at_all,
    only_what_is_wanted_is_sent,
    a_plan_without_the_audit_log_sends_nothing,
    an_account_gets_its_own_events_only,
);

const URL: &str = "https://hooks.example.com:8443/T0/secret-part?token=x";

fn wanted(categories: &[&str], severity: &str) -> Wanted {
    Wanted {
        categories: categories.iter().map(|c| (*c).to_owned()).collect(),
        severity: severity.into(),
    }
}

impl TestApp {
    /// Sets the account's webhook. Its secret; empty when it had one before.
    pub async fn set_webhook(
        &self,
        who: &SignedIn,
        url: &str,
        wanted: &Wanted,
    ) -> Result<String, WebhookError> {
        let mut op = self.begin(&browser(9), NOW).await;
        let secret = webhook_settings::set(&mut op, who, url, wanted).await?;
        op.commit().await.unwrap();
        Ok(secret.map(|s| s.expose().to_owned()).unwrap_or_default())
    }

    /// The owner of an account with a webhook for everything, and nothing pending.
    async fn owner_with_webhook(&self, name: &str) -> SignedIn {
        let (_, who) = self.owner(name).await;
        self.set_webhook(&who, URL, &wanted(&[], "info"))
            .await
            .unwrap();
        while let Some(due) = self.lease(NOW).await {
            self.delivered(&due, NOW).await;
        }
        who
    }

    /// Records an event, and commits it.
    async fn record(&self, action: Action, account: &AccountId) -> EventId {
        let mut op = self.begin(&browser(1), NOW).await;
        let id = op.record(Event::of(action, Actor::System).in_account(account));
        op.commit().await.unwrap();
        id
    }

    async fn lease(&self, now: Moment) -> Option<Due> {
        let mut tx = self.db.write().await.unwrap();
        let due = webhooks::lease(&mut tx, now).await.unwrap();
        tx.commit().await.unwrap();
        due
    }

    /// The receiver has it.
    async fn delivered(&self, due: &Due, now: Moment) {
        let mut tx = self.db.write().await.unwrap();
        webhooks::delivered(&mut tx, due, 204, now).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// The receiver has it not. When it is tried again.
    async fn failed(&self, due: &Due, now: Moment) -> Option<Moment> {
        let failure = Failure {
            status: Some(500),
            why: "It answered 500.".into(),
        };
        let mut tx = self.db.write().await.unwrap();
        let next = webhooks::failed(&mut tx, due, &failure, now).await.unwrap();
        tx.commit().await.unwrap();
        next.map(Moment::at)
    }

    async fn remove_webhook(&self, who: &SignedIn) -> Result<(), WebhookError> {
        let mut op = self.begin(&browser(9), NOW).await;
        webhook_settings::remove(&mut op, who).await?;
        op.commit().await.unwrap();
        Ok(())
    }

    async fn send_again(
        &self,
        who: &SignedIn,
        event: &str,
        now: Moment,
    ) -> Result<(), WebhookError> {
        let mut op = self.begin(&browser(9), now).await;
        webhook_settings::send_again(&mut op, who, event).await?;
        op.commit().await.unwrap();
        Ok(())
    }

    async fn test_webhook(&self, who: &SignedIn, now: Moment) -> Result<Webhook, WebhookError> {
        let mut op = self.begin(&browser(9), now).await;
        let webhook = webhook_settings::test(&mut op, who).await?;
        op.commit().await.unwrap();
        Ok(webhook)
    }

    /// The account's deliveries, newest first.
    async fn deliveries(&self, account: &AccountId) -> Vec<Delivery> {
        let mut conn = self.read(NOW).await;
        webhooks::recent(&mut conn, account, 1_000).await.unwrap()
    }

    /// How many webhooks have a row, removed ones included.
    async fn webhook_rows(&self) -> i64 {
        databases::number(&self.db, "select count(*) from webhooks").await
    }

    /// How many deliveries are pending, of all accounts.
    async fn pending(&self) -> i64 {
        let sql = "select count(*) from webhook_deliveries where delivered_at is null and given_up_at is null";
        databases::number(&self.db, sql).await
    }
}

async fn what_is_to_be_sent_is_written_with_the_event_or_not_at_all(db: Db) {
    let app = TestApp::new(db);
    let ada = app.owner_with_webhook("Ada").await;
    let account = &ada.user.account_id;
    let mut op = app.begin(&browser(1), NOW).await;
    op.record(Event::of(Action::AccountRenamed, Actor::System).in_account(account));
    drop(op);
    assert_eq!(app.pending().await, 0);
    let id = app.record(Action::AccountRenamed, account).await.0;
    assert_eq!(app.pending().await, 1);
    let due = app.lease(NOW).await.unwrap();
    assert_eq!(
        (due.event.id.as_str(), due.webhook.url.as_str()),
        (id.as_str(), URL)
    );
    // The body is the line that the export writes.
    let secret = due.webhook.secret(account, &app.keys).unwrap();
    let payload = Payload::of(URL, &secret, &due.event, NOW);
    let stored: serde_json::Value = serde_json::from_str(&payload.body).unwrap();
    assert_eq!(stored["action"], "account.renamed");
    assert_eq!(stored["hash"].as_str().unwrap().len(), 64);
    assert_eq!((payload.id, payload.timestamp.as_str()), (id, "1800000000"));
    assert_eq!(
        payload.signature,
        webhooks::signature(&secret, "1800000000", &payload.body)
    );
}

async fn only_what_is_wanted_is_sent(db: Db) {
    let app = TestApp::new(db);
    let ada = app.owner_with_webhook("Ada").await;
    let account = &ada.user.account_id;
    let (both, none) = (&["members", "account"][..], &[][..]);
    for (categories, severity, action, sent) in [
        (none, "info", Action::Login, true),
        (none, "notice", Action::Login, false),
        (none, "notice", Action::LoginFailed, true),
        (none, "alert", Action::EmailChanged, false),
        (none, "alert", Action::RememberedDeviceReused, true),
        (&["sign_in"], "info", Action::Login, true),
        (&["sign_in"], "info", Action::AccountRenamed, false),
        (both, "info", Action::AccountRenamed, true),
        (both, "info", Action::MemberJoined, true),
        (both, "warning", Action::MemberJoined, false),
        (&["access"], "info", Action::AccountRenamed, false),
    ] {
        app.set_webhook(&ada, URL, &wanted(categories, severity))
            .await
            .unwrap();
        let before = app.pending().await;
        app.record(action, account).await;
        let now_pending = app.pending().await;
        assert_eq!(
            now_pending - before,
            i64::from(sent),
            "{categories:?} {severity} {action:?}"
        );
    }
    for nonsense in [
        wanted(&["nothing"], "info"),
        wanted(&[], "loud"),
        wanted(&["sign_in,members"], "info"),
    ] {
        let refused = app.set_webhook(&ada, URL, &nonsense).await;
        assert!(
            matches!(refused, Err(WebhookError::NoSuchFilter)),
            "{refused:?}"
        );
    }
    for url in ["", &"x".repeat(2_001)] {
        let refused = app.set_webhook(&ada, url, &wanted(&[], "info")).await;
        assert!(matches!(refused, Err(WebhookError::Url)), "{refused:?}");
    }
}

async fn a_plan_without_the_audit_log_sends_nothing(db: Db) {
    let app = TestApp::new(db);
    let ada = app.owner_with_webhook("Ada").await;
    for plan in Plan::ALL {
        app.every_account_on(plan).await;
        let before = app.pending().await;
        app.record(Action::Login, &ada.user.account_id).await;
        let sent = app.pending().await - before;
        assert_eq!(sent, i64::from(plan == Plan::Enterprise), "{plan:?}");
    }
}

async fn an_account_gets_its_own_events_only(db: Db) {
    let app = TestApp::new(db);
    let ada = app.owner_with_webhook("Ada").await;
    let (_, eve) = app.owner("Eve").await;
    app.record(Action::Login, &eve.user.account_id).await;
    app.record(Action::Login, &AccountId("instance".into()))
        .await;
    assert_eq!(app.pending().await, 0);
    app.record(Action::Login, &ada.user.account_id).await;
    assert_eq!(app.lease(NOW).await.unwrap().account, ada.user.account_id);
}
