//! Creating a webhook and changing it. Each change records an event, which names the receiver's host and no more,
//! because the rest of an address is often a secret of the receiver.

use data_encoding::BASE64;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::{
    audit::{Action, Actor, CATEGORIES, Event, severity_rank},
    execute,
    keys::Purpose,
    members::{MemberError, begin},
    operation::{LockedUser, Operation},
    permissions::Permission,
    rate_limits::{RateLimited, permit_webhook_test},
    secret::Secret,
    signed_in::SignedIn,
    time::fill_random,
    webhooks::{Wanted, Webhook, delete, drop_pending, find},
};

/// What a secret begins with, so that a reader who finds it knows what it is.
const PREFIX: &str = "whsec_";

/// Longest address of a receiver.
const LONGEST_URL: usize = 2_000;

/// Why the webhook has not changed.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    #[error("there is no such category or severity")]
    NoSuchFilter,
    #[error("the address is empty or too long")]
    Url,
    #[error("there is no webhook")]
    None,
    #[error("tests are sent too fast")]
    RateLimited(RateLimited),
    #[error(transparent)]
    Refused(#[from] MemberError),
}

impl From<sqlx::Error> for WebhookError {
    fn from(error: sqlx::Error) -> Self {
        Self::Refused(MemberError::Database(error))
    }
}

/// Sends events to `url` from now on. The first time it gives the secret, which is shown this once. The same
/// address again changes nothing and records nothing. The caller has checked that the address may be sent to.
///
/// # Errors
/// See [`WebhookError`]; nothing has changed then.
pub async fn set(
    op: &mut Operation,
    who: &SignedIn,
    url: &str,
    wanted: &Wanted,
) -> Result<Option<Secret>, WebhookError> {
    let now = op.now;
    let rank = severity_rank(&wanted.severity).ok_or(WebhookError::NoSuchFilter)?;
    let known = |category: &String| CATEGORIES.contains(&category.as_str());
    if !wanted.categories.iter().all(known) {
        return Err(WebhookError::NoSuchFilter);
    }
    if url.is_empty() || url.len() > LONGEST_URL {
        return Err(WebhookError::Url);
    }
    let me = begin(op, who, Permission::ManageWebhook).await?;
    let account = &me.account_id;
    let before = find(op, account).await?;
    if before
        .as_ref()
        .is_some_and(|b| b.url == url && b.wanted == *wanted)
    {
        return Ok(None);
    }
    let categories = stored(&wanted.categories);
    let secret = if before.is_some() {
        execute!(
            op,
            "update webhooks set url = $2, categories = $3, min_severity = $4, changed_at = $5 where account_id = $1",
            account,
            url,
            &categories,
            rank,
            now.at
        )?;
        None
    } else {
        // A webhook that was removed just now, and whose receiver has not been told yet, is replaced.
        delete(op, account).await?;
        drop_pending(op, account).await?;
        let secret = random_secret();
        let sealed = op
            .keys()
            .seal(Purpose::Webhook, &account.0, secret.expose().as_bytes());
        execute!(op, "insert into webhooks (account_id, url, categories, min_severity, key_id, secret, created_at, changed_at)
             values ($1, $2, $3, $4, $5, $6, $7, $7)", account, url, &categories, rank, &sealed.key_id, &sealed.text, now.at)?;
        Some(secret)
    };
    let details = json!({
        "from": before.map(|b| host_of(&b.url)), "to": host_of(url),
        "categories": wanted.categories, "severity": wanted.severity,
    });
    tell(op, Action::WebhookChanged, &me, details);
    Ok(secret)
}

/// Gives the webhook another secret, shown this once. The old secret signs nothing from now on.
///
/// # Errors
/// See [`WebhookError`]; nothing has changed then.
pub async fn new_secret(op: &mut Operation, who: &SignedIn) -> Result<Secret, WebhookError> {
    let now = op.now;
    let me = begin(op, who, Permission::ManageWebhook).await?;
    let account = &me.account_id;
    let webhook = find(op, account).await?.ok_or(WebhookError::None)?;
    let secret = random_secret();
    let sealed = op
        .keys()
        .seal(Purpose::Webhook, &account.0, secret.expose().as_bytes());
    execute!(
        op,
        "update webhooks set key_id = $2, secret = $3, changed_at = $4 where account_id = $1",
        account,
        &sealed.key_id,
        &sealed.text,
        now.at
    )?;
    let details = json!({ "to": host_of(&webhook.url), "new_secret": true });
    tell(op, Action::WebhookChanged, &me, details);
    Ok(secret)
}

/// The webhook, for an event of its own that is in no log. Takes a permit of the account's tests; commit
/// before sending.
///
/// # Errors
/// See [`WebhookError`]; nothing has changed then.
pub async fn test(op: &mut Operation, who: &SignedIn) -> Result<Webhook, WebhookError> {
    let me = begin(op, who, Permission::ManageWebhook).await?;
    let webhook = find(op, &me.account_id).await?.ok_or(WebhookError::None)?;
    permit_webhook_test(op, &me.account_id)
        .await?
        .map_err(WebhookError::RateLimited)?;
    Ok(webhook)
}

/// Sends the delivery of an event again, whatever came of it: it is due now, and has all its tries. Its id is the same,
/// by which a receiver knows what it has already.
///
/// # Errors
/// See [`WebhookError`]; nothing has changed then. A delivery that is on its way, or has yet to be tried, is not there
/// to be sent again.
pub async fn send_again(
    op: &mut Operation,
    who: &SignedIn,
    event: &str,
) -> Result<(), WebhookError> {
    let now = op.now;
    let me = begin(op, who, Permission::ManageWebhook).await?;
    find(op, &me.account_id).await?.ok_or(WebhookError::None)?;
    let due = execute!(
        op,
        "update webhook_deliveries
         set next_try_at = $3, tries = 0, delivered_at = null, given_up_at = null, last_status = null, last_error = null
         where event_id = $1 and account_id = $2 and tries > 0 and leased_until <= $3",
        event,
        &me.account_id,
        now.at
    )?;
    if due == 0 {
        return Err(MemberError::NotFound.into());
    }
    Ok(())
}

/// Removes the webhook: nothing is sent any more, pending deliveries included, except one last event, that it is removed.
/// So a receiver that watches over the account learns it from the account, and not by its silence.
///
/// # Errors
/// See [`WebhookError`]; nothing has changed then.
pub async fn remove(op: &mut Operation, who: &SignedIn) -> Result<(), WebhookError> {
    let now = op.now;
    let me = begin(op, who, Permission::ManageWebhook).await?;
    let account = &me.account_id;
    let webhook = find(op, account).await?.ok_or(WebhookError::None)?;
    drop_pending(op, account).await?;
    if webhook.wanted.takes(Action::WebhookRemoved) {
        // The commit puts the last event into the outbox of the webhook that is removed at this very moment.
        execute!(
            op,
            "update webhooks set removed_at = $2 where account_id = $1",
            account,
            now.at
        )?;
    } else {
        delete(op, account).await?;
    }
    let details = json!({ "from": host_of(&webhook.url) });
    tell(op, Action::WebhookRemoved, &me, details);
    Ok(())
}

fn tell(op: &mut Operation, action: Action, me: &LockedUser, details: Value) {
    let event = Event::of(action, Actor::User(&me.id))
        .in_account(&me.account_id)
        .with(details);
    op.record(event);
}

/// 32 random bytes in base64 (RFC 4648, with padding) behind the prefix, as Standard Webhooks has it.
pub(crate) fn random_secret() -> Secret {
    let mut key = Zeroizing::new([0; 32]);
    fill_random(&mut *key);
    Secret::new(format!("{PREFIX}{}", BASE64.encode(&*key)))
}

/// `,sign_in,members,`, so that a whole name is found by its commas.
fn stored(categories: &[String]) -> String {
    if categories.is_empty() {
        return String::new();
    }
    format!(",{},", categories.join(","))
}

/// `hooks.example.com:8443` of an address.
pub(crate) fn host_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#'])
        .next()
        .unwrap_or_default()
        .to_owned()
}
