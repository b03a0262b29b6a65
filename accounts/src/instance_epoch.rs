//! The instance epoch: raised when nothing that was issued before may count any more. A restored backup and a promoted
//! standby revive no session, remembered device, code, token of an application or link that had ended.
//!
//! API and MCP tokens, passwords and second factors are as the database has them.

use serde_json::json;
use sqlx::FromRow;

use crate::{
    audit::{Action, Actor, Event, Marks},
    client::Client,
    db::{InstanceRaise, RaiseReason, raise::raise},
    execute,
    ids::EventId,
    instance::Instance,
    on,
    operation::Operation,
    time::Moment,
};

/// A raise whose event is not recorded yet.
#[derive(FromRow)]
struct Due {
    epoch: i64,
    event_id: EventId,
    why: String,
    at: i64,
    users: i64,
    sessions: i64,
    remembered_devices: i64,
}

/// Raises it, as part of an operation: everything of every user ends with the commit.
///
/// # Errors
/// When the database is unavailable; then nothing has ended.
pub async fn raise_instance_epoch(
    op: &mut Operation,
    why: RaiseReason,
) -> Result<InstanceRaise, sqlx::Error> {
    let now = op.now;
    let raised = raise(op, why, now).await?;
    for due in due(op).await? {
        due.record(op).await?;
    }
    Ok(raised)
}

/// Raises it where the database contradicts high-water marks and nothing was ended for that yet: a copy that is older than
/// they are was put in its place, or newest events were cut. The marks follow the database from then on, so that the next
/// older copy is noticed as well: the caller keeps them. Read them before.
///
/// # Errors
/// When the database is unavailable. Either nothing has ended, or the marks are as they were and it is raised once more.
pub async fn raise_if_older(
    instance: &Instance,
    marks: &mut Marks,
    now: Moment,
) -> Result<Option<InstanceRaise>, sqlx::Error> {
    if !marks.are_newer(&mut *instance.read(now).await?).await? {
        return Ok(None);
    }
    let mut op = Operation::begin(instance, &Client::default(), now).await?;
    let raised = raise_instance_epoch(&mut op, RaiseReason::OlderDatabase).await?;
    op.commit().await?;
    marks.follow_anew(&mut *instance.read(now).await?).await?;
    Ok(Some(raised))
}

/// Records the events of raises that have none yet. Returns what was raised, for the log. Safe to run on several nodes
/// at once.
///
/// # Errors
/// When the database is unavailable; they are recorded later.
pub async fn record_raises(
    instance: &Instance,
    now: Moment,
) -> Result<Vec<RaiseReason>, sqlx::Error> {
    let mut conn = instance.read(now).await?;
    let any = !due(&mut conn).await?.is_empty();
    drop(conn);
    if !any {
        return Ok(Vec::new());
    }
    let mut op = Operation::begin(instance, &Client::default(), now).await?;
    let mut recorded = Vec::new();
    for due in due(&mut op).await? {
        if due.record(&mut op).await? {
            recorded.extend(RaiseReason::named(&due.why));
        }
    }
    op.commit().await?;
    Ok(recorded)
}

async fn due(conn: &mut crate::db::Conn) -> Result<Vec<Due>, sqlx::Error> {
    on!(conn, c => sqlx::query_as(
        "select epoch, event_id, why, at, users, sessions, remembered_devices from instance_raises
         where recorded_at is null order by epoch")
        .fetch_all(c)
        .await)
}

impl Due {
    /// False where another node has recorded it.
    async fn record(&self, op: &mut Operation) -> Result<bool, sqlx::Error> {
        let now = op.now.at;
        let sql =
            "update instance_raises set recorded_at = $2 where epoch = $1 and recorded_at is null";
        if execute!(op, sql, self.epoch, now)? == 0 {
            return Ok(false);
        }
        let by_operator = [RaiseReason::Restored, RaiseReason::Operator].map(RaiseReason::name);
        let actor = if by_operator.contains(&self.why.as_str()) {
            Actor::Operator
        } else {
            Actor::System
        };
        let details = json!({
            "why": self.why, "epoch": self.epoch, "at": self.at, "users": self.users,
            "sessions": self.sessions, "remembered_devices": self.remembered_devices,
        });
        let event = Event::of(Action::InstanceEpochRaised, actor);
        op.record(event.with(details).with_id(&self.event_id));
        Ok(true)
    }
}
