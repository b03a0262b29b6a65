//! The webhook's page: who may, which addresses are refused, the test, and what is said of deliveries.

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
    addresses_that_lead_inside_are_refused,
    what_is_saved_is_looked_at_again_when_it_is_sent_to,
    the_test_says_what_came_back,
    tests_that_come_too_fast_are_refused_where_they_were_asked_for,
    only_owners_and_admins_on_enterprise_may,
    without_a_webhook_there_is_nothing_to_test_or_remove,
    filters_are_kept_and_nonsense_is_refused,
    removing_it_sends_nothing_any_more_but_that,
    redirects_are_not_followed_and_long_answers_not_read,
);

const PAGE: &str = "/settings/audit-log/webhook";

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
async fn send(app: &TestApp) {
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
        .says("The receiver answered 204.");

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

async fn addresses_that_lead_inside_are_refused(app: TestApp) {
    let ada = owner(&app).await;
    let before = app.everything().await;
    for wrong in [
        "",
        " ",
        "x",
        "ftp://8.8.8.8",
        "http://8.8.8.8",
        "https://ada:x@8.8.8.8",
        "https://localhost/x",
        "https://127.0.0.1",
        "https://127.1",
        "https://2130706433/",
        "https://0x7f.1",
        "https://[::1]:3000",
        "https://[::ffff:127.0.0.1]",
        "https://[::ffff:7f00:1]",
        "https://[::ffff:a00:1]",
        "https://0.0.0.0",
        "https://[::]",
        "https://10.0.0.1",
        "https://172.16.0.1",
        "https://192.168.0.1",
        "https://169.254.169.254",
        "https://100.64.0.1",
        "https://[fd00::1]",
        "https://[fe80::1]",
        "https://224.0.0.1",
        "https://[ff02::1]",
        "https://192.0.2.1",
        "https://198.51.100.7",
        "https://203.0.113.7",
        "https://[2001:db8::1]",
        "https://[64:ff9b::7f00:1]",
        "https://[2002:7f00:1::]",
        "https://curfew.test",
        "https://CURFEW.test.:8443/x",
        "https://255.255.255.255",
        "https://there.is.no.such.host.invalid/",
    ] {
        let refused = ada.call("set_webhook", &[("url", wrong)]).await;
        refused.refuses(422, "validation_failed");
        assert!(
            refused.json()["fields"]["url"].is_string(),
            "{wrong}: {refused:?}"
        );
    }
    let long = format!("https://8.8.8.8/{}", "x".repeat(2_000));
    ada.call("set_webhook", &[("url", long.as_str())])
        .await
        .refuses(422, "validation_failed");
    assert_eq!(app.everything().await, before);
    // As a plain form: back on the page, with what was typed.
    ada.post_form(
        "/api/fn/set_webhook",
        PAGE,
        &[("url", "https://10.0.0.1/typed")],
    )
    .await
    .leads_to(PAGE);
    ada.get(PAGE).await.says("private or reserved network");
    ada.call("set_webhook", &[("url", "https://8.8.8.8/x")])
        .await
        .is(200);
}

async fn what_is_saved_is_looked_at_again_when_it_is_sent_to(app: TestApp) {
    let receiver = Receiver::that_answers(&[]).await;
    let ada = owner(&allowing(&app)).await;
    for url in [
        receiver.url(),
        receiver.url().replace("127.0.0.1", "localhost"),
    ] {
        secret_for(&ada, &url).await;
        // Changed in the table, as when a name leads elsewhere since.
        for sql in [
            "update webhooks set url = replace(url, 'http://', 'https://')",
            "update webhook_deliveries set next_try_at = 0",
        ] {
            databases::run(app.db(), sql).await;
        }
        send(&app).await;
        assert_eq!(receiver.arrived().len(), 0, "{url}");
    }
    let why = "select distinct last_error from webhook_deliveries";
    let why = databases::texts(app.db(), why).await;
    assert!(
        why.len() == 1 && why[0].contains("private or reserved"),
        "{why:?}"
    );
}

async fn the_test_says_what_came_back(app: TestApp) {
    let app = allowing(&app);
    let receiver = Receiver::that_answers(&["200", "500"]).await;
    let ada = owner(&app).await;
    let secret = secret_for(&ada, &receiver.url()).await;
    let before = app.everything().await;
    let tested = ada.call("test_webhook", NOTHING).await.is(200).json();
    assert_eq!(
        (&tested["arrived"], &tested["status"]),
        (&true.into(), &200.into())
    );
    let sent = receiver.arrived().remove(0);
    assert_eq!(
        sent.header("x-webhook-signature"),
        signature_of(&secret, &sent)
    );
    assert!(is_signed_as_standard(&secret, &sent), "{sent:?}");
    let event: serde_json::Value = serde_json::from_str(&sent.body).unwrap();
    assert_eq!(
        (&event["action"], &event["seq"]),
        (&"webhook.test".into(), &0.into())
    );
    ada.post_form("/api/fn/test_webhook", PAGE, NOTHING)
        .await
        .leads_to(PAGE);
    ada.get(PAGE)
        .await
        .says("The test wasn’t delivered")
        .says("It answered 500.");
    // A port where nothing listens.
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    assert_eq!(
        app.everything().await,
        before,
        "no log has an event of a test"
    );
    secret_for(&ada, &format!("http://{address}/")).await;
    let tested = ada.call("test_webhook", NOTHING).await.is(200).json();
    assert_eq!(tested["why"], "Nothing answers at this address.");
    // TLS where there is none.
    secret_for(&ada, &receiver.url().replace("http:", "https:")).await;
    let tested = ada.call("test_webhook", NOTHING).await.is(200).json();
    assert_eq!(
        (&tested["arrived"], tested["status"].is_null()),
        (&false.into(), true)
    );
    assert_eq!(receiver.arrived().len(), 2);
}

async fn tests_that_come_too_fast_are_refused_where_they_were_asked_for(app: TestApp) {
    let app = allowing(&app);
    let receiver = Receiver::that_answers(&[]).await;
    let ada = owner(&app).await;
    secret_for(&ada, &receiver.url()).await;
    ada.call(
        "set_webhook",
        &[("url", receiver.url().as_str()), ("severity", "warning")],
    )
    .await
    .is(200);
    for _ in 0..5 {
        ada.call("test_webhook", NOTHING).await.is(200);
    }
    let refused = ada.call("test_webhook", NOTHING).await;
    refused.is(429);
    assert_eq!(refused.json()["code"], "too_many_attempts");
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    // Without script: in the card where the button is, and the form above is as it was saved.
    ada.post_form("/api/fn/test_webhook", PAGE, NOTHING)
        .await
        .leads_to(PAGE);
    let page = ada.get(PAGE).await;
    let (above, card) = page.body.split_once("Test and signing secret").unwrap();
    assert!(card.contains("Too many tests. Try again in a minute."));
    assert!(!above.contains("Too many"));
    assert!(
        above.contains("selected value=\"warning\"")
            || above.contains("value=\"warning\" selected"),
        "{above}"
    );
    assert_eq!(receiver.arrived().len(), 5);
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
        "remove_webhook",
    ];
    let member = app.id_of("Ben").await;
    for role in ["editor", "member", "watch_only"] {
        let change = [("member", member.as_str()), ("role", role)];
        ada.call("change_role", &change).await.is(200);
        for operation in operations {
            ben.call(operation, &[("url", receiver.url().as_str())])
                .await
                .refuses(403, "forbidden");
        }
        ben.get(PAGE).await.is(403);
    }
    for plan in [Plan::Free, Plan::Plus, Plan::Pro] {
        app.put_on("Ada", plan).await;
        for operation in operations {
            ada.call(operation, &[("url", receiver.url().as_str())])
                .await
                .refuses(403, "plan_required");
        }
        ada.get(PAGE).await.is(403);
    }
    let visitor = app.browser(FIREFOX_ON_LINUX);
    visitor.get(PAGE).await.is(303);
    for operation in operations {
        visitor
            .call(operation, &[("url", receiver.url().as_str())])
            .await
            .is(401);
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

async fn redirects_are_not_followed_and_long_answers_not_read(app: TestApp) {
    let app = allowing(&app);
    let elsewhere = Receiver::that_answers(&[]).await;
    let redirect = format!(
        "307 location: {}\r\ncontent-length: 0\r\n\r\n",
        elsewhere.url()
    );
    let endless = "200 content-length: 99999999999\r\n\r\nx";
    let receiver = Receiver::that_answers(&[&redirect, endless]).await;
    let ada = owner(&app).await;
    secret_for(&ada, &receiver.url()).await;
    let tested = ada.call("test_webhook", NOTHING).await.is(200).json();
    assert!(
        tested["why"]
            .as_str()
            .unwrap()
            .contains("follows no redirects"),
        "{tested}"
    );
    let tested = ada.call("test_webhook", NOTHING).await.is(200).json();
    assert_eq!(tested["arrived"], true);
    assert!(elsewhere.arrived().is_empty());
}
