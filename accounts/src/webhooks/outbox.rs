//! The outbox of webhook deliveries: written with the event, leased by one node at a time, tried again after growing
//! pauses.

use std::time::Duration;

use sqlx::FromRow;

use super::{Webhook, find_to_send, remove::forget_removed};
use crate::{
    audit::{Action, Stored, severity_rank, with_id},
    db::{Conn, Tx},
    execute,
    ids::AccountId,
    on,
    plans::{Feature, Plan},
    retry::next_try,
    time::{Moment, UnixMillis},
};

/// How long one node has a delivery to itself: longer than a try takes.
const LEASE: Duration = Duration::from_secs(30);

/// Writes the delivery of an event, where its account has a webhook that wants it and a plan with webhooks. It is one
/// statement that takes no lock, so that operations of other accounts are not slowed down.
pub(crate) async fn enqueue(conn: &mut Conn, event: &Stored) -> Result<(), sqlx::Error> {
    let plans: Vec<&str> = Plan::with(Feature::AuditLog)
        .into_iter()
        .map(Plan::key)
        .collect();
    execute!(
        conn,
        "insert into webhook_deliveries (event_id, account_id, action, created_at, next_try_at, leased_until, tries)
         select $1, w.account_id, $3, $4, $4, 0, 0
         from webhooks w join accounts a on a.id = w.account_id
         where w.account_id = $2 and (w.removed_at is null or (w.removed_at = $4 and $3 = $8)) and w.min_severity <= $5
           and (w.categories = '' or w.categories like '%,' || $6 || ',%')
           and $7 like '%,' || a.plan || ',%'",
        &event.id,
        &event.chain,
        &event.action,
        event.at,
        severity_rank(&event.severity).unwrap_or_default(),
        &event.category,
        format!(",{},", plans.join(",")),
        Action::WebhookRemoved.name()
    )?;
    Ok(())
}

/// A delivery that is due, for the node that has claimed it.
#[derive(Debug)]
pub struct Due {
    pub account: AccountId,
    pub webhook: Webhook,
    pub event: Stored,
    tries: i64,
}

/// Why a try to deliver failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What the receiver answered, if it did.
    pub status: Option<u16>,
    /// A few plain words, for the page.
    pub why: String,
}

#[derive(FromRow)]
struct Leased {
    event_id: String,
    account_id: AccountId,
    tries: i64,
}

/// Takes the delivery that has been due the longest; no other node gets it for half a minute. One of each account at a
/// time, so that a receiver that does not answer delays no other account. Commit before sending.
///
/// # Errors
/// When the database is unavailable.
pub async fn lease(tx: &mut Tx, now: Moment) -> Result<Option<Due>, sqlx::Error> {
    loop {
        let leased: Option<Leased> = on!(tx, c => sqlx::query_as(
            "update webhook_deliveries set leased_until = $2, tries = tries + 1
             where event_id = (
                 select d.event_id from webhook_deliveries d
                 where d.delivered_at is null and d.given_up_at is null
                   and d.next_try_at <= $1 and d.leased_until <= $1
                   and exists (select 1 from webhooks w where w.account_id = d.account_id
                                 and (w.removed_at is null or d.action = $3))
                   and not exists (select 1 from webhook_deliveries x
                                   where x.account_id = d.account_id and x.leased_until > 0 and x.leased_until > $1)
                 order by d.next_try_at, d.event_id limit 1)
               and delivered_at is null and given_up_at is null and next_try_at <= $1 and leased_until <= $1
             returning event_id, account_id, tries")
            .bind(now.at)
            .bind(now.at + LEASE)
            .bind(Action::WebhookRemoved.name())
            .fetch_optional(c)
            .await)?;
        let Some(leased) = leased else {
            return Ok(None);
        };
        let event = with_id(tx, &leased.event_id).await?;
        let webhook = find_to_send(tx, &leased.account_id).await?;
        if let (Some(event), Some(webhook)) = (event, webhook) {
            return Ok(Some(Due {
                account: leased.account_id,
                webhook,
                event,
                tries: leased.tries,
            }));
        }
        // The account has deleted the event, or has no webhook any more.
        execute!(
            tx,
            "delete from webhook_deliveries where event_id = $1",
            &leased.event_id
        )?;
        forget_removed(tx, &leased.account_id).await?;
    }
}

/// Marks a delivery as accepted by the receiver.
///
/// # Errors
/// When the database is unavailable; it is sent a second time then, with the same id.
pub async fn delivered(
    tx: &mut Tx,
    due: &Due,
    status: u16,
    now: Moment,
) -> Result<(), sqlx::Error> {
    execute!(tx, "update webhook_deliveries set delivered_at = $2, leased_until = 0, last_status = $3, last_error = null
         where event_id = $1", &due.event.id, now.at, i64::from(status))?;
    forget_removed(tx, &due.account).await
}

/// Marks a try as failed: the delivery is tried again later, or given up. Returns when the next try is.
///
/// # Errors
/// When the database is unavailable; it is tried again when the lease expires then.
pub async fn failed(
    tx: &mut Tx,
    due: &Due,
    failure: &Failure,
    now: Moment,
) -> Result<Option<UnixMillis>, sqlx::Error> {
    let next = next_try(due.tries, now.at);
    // A result that comes too late does not undo what another node has done since.
    execute!(tx, "update webhook_deliveries
         set next_try_at = coalesce($2, next_try_at), leased_until = 0, last_status = $4, last_error = $5,
             given_up_at = case when $2 is null then $3 else given_up_at end
         where event_id = $1 and tries = $6 and delivered_at is null", &due.event.id, next, now.at, failure.status.map(i64::from), &failure.why, due.tries)?;
    if next.is_none() {
        forget_removed(tx, &due.account).await?;
    }
    Ok(next)
}

/// The state of the delivery of one event.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Delivery {
    pub event_id: String,
    pub action: String,
    pub created_at: UnixMillis,
    pub next_try_at: UnixMillis,
    pub tries: i64,
    pub last_status: Option<i64>,
    pub last_error: Option<String>,
    pub delivered_at: Option<UnixMillis>,
    pub given_up_at: Option<UnixMillis>,
}

/// Up to `most` of the account's deliveries, newest first.
///
/// # Errors
/// When the database is unavailable.
pub async fn recent(
    conn: &mut Conn,
    account: &AccountId,
    most: i64,
) -> Result<Vec<Delivery>, sqlx::Error> {
    on!(conn, c => sqlx::query_as(
        "select event_id, action, created_at, next_try_at, tries, last_status, last_error, delivered_at, given_up_at
         from webhook_deliveries where account_id = $1 order by created_at desc, event_id desc limit $2")
        .bind(account)
        .bind(most)
        .fetch_all(c)
        .await)
}
