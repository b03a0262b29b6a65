//! How long an account keeps its events. Deleting the oldest is itself an event, which holds the hash at the gap, so
//! that the chain can still be verified from there.

use std::time::Duration;

use serde_json::json;

use crate::{
    audit::{Action, Actor, Event, lock_chain},
    client::Client,
    db::Conn,
    execute,
    ids::AccountId,
    instance::Instance,
    members::{MemberError, begin},
    on,
    operation::Operation,
    permissions::Permission,
    signed_in::SignedIn,
    time::{Moment, UnixMillis},
};

/// What an account may choose, in days. No account can delete what happened in the last month.
pub const CHOICES: [i64; 6] = [30, 90, 180, 365, 730, 2555];

/// Events deleted at a time.
const BATCH: i64 = 10_000;

const DAY: Duration = Duration::from_hours(24);

/// How many days the account keeps events; none means for ever.
///
/// # Errors
/// When the database is unavailable.
pub async fn retention(conn: &mut Conn, account: &AccountId) -> Result<Option<i64>, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar("select audit_keep_days from accounts where id = $1")
        .bind(account)
        .fetch_one(c)
        .await)
}

/// Why the setting has not changed.
#[derive(Debug, thiserror::Error)]
pub enum RetentionError {
    #[error("choose one of the times that are offered")]
    NoSuchChoice,
    #[error(transparent)]
    Refused(#[from] MemberError),
}

impl From<sqlx::Error> for RetentionError {
    fn from(error: sqlx::Error) -> Self {
        Self::Refused(error.into())
    }
}

/// Sets how long events are kept: one of [`CHOICES`], or none for ever. The same value changes nothing and records
/// nothing.
///
/// # Errors
/// See [`RetentionError`]; nothing has changed then.
pub async fn set_retention(
    op: &mut Operation,
    who: &SignedIn,
    days: Option<i64>,
) -> Result<(), RetentionError> {
    if days.is_some_and(|days| !CHOICES.contains(&days)) {
        return Err(RetentionError::NoSuchChoice);
    }
    let me = begin(op, who, Permission::SetAuditRetention).await?;
    let before = retention(op, &me.account_id).await?;
    if before == days {
        return Ok(());
    }
    execute!(
        op,
        "update accounts set audit_keep_days = $2 where id = $1",
        &me.account_id,
        days
    )?;
    let event = Event::of(Action::RetentionChanged, Actor::User(&me.id))
        .in_account(&me.account_id)
        .with(json!({ "from_days": before, "to_days": days }));
    op.record(event);
    Ok(())
}

/// Deletes what every account does not want to keep any longer, each account in a transaction of its own.
/// Returns how many events were deleted. Safe to run on several nodes at once.
///
/// # Errors
/// When the database is unavailable.
pub async fn delete_old(instance: &Instance, now: Moment) -> Result<u64, sqlx::Error> {
    let mut conn = instance.read(now).await?;
    let accounts: Vec<(AccountId, i64)> = on!(&mut conn, c => sqlx::query_as(
        "select id, audit_keep_days from accounts where audit_keep_days is not null order by id")
        .fetch_all(c)
        .await)?;
    drop(conn);
    let mut deleted = 0;
    for (account, days) in accounts {
        let keep = DAY * u32::try_from(days).unwrap_or(u32::MAX);
        let mut op = Operation::begin(instance, &Client::default(), now).await?;
        deleted += delete_before(&mut op, &account, now.at - keep).await?;
        op.commit().await?;
    }
    Ok(deleted)
}

/// Deletes the oldest events of one account up to the first that is newer, once the oldest is a day too old:
/// so that the deletions leave one event a day and not one an hour.
///
/// # Errors
/// When the database is unavailable.
pub async fn delete_before(
    op: &mut Operation,
    account: &AccountId,
    before: UnixMillis,
) -> Result<u64, sqlx::Error> {
    let chain = account.0.as_str();
    let head = lock_chain(op, chain).await?;
    let oldest: Option<(i64, UnixMillis)> = on!(op, c => sqlx::query_as(
        "select seq, at from audit_events where chain = $1 order by seq limit 1")
        .bind(chain)
        .fetch_optional(c)
        .await)?;
    let Some((first, _)) = oldest.filter(|(_, at)| *at < before - DAY) else {
        return Ok(0);
    };
    // In the order of the numbers: by the index of days, all that is newer would have to be sorted.
    let newer: Option<i64> = on!(op, c => sqlx::query_scalar(
        "select seq from audit_events where chain = $1 and at + 0 >= $2 order by seq limit 1")
        .bind(chain)
        .bind(before)
        .fetch_optional(c)
        .await)?;
    let last = newer
        .map_or(head.seq, |newer| newer - 1)
        .min(first + BATCH - 1);
    let hash: String = on!(op, c => sqlx::query_scalar(
        "select hash from audit_events where chain = $1 and seq = $2")
        .bind(chain)
        .bind(last)
        .fetch_one(c)
        .await)?;
    let deleted = execute!(
        op,
        "delete from audit_events where chain = $1 and seq <= $2",
        chain,
        last
    )?;
    let event = Event::of(Action::EventsDeleted, Actor::System)
        .in_account(account)
        .with(json!({ "up_to": last, "hash": hash, "events": deleted }));
    op.record(event);
    Ok(deleted)
}
