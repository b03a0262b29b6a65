//! What follows from a raised epoch at applications. The raise owes the notices from its own transaction, by the row that it
//! leaves; they are written here within a second, before the marking of sessions, which may be many.

use sqlx::FromRow;

use super::start::{Until, end_expired};
use crate::{
    application_endings::{EndedBy, Open, end, open, reason_name, reasons_that_end_offline},
    audit::Actor,
    client::Client,
    end_reason::EndReason,
    ids::{EventId, UserId},
    instance::Instance,
    on,
    operation::Operation,
    time::{Moment, UnixMillis},
};

/// How many end in one commit: others wait for the database's writer meanwhile.
const BATCH: i64 = 100;

/// A raise under whose epoch sessions at applications are open.
#[derive(Debug, FromRow)]
struct Due {
    user_id: UserId,
    epoch: i64,
    event_id: EventId,
    reason: String,
    at: UnixMillis,
}

#[derive(FromRow)]
struct Ending {
    #[sqlx(flatten)]
    open: Open,
    is_offline: bool,
    ended_at: Option<UnixMillis>,
    end_reason: Option<String>,
    ended_by: Option<EventId>,
    expired: bool,
}

/// Ends at applications what raised epochs have ended, and owes the notices. Returns how many ended. Safe to run on several
/// nodes at once, and to repeat.
///
/// # Errors
/// When the database is unavailable. What is left is taken up again.
pub async fn end_applications(instance: &Instance, now: Moment) -> Result<u64, sqlx::Error> {
    let mut conn = instance.read(now).await?;
    let due: Vec<Due> = on!(&mut conn, c => sqlx::query_as(
        "select r.user_id, r.epoch, r.event_id, r.reason, r.at from epoch_raises r
         where r.expanded_at is null
           and exists (select 1 from application_sessions x
                       where x.user_id = r.user_id and x.epoch = r.epoch and x.ended_at is null)
         order by r.at, r.epoch limit 1000")
        .fetch_all(c)
        .await)?;
    drop(conn);
    let mut ended = 0;
    for raise in due {
        loop {
            let mut op = Operation::begin(instance, &Client::default(), now).await?;
            let batch = raise.end_batch(&mut op).await?;
            op.commit().await?;
            ended += batch;
            if batch < BATCH.unsigned_abs() {
                break;
            }
        }
    }
    Ok(ended)
}

/// As [`end_applications`] for one user, as part of an operation: for sample histories.
pub(crate) async fn end_applications_of(
    op: &mut Operation,
    user: &UserId,
) -> Result<(), sqlx::Error> {
    let due: Vec<Due> = on!(op, c => sqlx::query_as(
        "select r.user_id, r.epoch, r.event_id, r.reason, r.at from epoch_raises r
         where r.expanded_at is null and r.user_id = $1 order by r.epoch")
        .bind(user)
        .fetch_all(c)
        .await)?;
    for raise in due {
        while raise.end_batch(op).await? == BATCH.unsigned_abs() {}
    }
    Ok(())
}

impl Due {
    /// Ends up to [`BATCH`] of them. What had ended by itself before keeps its own reason, and is not of this raise.
    async fn end_batch(&self, op: &mut Operation) -> Result<u64, sqlx::Error> {
        let idle = self.at - op.limits.session_idle;
        let open: Vec<Ending> = on!(op, c => sqlx::query_as(concat!(
            "select ", open!(), ", x.is_offline, s.ended_at, s.end_reason, s.ended_by,
                    coalesce(s.expires_at <= $3 or s.last_active_at <= $4
                             or (s.curfew_ends_at is not null and s.curfew_ends_at <= $3), true) as expired
             from application_sessions x join applications a on a.id = x.application_id
                  left join sessions s on s.id = x.session_id
             where x.user_id = $1 and x.epoch = $2 and x.ended_at is null
             order by x.id limit $5"))
            .bind(&self.user_id)
            .bind(self.epoch)
            .bind(self.at)
            .bind(idle)
            .bind(BATCH)
            .fetch_all(c)
            .await)?;
        let (mut ended, expired) = (0, reason_name(EndReason::Expired));
        for row in open {
            let how = self.how(&row, &expired);
            if let Some(done) = end(op, row.open.clone(), how).await? {
                op.record(done.event(Actor::System));
                ended += 1;
            }
        }
        Ok(ended)
    }

    fn how<'a>(&'a self, row: &'a Ending, expired: &'a str) -> EndedBy<'a> {
        let with_the_raise = EndedBy {
            reason: &self.reason,
            at: self.at,
            by: Some(&self.event_id),
        };
        let is_of_raise = row.ended_by.as_ref() == Some(&self.event_id);
        match (&row.end_reason, row.ended_at) {
            _ if is_of_raise => with_the_raise,
            (Some(reason), Some(at)) if outlives(row, reason) => EndedBy {
                reason,
                at,
                by: row.ended_by.as_ref(),
            },
            (None, _) if row.expired && !row.is_offline => EndedBy {
                reason: expired,
                at: self.at,
                by: None,
            },
            _ => with_the_raise,
        }
    }
}

/// Whether the end of its session was the end of this one too.
fn outlives(row: &Ending, reason: &str) -> bool {
    !row.is_offline || reasons_that_end_offline().contains(&format!(",{reason},"))
}

/// Ends at applications what time has ended: the session that it came from was unused for too long, too old, or met its
/// curfew. Run once a minute. Returns how many users that concerned.
///
/// # Errors
/// When the database is unavailable. What is left is taken up again.
pub async fn end_expired_applications(
    instance: &Instance,
    now: Moment,
) -> Result<u64, sqlx::Error> {
    let mut conn = instance.read(now).await?;
    let (at, idle) = (now.at, conn.idle_since());
    let users: Vec<UserId> = on!(&mut conn, c => sqlx::query_scalar(
        "select distinct x.user_id from application_sessions x join users u on u.id = x.user_id
              left join sessions s on s.id = x.session_id
         where x.ended_at is null and x.epoch = u.epoch and not x.is_offline
           and coalesce(s.ended_at is not null or s.expires_at <= $1 or s.last_active_at <= $2
                        or (s.curfew_ends_at is not null and s.curfew_ends_at <= $1), true)
         order by x.user_id limit 10000")
        .bind(at)
        .bind(idle)
        .fetch_all(c)
        .await)?;
    drop(conn);
    for user in &users {
        let mut op = Operation::begin(instance, &Client::default(), now).await?;
        if let Some(locked) = op.lock_user(user).await? {
            let until = Until {
                epoch: locked.epoch,
                now: at,
                idle,
            };
            end_expired(&mut op, user, until).await?;
        }
        // The commit follows at applications.
        op.commit().await?;
    }
    Ok(u64::try_from(users.len()).unwrap_or(0))
}
