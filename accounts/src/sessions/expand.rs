//! What follows from a raised epoch: every session and remembered device that it ended is marked with the reason, and
//! every session gets an audit event of its own under the one of the raise.
//!
//! Nothing depends on it: the epoch has ended them, and how they ended is read from the raise until they are marked.
//! It is done in small batches, each a commit, so that a stop in between loses nothing and repeats nothing.

use serde_json::json;
use sqlx::FromRow;

use super::{
    end_applications::end_applications_of,
    start::{Until, end_expired},
};
use crate::{
    audit::{Action, Actor, Event},
    client::Client,
    db::Conn,
    device,
    end_reason::EndReason,
    execute,
    ids::{AccountId, EventId, SessionId, UserId},
    instance::Instance,
    on,
    operation::Operation,
    time::{Moment, UnixMillis},
};

/// How many sessions are marked in one commit: others wait for the database's writer meanwhile.
const BATCH: i64 = 100;

/// A raise whose rows are not all marked.
#[derive(Debug, FromRow)]
struct Due {
    user_id: UserId,
    account_id: AccountId,
    epoch: i64,
    event_id: EventId,
    reason: EndReason,
    at: UnixMillis,
}

#[derive(FromRow)]
struct EndedSession {
    id: SessionId,
    user_agent: String,
    label: Option<String>,
    started_at: UnixMillis,
}

/// The raises that are due, the oldest first: the user's with `$1`, those of every user where it is null.
const DUE: &str = "select r.user_id, u.account_id, r.epoch, r.event_id, r.reason, r.at
     from epoch_raises r join users u on u.id = r.user_id
     where r.expanded_at is null and r.user_id = coalesce($1, r.user_id)
     order by r.at, r.epoch limit 100";

/// Marks what raised epochs have ended, until nothing is left. Returns how many sessions that were. Safe to run on
/// several nodes at once, and to repeat.
///
/// # Errors
/// When the database is unavailable. What was marked before stays marked, and the rest is taken up again.
pub async fn expand_raises(instance: &Instance, now: Moment) -> Result<u64, sqlx::Error> {
    let mut conn = instance.read(now).await?;
    let due: Vec<Due> = on!(&mut conn, c => sqlx::query_as(DUE)
        .bind(None::<UserId>)
        .fetch_all(c)
        .await)?;
    drop(conn);
    let mut sessions = 0;
    for raise in due {
        loop {
            let mut op = Operation::begin(instance, &Client::default(), now).await?;
            let batch = raise.mark_batch(&mut op).await?;
            op.commit().await?;
            sessions += batch.sessions;
            if batch.is_last {
                break;
            }
        }
    }
    Ok(sessions)
}

/// Marks what the user's raised epochs have ended, as part of an operation: for sample histories, which are written at
/// once.
pub(crate) async fn expand_all_of(op: &mut Operation, user: &UserId) -> Result<(), sqlx::Error> {
    let due: Vec<Due> = on!(op, c => sqlx::query_as(DUE).bind(user).fetch_all(c).await)?;
    end_applications_of(op, user).await?;
    for raise in due {
        while !raise.mark_batch(op).await?.is_last {}
    }
    Ok(())
}

#[derive(Debug, Clone, Copy)]
struct Batch {
    sessions: u64,
    is_last: bool,
}

impl Due {
    /// Marks up to [`BATCH`] sessions, and with the last of them the remembered devices and the raise itself.
    async fn mark_batch(&self, op: &mut Operation) -> Result<Batch, sqlx::Error> {
        let nothing_left = Batch {
            sessions: 0,
            is_last: true,
        };
        if !self.take_turn(op).await? {
            return Ok(nothing_left);
        }
        // What had expired when the epoch rose was not live, and was not counted.
        let until = Until {
            epoch: self.epoch,
            now: self.at,
            idle: self.at - op.limits.session_idle,
        };
        end_expired(op, &self.user_id, until).await?;
        let ended = self.mark_sessions(op).await?;
        let sessions = u64::try_from(ended.len()).unwrap_or(0);
        for session in ended {
            self.record(op, &session);
        }
        let is_last = sessions < BATCH.unsigned_abs();
        if is_last {
            self.finish(op).await?;
        }
        Ok(Batch { sessions, is_last })
    }

    /// Waits until no other node marks rows of this raise. False when none is left to mark.
    async fn take_turn(&self, op: &mut Operation) -> Result<bool, sqlx::Error> {
        // On SQLite there is one writer, and this is it.
        let sql = match &op.reader.conn {
            Conn::Sqlite(_) => {
                "select 1 from epoch_raises where user_id = $1 and epoch = $2 and expanded_at is null"
            }
            Conn::Postgres(_) => {
                "select 1::bigint from epoch_raises where user_id = $1 and epoch = $2 and expanded_at is null
                 for update"
            }
        };
        let found: Option<i64> = on!(op, c => sqlx::query_scalar(sql)
            .bind(&self.user_id)
            .bind(self.epoch)
            .fetch_optional(c)
            .await)?;
        Ok(found.is_some())
    }

    async fn mark_sessions(&self, op: &mut Operation) -> Result<Vec<EndedSession>, sqlx::Error> {
        on!(op, c => sqlx::query_as(
            "update sessions set ended_at = $3, end_reason = $4, ended_by = $5
             where id in (select id from sessions where user_id = $1 and epoch = $2 and ended_at is null
                          order by id limit $6)
             returning id, user_agent, label, started_at")
            .bind(&self.user_id)
            .bind(self.epoch)
            .bind(self.at)
            .bind(self.reason)
            .bind(&self.event_id)
            .bind(BATCH)
            .fetch_all(c)
            .await)
    }

    fn record(&self, op: &mut Operation, session: &EndedSession) {
        let device = session.label.clone();
        let device = device.unwrap_or_else(|| device::of(&session.user_agent).label());
        let details = json!({
            "session": session.id.as_str(),
            "device": device,
            "signed_in": session.started_at,
            "reason": self.reason,
        });
        op.record(
            Event::of(Action::SessionEnded, Actor::System)
                .under(&self.event_id)
                .in_account(&self.account_id)
                .about(&self.user_id)
                .with(details),
        );
    }

    async fn finish(&self, op: &mut Operation) -> Result<(), sqlx::Error> {
        let now = op.now.at;
        execute!(
            op,
            "update remembered_devices set ended_at = $3, end_reason = $4, ended_by = $5
             where user_id = $1 and epoch = $2 and ended_at is null",
            &self.user_id,
            self.epoch,
            self.at,
            self.reason,
            &self.event_id
        )?;
        execute!(
            op,
            // What the raise ended at applications comes first: `end_applications` finds it by this row.
            "update epoch_raises set expanded_at = $3 where user_id = $1 and epoch = $2
             and not exists (select 1 from application_sessions x
                             where x.user_id = $1 and x.epoch = $2 and x.ended_at is null)",
            &self.user_id,
            self.epoch,
            now
        )?;
        Ok(())
    }
}
