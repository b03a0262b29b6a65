//! One delivery as it goes over the wire. `docs/WEBHOOK.md` tells receivers how to check it.
//!
//! It is signed twice with the same secret: by the Standard Webhooks scheme, which ready libraries check, and by
//! `X-Webhook-Signature`, which a few lines check. The `standardwebhooks` crate checks the signatures in the tests
//! and does not make them here, because it brings `http` along, which the rules must not know.

use data_encoding::{BASE64, HEXLOWER};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{
    audit::Stored,
    ids::{AccountId, UserId},
    secret::Secret,
    time::Moment,
};

/// What stands before the key in a secret.
const PREFIX: &str = "whsec_";

/// What is sent: the body, and the values of its headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    pub url: String,
    /// `webhook-id` and `X-Webhook-Id`: the event's, so the same at every try.
    pub id: String,
    /// `webhook-timestamp` and `X-Webhook-Timestamp`: when it was sent, in Unix seconds.
    pub timestamp: String,
    /// `webhook-signature`.
    pub standard_signature: String,
    /// `X-Webhook-Signature`.
    pub signature: String,
    /// The event as the export writes it.
    pub body: String,
}

impl Payload {
    /// An event on its way to `url`, signed now.
    #[must_use]
    pub fn of(url: &str, secret: &Secret, event: &Stored, now: Moment) -> Self {
        let timestamp = (now.at.0 / 1000).to_string();
        let body = event.as_json();
        Self {
            url: url.to_owned(),
            id: event.id.clone(),
            standard_signature: standard_signature(secret, &event.id, &timestamp, &body),
            signature: signature(secret, &timestamp, &body),
            timestamp,
            body,
        }
    }

    /// What "Test" sends: an event that stands in no chain, `webhook.test` with the number 0.
    #[must_use]
    pub fn test(
        url: &str,
        secret: &Secret,
        account: &AccountId,
        user: &UserId,
        now: Moment,
    ) -> Self {
        let event = Stored {
            id: now.id(),
            parent: None,
            chain: account.0.clone(),
            seq: 0,
            at: now.at,
            action: "webhook.test".into(),
            category: "account".into(),
            severity: "info".into(),
            actor: format!("user:{}", user.0),
            subject: None,
            ip: None,
            user_agent: None,
            request_id: None,
            details: "{}".into(),
            prev_hash: String::new(),
            hash: String::new(),
        };
        Self::of(url, secret, &event, now)
    }
}

/// `v1,` and HMAC-SHA256 in base64, over id, timestamp and body with dots between them. The key is what the secret
/// holds in base64 behind its prefix.
fn standard_signature(secret: &Secret, id: &str, timestamp: &str, body: &str) -> String {
    let text = secret.expose();
    let encoded = text.strip_prefix(PREFIX).unwrap_or(text);
    // Every secret that Curfew creates is base64. An empty key for another one would let anyone sign.
    let key = BASE64.decode(encoded.as_bytes());
    let key = Zeroizing::new(key.unwrap_or_else(|_| text.as_bytes().to_vec()));
    format!("v1,{}", BASE64.encode(&mac(&key, &[id, timestamp, body])))
}

/// `sha256=` and HMAC-SHA256 in hex, over timestamp and body with a dot between them. The key is the whole text of
/// the secret, its prefix included.
#[must_use]
pub fn signature(secret: &Secret, timestamp: &str, body: &str) -> String {
    let mac = mac(secret.expose().as_bytes(), &[timestamp, body]);
    format!("sha256={}", HEXLOWER.encode(&mac))
}

/// HMAC-SHA256 (RFC 2104) over the parts with dots between them.
fn mac(key: &[u8], parts: &[&str]) -> [u8; 32] {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length is taken");
    mac.update(parts.join(".").as_bytes());
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use standardwebhooks::Webhook;

    use super::*;

    /// Computed with Python: `hmac.new(b"whsec_example", b'1800000000.{"id":"1"}', "sha256").hexdigest()`.
    #[test]
    fn a_signature_is_what_other_languages_compute() {
        let secret = Secret::new("whsec_example".into());
        assert_eq!(
            signature(&secret, "1800000000", "{\"id\":\"1\"}"),
            "sha256=58e02e884feddeb10d7b81b75badd9791cd8ef00a56d5afab97117aa3315bd0a"
        );
        let other = Secret::new("whsec_other".into());
        let signed = signature(&secret, "1", "x");
        for different in [
            signature(&other, "1", "x"),
            signature(&secret, "2", "x"),
            signature(&secret, "1", "y"),
        ] {
            assert_ne!(signed, different);
        }
    }

    /// The vector that the libraries of Standard Webhooks are tested with.
    #[test]
    fn the_standard_signature_is_that_of_the_specifications_vector() {
        let secret = Secret::new("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD".into());
        let body = r#"{"email":"test@example.com","username":"test_user"}"#;
        assert_eq!(
            standard_signature(
                &secret,
                "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
                "1649367553",
                body
            ),
            "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw="
        );
    }

    #[test]
    fn the_standard_library_signs_with_a_secret_of_ours_as_we_do() {
        let secret = Secret::new(format!("{PREFIX}{}", BASE64.encode(&[0xfe; 32])));
        let theirs = Webhook::new(secret.expose()).unwrap();
        let body = "{\"name\":\"Ünïcode 🦊\"}";
        assert_eq!(
            standard_signature(&secret, "id", "1800000000", body),
            theirs.sign("id", 1_800_000_000, body.as_bytes()).unwrap()
        );
    }
}
