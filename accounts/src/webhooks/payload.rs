//! One delivery as it goes over the wire. `docs/WEBHOOK.md` tells receivers how to check it.

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::{
    audit::Stored,
    ids::{AccountId, UserId},
    secret::Secret,
    time::Moment,
};

/// What is sent: the body, and what stands in its headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    pub url: String,
    /// `X-Webhook-Id`: the event's, so the same at every try.
    pub id: String,
    /// `X-Webhook-Timestamp`: when it was sent, in Unix seconds.
    pub timestamp: String,
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
            signature: signature(secret, &timestamp, &body),
            timestamp,
            body,
        }
    }

    /// What "Test" sends: an event that never was, `webhook.test`, number 0 and in no chain.
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
            details: "{}".into(),
            prev_hash: String::new(),
            hash: String::new(),
        };
        Self::of(url, secret, &event, now)
    }
}

/// `sha256=` and HMAC-SHA256 (RFC 2104) in hex, over the timestamp, a dot and the body. The key is the whole text
/// of the secret, its prefix included.
///
/// # Panics
/// Never: HMAC takes keys of every length.
#[must_use]
pub fn signature(secret: &Secret, timestamp: &str, body: &str) -> String {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes())
        .expect("a key of any length is taken");
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(body.as_bytes());
    format!("sha256={}", HEXLOWER.encode(&mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
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
}
