//! Deliveries over TLS: to a receiver whose certificate is trusted, and to no other.

use server::config::Config;

use super::webhook::{allowing, owner, secret_for};
use crate::{
    browser::NOTHING,
    receiver::{Receiver, signature_of},
    test_app::{FIREFOX_ON_LINUX, TestApp},
};

on_both!(
    a_receiver_with_a_trusted_certificate_gets_what_is_signed,
    a_certificate_of_no_trusted_authority_is_refused,
    a_certificate_for_another_name_is_refused,
);

/// An authority, and another. Created for these tests and good for a hundred years, as is what the first
/// has signed: `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -days 36500 …`
const AUTHORITY: &str = include_str!("webhook_tls/authority.pem");
const ANOTHER: &str = include_str!("webhook_tls/another.pem");

/// Signed by [`AUTHORITY`] for 127.0.0.1 and for 127.0.0.2, with one key.
const CERTIFICATE: &str = include_str!("webhook_tls/receiver.pem");
const ELSEWHERE: &str = include_str!("webhook_tls/elsewhere.pem");
const KEY: &str = include_str!("webhook_tls/key.pem");

/// The same database, trusting this authority.
fn trusting(app: &TestApp, authority: &str) -> TestApp {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), authority).unwrap();
    // Settings are text that lasts.
    let path: &'static str = file.path().to_str().unwrap().to_owned().leak();
    allowing(app).with(&[("CURFEW_WEBHOOK_CA_FILE", path)])
}

fn https(receiver: &Receiver) -> String {
    receiver.url().replace("http:", "https:")
}

async fn a_receiver_with_a_trusted_certificate_gets_what_is_signed(app: TestApp) {
    let receiver = Receiver::over_tls(CERTIFICATE, KEY).await;
    let app = trusting(&app, AUTHORITY);
    let ada = owner(&app).await;
    let secret = secret_for(&ada, &https(&receiver)).await;
    let tested = ada.call("test_webhook", NOTHING).await.is(200).json();
    assert_eq!(tested["arrived"], true, "{tested}");
    let sent = receiver.arrived().remove(0);
    assert_eq!(
        sent.header("x-webhook-signature"),
        signature_of(&secret, &sent)
    );
}

const UNTRUSTED: &str = "No trusted TLS connection could be made. Check its certificate.";

async fn a_certificate_of_no_trusted_authority_is_refused(app: TestApp) {
    let receiver = Receiver::over_tls(CERTIFICATE, KEY).await;
    for (name, app) in [("Ada", allowing(&app)), ("Ben", trusting(&app, ANOTHER))] {
        let ada = app.browser(FIREFOX_ON_LINUX);
        ada.sign_up(name).await;
        secret_for(&ada, &https(&receiver)).await;
        let tested = ada.call("test_webhook", NOTHING).await.is(200).json();
        assert_eq!(tested["why"], UNTRUSTED, "{tested}");
    }
    assert!(receiver.arrived().is_empty(), "nothing was sent");
}

async fn a_certificate_for_another_name_is_refused(app: TestApp) {
    let receiver = Receiver::over_tls(ELSEWHERE, KEY).await;
    let app = trusting(&app, AUTHORITY);
    let ada = owner(&app).await;
    secret_for(&ada, &https(&receiver)).await;
    let tested = ada.call("test_webhook", NOTHING).await.is(200).json();
    assert_eq!(tested["why"], UNTRUSTED, "{tested}");
    assert!(receiver.arrived().is_empty(), "nothing was sent");
}

#[test]
fn a_file_of_authorities_that_cannot_be_used_is_refused_at_the_start() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap().to_owned();
    let start = |path: &str| {
        let path = path.to_owned();
        Config::from(move |name| (name == "CURFEW_WEBHOOK_CA_FILE").then(|| path.clone()))
    };
    for wrong in [
        "",
        "no certificate",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        std::fs::write(&path, wrong).unwrap();
        let refused = start(&path).unwrap_err();
        assert!(refused.names("CURFEW_WEBHOOK_CA_FILE"), "{wrong:?}");
    }
    assert!(start("/nowhere/authorities.pem").is_err());
    std::fs::write(&path, AUTHORITY).unwrap();
    assert_eq!(start(&path).unwrap().webhook_authorities.len(), 1);
}
