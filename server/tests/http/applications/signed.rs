//! A logout token as an application reads it.

use accounts::{applications::signing_keys, time::Moment};
use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;

use crate::{receiver::Arrived, test_app::TestApp};

/// The header and the claims of the token that arrived, whose signature is good under a key that Curfew publishes.
pub async fn token_of(app: &TestApp, arrived: &Arrived, issuer: &str) -> (Value, Value) {
    assert!(arrived.head.starts_with("POST "), "{arrived:?}");
    assert_eq!(
        arrived.header("content-type"),
        "application/x-www-form-urlencoded"
    );
    let token = form_urlencoded::parse(arrived.body.as_bytes())
        .find(|(name, _)| name == "logout_token")
        .unwrap()
        .1
        .into_owned();
    let part = |n: usize| {
        let part = token.split('.').nth(n).unwrap();
        serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).unwrap()
    };
    let mut conn = app.instance().read(Moment::now()).await.unwrap();
    let verified = signing_keys::verify(&mut conn, issuer, &token)
        .await
        .unwrap();
    let (header, claims): (Value, Value) = (part(0), part(1));
    assert_eq!(verified.as_ref(), Some(&claims), "its signature");
    (header, claims)
}
