//! Raising the instance epoch: the statements. They are here and not with the rules, because a node that finds itself
//! before another PostgreSQL runs them before any connection may be used ([`super::lineage`]).
//!
//! The epoch of every user rises, so all that ends with a user's epoch ends, whatever it is. Nothing is compared with
//! the instance's own epoch, so a request costs what it did, and a new kind of credential cannot forget it.

use std::fmt::{self, Display};

use super::Conn;
use crate::{end_reason::EndReason, execute, ids::EventId, on, time::Moment};

/// Why the instance epoch is raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RaiseReason {
    /// `curfew restore`.
    Restored,
    /// Another PostgreSQL, or another timeline of it, or a copy of the tables.
    OtherServer,
    /// The audit log's high-water marks have seen more than the database holds.
    OlderDatabase,
    /// `curfew instance raise-epoch`.
    Operator,
}

impl RaiseReason {
    const ALL: [Self; 4] = [
        Self::Restored,
        Self::OtherServer,
        Self::OlderDatabase,
        Self::Operator,
    ];

    /// As stored, and as the event says it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Restored => "restored",
            Self::OtherServer => "other_server",
            Self::OlderDatabase => "older_database",
            Self::Operator => "operator",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

impl Display for RaiseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What ended with the instance epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceRaise {
    /// The epoch that ended.
    pub epoch: i64,
    /// The event that tells of it.
    pub event: EventId,
    pub users: u64,
    pub sessions: u64,
    pub remembered_devices: u64,
}

/// Raises it, with the epoch of every user, in one transaction. The event is recorded by the caller, or afterwards.
pub(crate) async fn raise(
    conn: &mut Conn,
    why: RaiseReason,
    now: Moment,
) -> Result<InstanceRaise, sqlx::Error> {
    let event = EventId(now.id());
    let epoch: i64 = on!(conn, c => sqlx::query_scalar(
        "update instance set epoch = epoch + 1 where one = 1 returning epoch - 1")
        .fetch_one(c)
        .await)?;
    if matches!(why, RaiseReason::Restored | RaiseReason::Operator) {
        // What ended where the install went has ended here as well now.
        execute!(conn, "update instance set moved_to = null where one = 1")?;
    }
    lock_every_user(conn).await?;
    let users = raise_every_user(conn, &event, now).await?;
    void_links(conn, now).await?;
    let (sessions, devices): (i64, i64) = on!(conn, c => sqlx::query_as(
        "select cast(coalesce(sum(sessions), 0) as bigint), cast(coalesce(sum(remembered_devices), 0) as bigint)
         from epoch_raises where event_id = $1")
        .bind(&event)
        .fetch_one(c)
        .await)?;
    execute!(
        conn,
        "insert into instance_raises (epoch, event_id, why, at, users, sessions, remembered_devices)
         values ($1, $2, $3, $4, $5, $6, $7)",
        epoch,
        &event,
        why.name(),
        now.at,
        i64::try_from(users).unwrap_or(i64::MAX),
        sessions,
        devices
    )?;
    Ok(InstanceRaise {
        epoch,
        event,
        users,
        sessions: sessions.unsigned_abs(),
        remembered_devices: devices.unsigned_abs(),
    })
}

/// In the order of their ids, as every operation locks them.
async fn lock_every_user(conn: &mut Conn) -> Result<(), sqlx::Error> {
    if let Conn::Postgres(_) = conn {
        let sql = "select count(*) from (select id from users order by id for update) as locked";
        execute!(conn, sql)?;
    }
    Ok(())
}

/// Three statements, however many users there are.
async fn raise_every_user(
    conn: &mut Conn,
    event: &EventId,
    now: Moment,
) -> Result<u64, sqlx::Error> {
    // A user with nothing open leaves no job.
    let raises = "insert into epoch_raises (user_id, epoch, event_id, reason, at, sessions, remembered_devices, invitations,
                                   expanded_at)
         select u.id, u.epoch, $1, $2, $3,
                (select count(*) from sessions s
                 where s.user_id = u.id and s.epoch = u.epoch and s.ended_at is null and s.expires_at > $3),
                (select count(*) from remembered_devices d
                 where d.user_id = u.id and d.epoch = u.epoch and d.ended_at is null and d.expires_at > $3),
                (select count(*) from invitations i
                 where i.created_by = u.id and i.used_at is null and i.revoked_at is null and i.waits_since is null
                   and i.expires_at > $3),
                case when exists (select 1 from sessions s where s.user_id = u.id and s.ended_at is null)
                       or exists (select 1 from remembered_devices d where d.user_id = u.id and d.ended_at is null)
                       or exists (select 1 from application_sessions a where a.user_id = u.id and a.ended_at is null)
                     then null else $3 end
         from users u";
    let reason = EndReason::InstanceEpochRaised;
    execute!(conn, raises, event, reason, now.at)?;
    execute!(
        conn,
        "update invitations set waits_since = $1
         where used_at is null and revoked_at is null and waits_since is null and expires_at > $1",
        now.at
    )?;
    execute!(conn, "update users set epoch = epoch + 1")
}

/// Links that do not hang on an epoch: "This wasn't me", whose sessions have ended with the rest, and sign-ups that were
/// not confirmed. Emails that carry a link and were not sent yet are not sent any more.
async fn void_links(conn: &mut Conn, now: Moment) -> Result<(), sqlx::Error> {
    for sql in [
        "update email_links set used_at = $1 where used_at is null",
        "update sign_ups set used_at = $1 where used_at is null",
        "update emails set given_up_at = $1, key_id = null, sealed = null
         where sealed is not null and sent_at is null and given_up_at is null",
    ] {
        execute!(conn, sql, now.at)?;
    }
    Ok(())
}
