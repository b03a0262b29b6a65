//! The status of sessions that have an event stream open: a stream outlives the request that opened it, and must not
//! outlive its session.

use sqlx::FromRow;

use super::{
    Ended,
    ended::EndedBy,
    find::{Row, raised, row},
};
use crate::{
    db::Conn,
    ids::{AccountId, SessionId, UserId},
    instance::Reader,
    limits::Limits,
    on,
    plans::Plan,
    roles::Role,
    time::{Moment, UnixMillis},
};

/// A session's status.
#[derive(Debug, Clone)]
pub struct SessionStatus {
    pub session: SessionId,
    /// None while it is live.
    pub ended: Option<Ended>,
    pub role: Role,
    pub plan: Plan,
    /// When to look again, if no change notification comes before: it may have expired by then.
    pub until: UnixMillis,
}

#[derive(FromRow)]
struct Look {
    #[sqlx(flatten)]
    row: Row,
    role: Role,
    plan: Plan,
    event_actor: Option<String>,
    event_user_agent: Option<String>,
    event_by_name: Option<String>,
    event_action: Option<String>,
}

/// Reads the status of up to 1,000 sessions at once. Sessions whose rows are deleted are left out. Reading is not using:
/// the idle time goes on.
///
/// # Errors
/// When the database is unavailable.
pub async fn statuses(
    conn: &mut Reader,
    sessions: &[SessionId],
) -> Result<Vec<SessionStatus>, sqlx::Error> {
    let (limits, now) = (conn.limits, conn.now);
    if sessions.is_empty() {
        return Ok(Vec::new());
    }
    let idle = conn.idle_since();
    let looked: Vec<Look> = on!(conn, c => {
        // The first two parameters are those that `row!` names.
        let mut select = sqlx::QueryBuilder::new("with judged_at as (select ");
        select.push_bind(now.at).push(" as now, ").push_bind(idle).push(" as idle) ");
        select.push(
            concat!("select ", row!(), ", u.role, a.plan, e.actor as event_actor,
                    e.user_agent as event_user_agent, d.name as event_by_name, e.action as event_action
             from sessions s join users u on u.id = s.user_id join accounts a on a.id = u.account_id",
             raised!(), "left join audit_events e on e.id = coalesce(s.ended_by, r.event_id)
             left join users d on d.id = substr(e.actor, 6) and d.id <> e.subject
             where s.id in ("));
        let mut ids = select.separated(", ");
        for id in sessions {
            ids.push_bind(id);
        }
        select.push(")");
        select.build_query_as().fetch_all(c).await
    })?;
    Ok(looked
        .into_iter()
        .map(|look| look.judge(&limits, now))
        .collect())
}

impl Look {
    fn judge(self, limits: &Limits, now: Moment) -> SessionStatus {
        let operation = self.event_actor.map(|actor| EndedBy {
            actor,
            user_agent: self.event_user_agent,
            by_name: self.event_by_name,
            action: self.event_action.unwrap_or_default(),
        });
        let ended = self.row.ended(limits, now);
        SessionStatus {
            ended: ended.map(|(end_reason, at)| Ended::told(end_reason, at, operation)),
            role: self.role,
            plan: self.plan,
            until: self.row.expires(limits).1,
            session: self.row.id,
        }
    }
}

/// The ids of an account's members.
///
/// # Errors
/// When the database is unavailable.
pub async fn of_account(conn: &mut Conn, account: &AccountId) -> Result<Vec<UserId>, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar("select id from users where account_id = $1")
        .bind(account)
        .fetch_all(c)
        .await)
}
