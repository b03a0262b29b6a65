//! A webhook: what is to be sent is written with the event, and is sent once, or tried again and given up.

mod last_word;
mod testing;

use std::time::Duration;

use accounts::{
    audit::{self, Action, Actor, Event},
    db::Db,
    key_rotation::seal_anew,
    keys::Keys,
    plans::Plan,
    sessions::SignedIn,
    time::Moment,
    users::{AccountId, Role},
    webhook::{self, Due, Failure, Payload, Wanted, Webhook, WebhookError},
};

use crate::{
    databases,
    home::{DAY, Home, NOW, SECOND, after, browser},
};

on_both!(
    what_is_to_be_sent_is_written_with_the_event_or_not_at_all,
    only_what_is_wanted_is_sent,
    a_plan_without_the_audit_log_sends_nothing,
    an_account_gets_its_own_events_alone,
    a_delivery_has_one_node_to_itself_until_it_is_there,
    one_receiver_that_does_not_answer_holds_nobody_else_up,
    what_does_not_arrive_is_tried_again_and_given_up,
    a_failure_that_is_told_too_late_undoes_nothing,
    the_secret_is_sealed_and_sealed_anew,
    each_change_is_an_event_that_names_the_host_alone,
    only_owners_and_admins_with_the_plan_may,
    old_deliveries_are_swept,
);

const URL: &str = "https://hooks.example.com:8443/T0/secret-part?token=x";

fn wanted(categories: &[&str], severity: &str) -> Wanted {
    Wanted {
        categories: categories.iter().map(|c| (*c).to_owned()).collect(),
        severity: severity.into(),
    }
}

impl Home {
    async fn webhook(
        &self,
        who: &SignedIn,
        url: &str,
        wanted: &Wanted,
    ) -> Result<String, WebhookError> {
        let (client, limits, keys) = (browser(9), &self.limits, &self.keys);
        let mut tx = self.db.write().await.unwrap();
        let secret = webhook::set(&mut tx, keys, who, url, wanted, &client, limits, NOW).await?;
        tx.commit().await.unwrap();
        Ok(secret.map(|s| s.expose().to_owned()).unwrap_or_default())
    }

    /// Somebody whose account has a webhook for everything, with nothing on its way.
    async fn hooked(&self, name: &str) -> SignedIn {
        let (_, who) = self.owner(name).await;
        self.webhook(&who, URL, &wanted(&[], "info")).await.unwrap();
        let all = "update webhook_deliveries set delivered_at = 1";
        databases::run(&self.db, all).await;
        who
    }

    /// Records an event, and commits or not.
    async fn happens(&self, action: Action, account: &AccountId, commits: bool) -> String {
        let client = browser(1);
        let mut tx = self.db.write().await.unwrap();
        let event = Event::of(action, Actor::System, &client).in_account(account);
        let id = audit::record(&mut tx, event, NOW).await.unwrap().id;
        if commits {
            tx.commit().await.unwrap();
        }
        id
    }

    async fn leases(&self, now: Moment) -> Option<Due> {
        let mut tx = self.db.write().await.unwrap();
        let due = webhook::lease(&mut tx, now).await.unwrap();
        tx.commit().await.unwrap();
        due
    }

    async fn arrives(&self, due: &Due, now: Moment) {
        let mut tx = self.db.write().await.unwrap();
        webhook::delivered(&mut tx, due, 204, now).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn fails(&self, due: &Due, now: Moment) -> Option<Moment> {
        let failure = Failure {
            status: Some(500),
            why: "It answered 500.".into(),
        };
        let mut tx = self.db.write().await.unwrap();
        let next = webhook::failed(&mut tx, due, &failure, now).await.unwrap();
        tx.commit().await.unwrap();
        next.map(Moment::at)
    }

    async fn removes(&self, who: &SignedIn) -> Result<(), WebhookError> {
        let (client, limits) = (browser(9), &self.limits);
        let mut tx = self.db.write().await.unwrap();
        webhook::remove(&mut tx, who, &client, limits, NOW).await?;
        tx.commit().await.unwrap();
        Ok(())
    }

    async fn tests(&self, who: &SignedIn, now: Moment) -> Result<Webhook, WebhookError> {
        let mut tx = self.db.write().await.unwrap();
        let webhook = webhook::test(&mut tx, who, &self.limits, now).await?;
        tx.commit().await.unwrap();
        Ok(webhook)
    }

    /// What is left in the table, secrets and all.
    async fn webhooks(&self) -> i64 {
        databases::number(&self.db, "select count(*) from webhooks").await
    }

    async fn pending(&self) -> i64 {
        let sql = "select count(*) from webhook_deliveries where delivered_at is null and given_up_at is null";
        databases::number(&self.db, sql).await
    }
}

async fn what_is_to_be_sent_is_written_with_the_event_or_not_at_all(db: Db) {
    let home = Home::new(db);
    let ada = home.hooked("Ada").await;
    let account = &ada.user.account_id;
    home.happens(Action::AccountRenamed, account, false).await;
    assert_eq!(home.pending().await, 0);
    let id = home.happens(Action::AccountRenamed, account, true).await;
    assert_eq!(home.pending().await, 1);
    let due = home.leases(NOW).await.unwrap();
    assert_eq!(
        (due.event.id.as_str(), due.webhook.url.as_str()),
        (id.as_str(), URL)
    );
    // The body is the line that the export writes.
    let secret = due.webhook.secret(account, &home.keys).unwrap();
    let payload = Payload::of(URL, &secret, &due.event, NOW);
    let stored: serde_json::Value = serde_json::from_str(&payload.body).unwrap();
    assert_eq!(stored["action"], "account.renamed");
    assert_eq!(stored["hash"].as_str().unwrap().len(), 64);
    assert_eq!((payload.id, payload.timestamp.as_str()), (id, "1800000000"));
    assert_eq!(
        payload.signature,
        webhook::signature(&secret, "1800000000", &payload.body)
    );
}

async fn only_what_is_wanted_is_sent(db: Db) {
    let home = Home::new(db);
    let ada = home.hooked("Ada").await;
    let account = &ada.user.account_id;
    for (categories, severity, action, sent) in [
        (&[][..], "info", Action::Login, true),
        (&[], "notice", Action::Login, false),
        (&[], "notice", Action::LoginFailed, true),
        (&[], "alert", Action::EmailChanged, false),
        (&[], "alert", Action::RememberedDeviceReused, true),
        (&["sign_in"], "info", Action::Login, true),
        (&["sign_in"], "info", Action::AccountRenamed, false),
        (
            &["members", "account"],
            "info",
            Action::AccountRenamed,
            true,
        ),
        (&["members", "account"], "info", Action::MemberJoined, true),
        (
            &["members", "account"],
            "warning",
            Action::MemberJoined,
            false,
        ),
        (&["access"], "info", Action::AccountRenamed, false),
    ] {
        home.webhook(&ada, URL, &wanted(categories, severity))
            .await
            .unwrap();
        let before = home.pending().await;
        home.happens(action, account, true).await;
        let now_pending = home.pending().await;
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
        let refused = home.webhook(&ada, URL, &nonsense).await;
        assert!(
            matches!(refused, Err(WebhookError::NoSuchFilter)),
            "{refused:?}"
        );
    }
    for url in ["", &"x".repeat(2_001)] {
        let refused = home.webhook(&ada, url, &wanted(&[], "info")).await;
        assert!(matches!(refused, Err(WebhookError::Url)), "{refused:?}");
    }
}

async fn a_plan_without_the_audit_log_sends_nothing(db: Db) {
    let home = Home::new(db);
    let ada = home.hooked("Ada").await;
    for plan in Plan::ALL {
        let sql = format!("update accounts set plan = '{}'", plan.key());
        databases::run(&home.db, &sql).await;
        let before = home.pending().await;
        home.happens(Action::Login, &ada.user.account_id, true)
            .await;
        let sent = home.pending().await - before;
        assert_eq!(sent, i64::from(plan == Plan::Enterprise), "{plan:?}");
    }
}

async fn an_account_gets_its_own_events_alone(db: Db) {
    let home = Home::new(db);
    let ada = home.hooked("Ada").await;
    let (_, eve) = home.owner("Eve").await;
    home.happens(Action::Login, &eve.user.account_id, true)
        .await;
    home.happens(Action::Login, &AccountId("instance".into()), true)
        .await;
    assert_eq!(home.pending().await, 0);
    home.happens(Action::Login, &ada.user.account_id, true)
        .await;
    assert_eq!(home.leases(NOW).await.unwrap().account, ada.user.account_id);
}

async fn a_delivery_has_one_node_to_itself_until_it_is_there(db: Db) {
    let home = Home::new(db);
    let ada = home.hooked("Ada").await;
    home.happens(Action::Login, &ada.user.account_id, true)
        .await;
    let mut nodes = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let home = home.clone();
        nodes.spawn(async move { home.leases(NOW).await });
    }
    let leased: Vec<Due> = nodes.join_all().await.into_iter().flatten().collect();
    assert_eq!(leased.len(), 1);
    // Its node died with it: another one has it when the lease is over, and after that it is there.
    assert!(home.leases(after(29 * SECOND)).await.is_none());
    let again = home.leases(after(30 * SECOND)).await.unwrap();
    assert_eq!(again.event.id, leased[0].event.id);
    home.arrives(&again, after(31 * SECOND)).await;
    assert!(home.leases(after(100 * DAY)).await.is_none());
}

async fn one_receiver_that_does_not_answer_holds_nobody_else_up(db: Db) {
    let home = Home::new(db);
    let (ada, ben) = (home.hooked("Ada").await, home.hooked("Ben").await);
    // Which comes first is left to their ids.
    for who in [&ada, &ben, &ada, &ben, &ada] {
        home.happens(Action::Login, &who.user.account_id, true)
            .await;
    }
    let first = home.leases(NOW).await.unwrap();
    let second = home.leases(NOW).await.unwrap();
    assert_ne!(first.account, second.account);
    assert!(
        home.leases(NOW).await.is_none(),
        "one of each account at a time"
    );
    home.arrives(&first, NOW).await;
    assert_eq!(home.leases(NOW).await.unwrap().account, first.account);
}

async fn what_does_not_arrive_is_tried_again_and_given_up(db: Db) {
    let home = Home::new(db);
    let ada = home.hooked("Ada").await;
    let account = &ada.user.account_id;
    home.happens(Action::Login, account, true).await;
    let mut now = NOW;
    for minutes in [1, 5, 15, 30, 60, 120] {
        let due = home.leases(now).await.unwrap();
        let next = home.fails(&due, now).await.unwrap();
        assert_eq!(now.at.until(next.at), Duration::from_mins(minutes));
        assert!(home.leases(Moment::at(next.at - SECOND)).await.is_none());
        now = next;
    }
    let due = home.leases(now).await.unwrap();
    assert!(home.fails(&due, now).await.is_none());
    assert!(home.leases(Moment::at(now.at + DAY)).await.is_none());
    let recent = webhook::recent(&mut home.db.read().await.unwrap(), account, 20)
        .await
        .unwrap();
    let tried = recent
        .iter()
        .find(|delivery| delivery.event_id == due.event.id);
    let tried = tried.unwrap();
    assert_eq!((tried.tries, tried.last_status), (7, Some(500)));
    assert_eq!(tried.given_up_at, Some(now.at));
    assert_eq!(tried.last_error.as_deref(), Some("It answered 500."));
}

async fn a_failure_that_is_told_too_late_undoes_nothing(db: Db) {
    let home = Home::new(db);
    let ada = home.hooked("Ada").await;
    home.happens(Action::Login, &ada.user.account_id, true)
        .await;
    let slow = home.leases(NOW).await.unwrap();
    let later = after(31 * SECOND);
    let quick = home.leases(later).await.unwrap();
    home.fails(&slow, later).await;
    let leased =
        "select count(*) from webhook_deliveries where leased_until > 0 and last_error is null";
    assert_eq!(
        databases::number(&home.db, leased).await,
        1,
        "the other’s lease stands"
    );
    home.arrives(&quick, later).await;
    home.fails(&quick, later).await;
    let failed = "select count(*) from webhook_deliveries where last_error is not null";
    assert_eq!(databases::number(&home.db, failed).await, 0, "it is there");
    assert_eq!(home.pending().await, 0);
}

async fn the_secret_is_sealed_and_sealed_anew(db: Db) {
    let mut home = Home::new(db);
    let (_, ada) = home.owner("Ada").await;
    let account = &ada.user.account_id;
    let (old, new) = (Keys::new_line(), Keys::new_line());
    home.keys = Keys::parse(&old).unwrap();
    let secret = home.webhook(&ada, URL, &wanted(&[], "info")).await.unwrap();
    assert!(
        secret.starts_with("whsec_") && secret.len() == 49,
        "{}",
        secret.len()
    );
    let stored = databases::text(&home.db, "select secret from webhooks").await;
    assert!(!stored.contains("whsec_") && !stored.contains(&secret[6..]));
    // Nothing else has it either.
    let told = "select details from audit_events where action = 'account.webhook_changed'";
    assert!(!databases::text(&home.db, told).await.contains("whsec_"));

    home.keys = Keys::parse(&format!("{}{}", *new, *old)).unwrap();
    let mut tx = home.db.write().await.unwrap();
    assert_eq!(seal_anew(&mut tx, &home.keys).await.unwrap(), 1);
    assert_eq!(seal_anew(&mut tx, &home.keys).await.unwrap(), 0);
    tx.commit().await.unwrap();
    let only_new = Keys::parse(&new).unwrap();
    let webhook = webhook::find(&mut home.db.read().await.unwrap(), account)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(webhook.secret(account, &only_new).unwrap().expose(), secret);
    let foreign = AccountId("another".into());
    assert!(
        webhook.secret(&foreign, &only_new).is_err(),
        "it opens for its account alone"
    );
}

async fn each_change_is_an_event_that_names_the_host_alone(db: Db) {
    let home = Home::new(db);
    let (_, ada) = home.owner("Ada").await;
    let all = wanted(&[], "info");
    assert!(!home.webhook(&ada, URL, &all).await.unwrap().is_empty());
    // The same again is no operation; another filter is, and shows no secret.
    assert!(home.webhook(&ada, URL, &all).await.unwrap().is_empty());
    assert!(
        home.webhook(&ada, URL, &wanted(&[], "alert"))
            .await
            .unwrap()
            .is_empty()
    );
    let changed = "select count(*) from audit_events where action = 'account.webhook_changed'";
    assert_eq!(databases::number(&home.db, changed).await, 2);
    let mut tx = home.db.write().await.unwrap();
    let client = browser(9);
    let secret = webhook::new_secret(&mut tx, &home.keys, &ada, &client, &home.limits, NOW)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert!(secret.expose().starts_with("whsec_"));
    assert_eq!(databases::number(&home.db, changed).await, 3);
    let named = "select count(*) from audit_events
                 where action = 'account.webhook_changed' and details like '%hooks.example.com:8443%'";
    assert_eq!(databases::number(&home.db, named).await, 3);
    let too_much = "select count(*) from audit_events where details like '%secret-part%'";
    assert_eq!(databases::number(&home.db, too_much).await, 0);
}

async fn only_owners_and_admins_with_the_plan_may(db: Db) {
    let home = Home::new(db);
    let (_, ada) = home.owner("Ada").await;
    let admin = home.member(&ada, "Ben", Role::Admin).await;
    let admin = home.comes_in(&admin).await;
    let member = home.member(&ada, "Cy", Role::Member).await;
    let member = home.comes_in(&member).await;
    let all = wanted(&[], "info");
    assert!(home.webhook(&member, URL, &all).await.is_err());
    home.webhook(&admin, URL, &all).await.unwrap();
    databases::run(&home.db, "update accounts set plan = 'pro'").await;
    for who in [&ada, &admin] {
        let refused = home.webhook(who, "https://other.example", &all).await;
        assert!(
            matches!(refused, Err(WebhookError::Refused(_))),
            "{refused:?}"
        );
    }
}

async fn old_deliveries_are_swept(db: Db) {
    let home = Home::new(db);
    let ada = home.hooked("Ada").await;
    home.happens(Action::Login, &ada.user.account_id, true)
        .await;
    let all = "select count(*) from webhook_deliveries";
    let before = databases::number(&home.db, all).await;
    assert!(before >= 1);
    for (days, left) in [(6, before), (8, 0)] {
        let mut tx = home.db.write().await.unwrap();
        accounts::cleanup::cleanup(&mut tx, after(DAY * days))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(databases::number(&home.db, all).await, left);
    }
}
