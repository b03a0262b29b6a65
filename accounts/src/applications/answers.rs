//! What a user has answered before an application is given a code: that it may stay signed in for them, or who they are. The
//! answer goes along with the request, signed for one session, one request and five minutes.

use std::time::Duration;

use crate::{
    keys::Keys,
    keys::signatures::{Signature, Signs},
    signed_in::SignedIn,
    time::{Moment, UnixMillis},
};

/// How long an answer counts.
const COUNTS_FOR: Duration = Duration::from_mins(5);

/// The answer of a user to a request, as text for its address.
#[must_use]
pub fn answer(keys: &Keys, now: Moment, me: &SignedIn, request: &str) -> String {
    let signed = keys.sign(Signs::Answer, &message(me, now.at, request));
    format!("{}.{}.{}", now.at.0, signed.key_id, signed.mac)
}

/// When the user has answered that request in this session, if they have a moment ago.
#[must_use]
pub fn answered_at(
    keys: &Keys,
    now: Moment,
    me: &SignedIn,
    request: &str,
    answer: &str,
) -> Option<UnixMillis> {
    let mut parts = answer.splitn(3, '.');
    let at = UnixMillis(parts.next()?.parse().ok()?);
    let signature = Signature {
        key_id: parts.next()?.to_owned(),
        mac: parts.next()?.to_owned(),
    };
    let counts = at <= now.at && now.at < at + COUNTS_FOR;
    let genuine = keys.check(Signs::Answer, &message(me, at, request), &signature);
    (counts && genuine.is_ok()).then_some(at)
}

/// Each part comes with its length, so that no two read alike.
fn message(me: &SignedIn, at: UnixMillis, request: &str) -> Vec<u8> {
    let (at, epoch) = (at.0.to_string(), me.epoch.to_string());
    let mut message = Vec::new();
    for part in [&at, &epoch, me.session.as_str(), request] {
        message.extend((part.len() as u64).to_be_bytes());
        message.extend(part.as_bytes());
    }
    message
}
