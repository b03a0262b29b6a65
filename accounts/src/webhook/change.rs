//! Making a webhook and changing it. Each is an event, which names the receiver's host and no more:
//! the rest of an address is often a secret of the receiver's.

use serde_json::{Value, json};

use super::{
    Wanted, Webhook, find,
    remove::{delete, drop_pending},
};
use crate::{
    audit::{Action, Actor, CATEGORIES, Client, Event, record, severity_rank},
    db::Tx,
    keys::{Keys, Purpose},
    limits::Limits,
    members::{MemberError, Standing, begin},
    on,
    rate_limits::{RateLimited, permit_webhook_test},
    secret::{Secret, Token},
    sessions::SignedIn,
    time::Moment,
};

/// What a secret begins with, so that one who finds it knows what it is.
const PREFIX: &str = "whsec_";

/// Longest address of a receiver.
const LONGEST_URL: usize = 2_000;

/// Why it is as before.
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
/// again is no operation. Whether the address may be sent to, the caller has seen to.
///
/// # Errors
/// See [`WebhookError`]; nothing has changed then.
pub async fn set(
    tx: &mut Tx,
    keys: &Keys,
    who: &SignedIn,
    url: &str,
    wanted: &Wanted,
    client: &Client,
    limits: &Limits,
    now: Moment,
) -> Result<Option<Secret>, WebhookError> {
    let rank = severity_rank(&wanted.severity).ok_or(WebhookError::NoSuchFilter)?;
    let known = |category: &String| CATEGORIES.contains(&category.as_str());
    if !wanted.categories.iter().all(known) {
        return Err(WebhookError::NoSuchFilter);
    }
    if url.is_empty() || url.len() > LONGEST_URL {
        return Err(WebhookError::Url);
    }
    let me = begin(tx, who, "/api/fn/set_webhook", limits, now).await?;
    let account = &me.account_id;
    let before = find(tx, account).await?;
    if before
        .as_ref()
        .is_some_and(|b| b.url == url && b.wanted == *wanted)
    {
        return Ok(None);
    }
    let categories = stored(&wanted.categories);
    let secret = if before.is_some() {
        on!(tx, c => sqlx::query(
            "update webhooks set url = $2, categories = $3, min_severity = $4, changed_at = $5 where account_id = $1")
            .bind(account)
            .bind(url)
            .bind(&categories)
            .bind(rank)
            .bind(now.at)
            .execute(c)
            .await
            .map(|_| ()))?;
        None
    } else {
        // One that was removed just now and has not been told so yet makes room.
        delete(tx, account).await?;
        drop_pending(tx, account).await?;
        let secret = random();
        let sealed = keys.seal(Purpose::Webhook, &account.0, secret.expose().as_bytes());
        on!(tx, c => sqlx::query(
            "insert into webhooks (account_id, url, categories, min_severity, key_id, secret, created_at, changed_at)
             values ($1, $2, $3, $4, $5, $6, $7, $7)")
            .bind(account)
            .bind(url)
            .bind(&categories)
            .bind(rank)
            .bind(&sealed.key_id)
            .bind(&sealed.text)
            .bind(now.at)
            .execute(c)
            .await
            .map(|_| ()))?;
        Some(secret)
    };
    let details = json!({
        "from": before.map(|b| host_of(&b.url)), "to": host_of(url),
        "categories": wanted.categories, "severity": wanted.severity,
    });
    tell(tx, Action::WebhookChanged, &me, details, client, now).await?;
    Ok(secret)
}

/// Gives the webhook another secret, shown this once. The one before signs nothing from now on.
///
/// # Errors
/// See [`WebhookError`]; nothing has changed then.
pub async fn new_secret(
    tx: &mut Tx,
    keys: &Keys,
    who: &SignedIn,
    client: &Client,
    limits: &Limits,
    now: Moment,
) -> Result<Secret, WebhookError> {
    let me = begin(tx, who, "/api/fn/new_webhook_secret", limits, now).await?;
    let account = &me.account_id;
    let webhook = find(tx, account).await?.ok_or(WebhookError::None)?;
    let secret = random();
    let sealed = keys.seal(Purpose::Webhook, &account.0, secret.expose().as_bytes());
    on!(tx, c => sqlx::query("update webhooks set key_id = $2, secret = $3, changed_at = $4 where account_id = $1")
        .bind(account)
        .bind(&sealed.key_id)
        .bind(&sealed.text)
        .bind(now.at)
        .execute(c)
        .await
        .map(|_| ()))?;
    let details = json!({ "to": host_of(&webhook.url), "new_secret": true });
    tell(tx, Action::WebhookChanged, &me, details, client, now).await?;
    Ok(secret)
}

/// The webhook, for an event of its own that stands in no log. Takes a place in the account's count of tests; commit
/// before sending.
///
/// # Errors
/// See [`WebhookError`]; nothing has changed then.
pub async fn test(
    tx: &mut Tx,
    who: &SignedIn,
    limits: &Limits,
    now: Moment,
) -> Result<Webhook, WebhookError> {
    let me = begin(tx, who, "/api/fn/test_webhook", limits, now).await?;
    let webhook = find(tx, &me.account_id).await?.ok_or(WebhookError::None)?;
    permit_webhook_test(tx, &me.account_id, now)
        .await?
        .map_err(WebhookError::RateLimited)?;
    Ok(webhook)
}

pub(super) async fn tell(
    tx: &mut Tx,
    action: Action,
    me: &Standing,
    details: Value,
    client: &Client,
    now: Moment,
) -> Result<String, sqlx::Error> {
    let event = Event::of(action, Actor::User(&me.id), client)
        .in_account(&me.account_id)
        .with(details);
    record(tx, event, now).await.map(|recorded| recorded.id)
}

fn random() -> Secret {
    Secret::new(format!("{PREFIX}{}", Token::random().expose()))
}

/// `,sign_in,members,`, so that a whole name is found by its commas.
fn stored(categories: &[String]) -> String {
    if categories.is_empty() {
        return String::new();
    }
    format!(",{},", categories.join(","))
}

/// `hooks.example.com:8443` of an address.
pub(super) fn host_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#'])
        .next()
        .unwrap_or_default()
        .to_owned()
}
