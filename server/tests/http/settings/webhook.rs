//! The webhook's page: who may set it, its secret, its filters, and what is said of deliveries.

use accounts::{
    plans::Plan,
    webhooks::{self, Wanted},
};
use server::webhook::Deliveries;

use crate::{
    browser::{Browser, NOTHING},
    databases,
    receiver::{Receiver, is_signed_as_standard, signature_of},
    test_app::{FIREFOX_ON_LINUX, TestApp},
};

on_both!(
    the_secret_is_shown_once_and_signs_what_arrives,
    only_owners_and_admins_on_enterprise_may,
    without_a_webhook_there_is_nothing_to_test_or_remove,
    filters_are_kept_and_nonsense_is_refused,
    removing_it_sends_nothing_any_more_but_that,
    what_was_given_up_is_sent_again_at_a_click,
);

pub const PAGE: &str = "/settings/audit-log/webhook";

pub fn allowing(app: &TestApp) -> TestApp {
    app.with(&[("CURFEW_WEBHOOK_ALLOW_PRIVATE", "on")])
}

pub async fn owner(app: &TestApp) -> Browser {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    ada
}

/// Sets the webhook and gives its secret.
pub async fn secret_for(ada: &Browser, url: &str) -> String {
    let made = ada.call("set_webhook", &[("url", url)]).await;
    made.is(200).json().as_str().unwrap_or_default().to_owned()
}

/// Sends all that is due, as the running program does.
pub async fn send(app: &TestApp) {
    let curfew = &app.state.curfew;
    let deliveries = Deliveries::new(
        app.db().clone(),
        curfew.instance.keys.clone(),
        curfew.webhook_client.clone(),
    );
    while deliveries.send_one().await.unwrap() {}
}

async fn the_secret_is_shown_once_and_signs_what_arrives(app: TestApp) {
    let app = allowing(&app);
    let receiver = Receiver::that_answers(&[]).await;
    let ada = owner(&app).await;
    ada.get(PAGE)
        .await
        .says("The signing secret is shown once, after you save.");
    ada.post_form(
        "/api/fn/set_webhook",
        PAGE,
        &[("url", receiver.url().as_str()), ("severity", "info")],
    )
    .await
    .leads_to(PAGE);
    let page = ada.get(PAGE).await;
    page.says("The webhook is set up")
        .says("You’ll see this only once.");
    let from = page.body.find("whsec_").unwrap();
    let secret = page.body[from..from + 50].to_owned();
    assert!(!ada.get(PAGE).await.body.contains("whsec_"), "once");
    ada.call("rename_account", &[("name", "Ünïcode 🦊 & <b>")])
        .await
        .is(200);
    send(&app).await;
    let arrived = receiver.arrived();
    assert_eq!(
        arrived.len(),
        2,
        "that it was made, and the name: {arrived:?}"
    );
    for one in &arrived {
        assert!(
            one.head.starts_with("POST /curfew?from=test HTTP/1.1\n"),
            "{one:?}"
        );
        assert_eq!(one.header("host"), receiver.address);
        assert_eq!(one.header("content-type"), "application/json");
        assert_eq!(
            one.header("x-webhook-signature"),
            signature_of(&secret, one)
        );
        assert!(is_signed_as_standard(&secret, one), "{one:?}");
        assert_eq!(one.header("webhook-id"), one.header("x-webhook-id"));
        let event: serde_json::Value = serde_json::from_str(&one.body).unwrap();
        assert_eq!(event["id"], one.header("x-webhook-id"));
    }
    // Byte for byte what the export says.
    let lines = ada.get("/settings/audit-log/export?format=jsonl").await;
    assert!(
        lines.body.lines().any(|line| line == arrived[1].body),
        "{arrived:?}"
    );
    ada.get(PAGE)
        .await
        .says("Delivered")
        .says("account.renamed")
        .says(" · answered 204");

    let again = ada.call("new_webhook_secret", NOTHING).await.is(200).json();
    let again = again.as_str().unwrap();
    assert_ne!(again, secret);
    send(&app).await;
    let last = receiver.arrived().pop().unwrap();
    assert_eq!(
        last.header("x-webhook-signature"),
        signature_of(again, &last)
    );
    assert!(is_signed_as_standard(again, &last), "{last:?}");
    assert!(!is_signed_as_standard(&secret, &last), "{last:?}");
    ada.get("/settings/audit-log")
        .await
        .says("Ada created a new secret for the webhook");
}

/// The fields of every operation.
fn of(receiver: &Receiver) -> [(&'static str, String); 2] {
    [("url", receiver.url()), ("event", "x".into())]
}

async fn only_owners_and_admins_on_enterprise_may(app: TestApp) {
    let app = allowing(&app);
    let receiver = Receiver::that_answers(&[]).await;
    let (ada, ben) = app.two("admin").await;
    secret_for(&ben, &receiver.url()).await;
    let operations = [
        "set_webhook",
        "new_webhook_secret",
        "test_webhook",
        "send_webhook_again",
        "remove_webhook",
    ];
    let member = app.id_of("Ben").await;
    for role in ["editor", "member", "watch_only"] {
        let change = [("member", member.as_str()), ("role", role)];
        ada.call("change_role", &change).await.is(200);
        for operation in operations {
            ben.call(operation, &of(&receiver))
                .await
                .refuses(403, "forbidden");
        }
        ben.get(PAGE).await.is(403);
    }
    for plan in [Plan::Free, Plan::Plus, Plan::Pro] {
        app.put_on("Ada", plan).await;
        for operation in operations {
            ada.call(operation, &of(&receiver))
                .await
                .refuses(403, "plan_required");
        }
        ada.get(PAGE).await.is(403);
    }
    let visitor = app.browser(FIREFOX_ON_LINUX);
    visitor.get(PAGE).await.is(303);
    for operation in operations {
        visitor.call(operation, &of(&receiver)).await.is(401);
    }
    databases::run(app.db(), "delete from webhook_deliveries").await;
    send(&app).await;
    assert!(receiver.arrived().is_empty());
}

async fn without_a_webhook_there_is_nothing_to_test_or_remove(app: TestApp) {
    let ada = owner(&app).await;
    let before = app.everything().await;
    for operation in ["new_webhook_secret", "test_webhook", "remove_webhook"] {
        ada.call(operation, NOTHING).await.refuses(404, "not_found");
        ada.post_form(&format!("/api/fn/{operation}"), PAGE, NOTHING)
            .await
            .leads_to(PAGE);
        ada.get(PAGE).await.says("There’s no webhook.");
    }
    assert_eq!(app.everything().await, before);
}

/// What Ada's webhook is sent.
async fn wanted(app: &TestApp) -> Wanted {
    let account = app.user("Ada").await.account_id;
    let webhook = webhooks::find(&mut *app.read().await, &account).await;
    webhook.unwrap().unwrap().wanted
}

async fn filters_are_kept_and_nonsense_is_refused(app: TestApp) {
    let ada = owner(&app).await;
    let url = ("url", "https://8.8.8.8/x");
    let some = [
        url,
        ("severity", "warning"),
        ("categories[1]", "sign_in"),
        ("categories[5]", "members"),
    ];
    ada.post_form("/api/fn/set_webhook", PAGE, &some)
        .await
        .leads_to(PAGE);
    let kept = Wanted {
        categories: vec!["sign_in".into(), "members".into()],
        severity: "warning".into(),
    };
    assert_eq!(wanted(&app).await, kept);
    let page = ada.get(PAGE).await;
    for box_of in ["sign_in", "members", "audit"] {
        let tag = crate::answer::tags(&page.body)
            .find(|t| t.contains(&format!("category-{box_of}\"")) && t.contains("checkbox"));
        assert_eq!(
            tag.unwrap().contains("checked"),
            box_of != "audit",
            "{box_of}"
        );
    }
    for wrong in [
        ("severity", "loud"),
        ("categories[0]", "nothing"),
        ("categories[0]", ""),
    ] {
        ada.call("set_webhook", &[url, wrong])
            .await
            .refuses(422, "validation_failed");
    }
    assert_eq!(wanted(&app).await, kept);
    // Fields that the form does not have are ignored.
    ada.call(
        "set_webhook",
        &[
            url,
            ("account_id", "x"),
            ("secret", "mine"),
            ("key_id", "x"),
        ],
    )
    .await
    .is(200);
    let every = Wanted {
        categories: Vec::new(),
        severity: "info".into(),
    };
    assert_eq!(wanted(&app).await, every);
    ada.get("/settings/audit-log")
        .await
        .says("Ada set the webhook to send all events to 8.8.8.8");
}

async fn removing_it_sends_nothing_any_more_but_that(app: TestApp) {
    let app = allowing(&app);
    let receiver = Receiver::that_answers(&[]).await;
    let ada = owner(&app).await;
    let secret = secret_for(&ada, &receiver.url()).await;
    ada.post_form("/api/fn/remove_webhook", PAGE, NOTHING)
        .await
        .leads_to(PAGE);
    ada.get(PAGE).await.says("The webhook has been removed");
    ada.call("rename_account", &[("name", "Quiet")])
        .await
        .is(200);
    send(&app).await;
    let arrived = receiver.arrived();
    assert_eq!(arrived.len(), 1);
    let event: serde_json::Value = serde_json::from_str(&arrived[0].body).unwrap();
    assert_eq!(event["action"], "account.webhook_removed");
    assert_eq!(
        arrived[0].header("x-webhook-signature"),
        signature_of(&secret, &arrived[0])
    );
    ada.get("/settings/audit-log")
        .await
        .says("Ada removed the webhook to 127.0.0.1");
}

async fn what_was_given_up_is_sent_again_at_a_click(app: TestApp) {
    let app = allowing(&app);
    let receiver = Receiver::that_answers(&[]).await;
    let (ada, ben) = app.two("admin").await;
    secret_for(&ada, &receiver.url()).await;
    send(&app).await;
    let first = receiver.arrived().pop().unwrap();
    let id = first.header("webhook-id").clone();
    // As after the last attempt of two hours and more.
    let given_up =
        "update webhook_deliveries set delivered_at = null, given_up_at = created_at, tries = 7,
                    last_error = 'The receiver did not answer in time.'";
    databases::run(app.db(), given_up).await;
    let page = ada.get(PAGE).await;
    page.says("Failed").says("Send again");
    let event = crate::answer::attribute(page.tag(" name=\"event\""), "value");
    assert_eq!(event.as_ref(), Some(&id));
    let event = [("event", id.as_str())];
    ada.post_form("/api/fn/send_webhook_again", PAGE, &event)
        .await
        .leads_to(PAGE);
    ada.get(PAGE)
        .await
        .says("It will be sent again")
        .says("Pending");
    send(&app).await;
    let arrived = receiver.arrived();
    assert_eq!(arrived.len(), 2, "{arrived:?}");
    assert_eq!(arrived[1].body, first.body);
    assert_eq!(arrived[1].header("webhook-id"), id);
    ada.get(PAGE).await.says("Delivered");

    // Only an owner or admin, only what is the account's own.
    for (browser, event) in [(&ada, "x"), (&ben, "' or 1=1 --")] {
        browser
            .call("send_webhook_again", &[("event", event)])
            .await
            .refuses(404, "not_found");
    }
    let eve = app.browser(FIREFOX_ON_LINUX);
    eve.sign_up("Eve").await;
    secret_for(&eve, &receiver.url()).await;
    eve.call("send_webhook_again", &event)
        .await
        .refuses(404, "not_found");
}
