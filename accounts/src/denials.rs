//! Refusals of a user. The first few of a kind in a minute are recorded each; the rest become one event with their
//! number, because a program that is refused in a loop would fill the log otherwise.
//!
//! They are counted in the database, so that the bound holds on all nodes and no count is lost with a process. The
//! count becomes an event when its minute is over, by the job of whichever node comes first.

use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::FromRow;

use crate::{
    audit::{Action, Actor, Event},
    client::Client,
    ids::{AccountId, UserId},
    instance::Instance,
    on,
    operation::Operation,
    time::{Moment, UnixMillis},
};

/// How many refusals of a kind are recorded each in a minute. A kind is a user, what they were refused, at which
/// address and why.
pub const RECORDED_EACH: i64 = 5;

const MINUTE: i64 = 60_000;

/// Counts that one run of the job records.
const BATCH: i64 = 1_000;

/// A user who was refused something, and what.
#[derive(Debug, Clone)]
pub(crate) struct Denied<'a> {
    pub user: &'a UserId,
    pub account: &'a AccountId,
    /// A JSON object that is the same for every refusal of its kind.
    pub details: Value,
}

/// Records a refusal, or counts it when enough of its kind were recorded in this minute.
///
/// # Errors
/// When the database is unavailable.
pub(crate) async fn record(op: &mut Operation, denied: Denied<'_>) -> Result<(), sqlx::Error> {
    let client = op.client().clone();
    let minute = op.now.at.0.div_euclid(MINUTE);
    // Counts and tells in one statement, so that refusals at once cannot all be among the first.
    let counted: i64 = on!(&mut *op, c => sqlx::query_scalar(
        "insert into denials (user_id, account_id, details, minute, recorded, counted, ip, user_agent, request_id)
         values ($1, $2, $3, $4, 1, 0, $5, $6, $7)
         on conflict (user_id, account_id, details, minute) do update set
             counted = case when denials.recorded < $8 then 0 else denials.counted + 1 end,
             recorded = case when denials.recorded < $8 then denials.recorded + 1 else denials.recorded end,
             ip = $5, user_agent = $6, request_id = $7
         returning counted")
        .bind(denied.user)
        .bind(denied.account)
        .bind(denied.details.to_string())
        .bind(minute)
        .bind(client.ip_text())
        .bind(&client.user_agent)
        .bind(&client.request_id)
        .bind(RECORDED_EACH)
        .fetch_one(c)
        .await)?;
    if counted == 0 {
        op.record(event(denied.user, denied.account, denied.details));
    }
    Ok(())
}

fn event<'a>(user: &'a UserId, account: &'a AccountId, details: Value) -> Event<'a> {
    Event::of(Action::AccessDenied, Actor::User(user))
        .in_account(account)
        .about(user)
        .with(details)
}

#[derive(FromRow)]
struct Row {
    user_id: UserId,
    account_id: AccountId,
    details: String,
    minute: i64,
    ip: String,
    user_agent: String,
    request_id: Option<String>,
}

/// Records what was counted in minutes that are over: one event for each kind, with the number, and with address, user
/// agent and request of the last. Returns how many refusals it was. Safe to run on several nodes at once.
///
/// # Errors
/// When the database is unavailable; what was not recorded is recorded by the next run.
pub async fn record_counted(instance: &Instance, now: Moment) -> Result<i64, sqlx::Error> {
    let mut conn = instance.read(now).await?;
    let due: Vec<Row> = on!(&mut conn, c => sqlx::query_as(
        "select user_id, account_id, details, minute, ip, user_agent, request_id
         from denials where minute < $1 order by minute limit $2")
        .bind(now.at.0.div_euclid(MINUTE))
        .bind(BATCH)
        .fetch_all(c)
        .await)?;
    drop(conn);
    let mut all = 0;
    for row in due {
        all += record_one(instance, now, row).await?;
    }
    Ok(all)
}

/// Each in an operation of its own, which holds no count while it waits for another.
async fn record_one(instance: &Instance, now: Moment, row: Row) -> Result<i64, sqlx::Error> {
    let last = Client {
        ip: row.ip.parse().ok(),
        user_agent: row.user_agent,
        request_id: row.request_id,
        known_devices: Vec::new(),
    };
    let mut op = Operation::begin(instance, &last, now).await?;
    // The node that deletes it records it: another finds none.
    let counted: Option<i64> = on!(&mut op, c => sqlx::query_scalar(
        "delete from denials where user_id = $1 and account_id = $2 and details = $3 and minute = $4 returning counted")
        .bind(&row.user_id)
        .bind(&row.account_id)
        .bind(&row.details)
        .bind(row.minute)
        .fetch_optional(c)
        .await)?;
    let counted = counted.unwrap_or(0);
    if counted > 0 {
        let details: Value = serde_json::from_str(&row.details).unwrap_or_default();
        let more = json!({ "count": counted, "minute": text(UnixMillis(row.minute * MINUTE)) });
        op.record(event(&row.user_id, &row.account_id, details).and(&more));
    }
    op.commit().await?;
    Ok(counted)
}

/// RFC 3339, in UTC, with milliseconds: as the REST API writes every time.
fn text(at: UnixMillis) -> String {
    Timestamp::from_millisecond(at.0).map_or_else(|_| at.0.to_string(), |at| format!("{at:.3}"))
}
