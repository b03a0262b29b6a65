//! Where the webhook leads: which addresses are refused, what a test says, and what the receiver may answer.

use super::webhook::{PAGE, allowing, owner, secret_for, send};
use crate::{
    browser::NOTHING,
    databases,
    receiver::{Receiver, is_signed_as_standard, signature_of},
    test_app::TestApp,
};

on_both!(
    addresses_that_lead_inside_are_refused,
    what_is_saved_is_looked_at_again_when_it_is_sent_to,
    the_test_says_what_came_back,
    tests_that_come_too_fast_are_refused_where_they_were_asked_for,
    redirects_are_not_followed_and_long_answers_not_read,
);

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
    assert!(!above.contains(">Too many"));
    assert!(
        above.contains("selected value=\"warning\"")
            || above.contains("value=\"warning\" selected"),
        "{above}"
    );
    assert_eq!(receiver.arrived().len(), 5);
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
