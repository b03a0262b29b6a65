//! The status of sessions that have an event stream open: a stream outlives the request that opened it, and must not
//! outlive its session.

use serde_json::json;
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
    live::live_session,
    on,
    plans::Plan,
    roles::Role,
    time::Moment,
};

/// A session as an event stream was opened for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    pub session: SessionId,
    pub role: Role,
    pub plan: Plan,
}

/// A session's status.
#[derive(Debug, Clone)]
pub struct SessionStatus {
    pub session: SessionId,
    /// None while it is live.
    pub ended: Option<Ended>,
    pub role: Role,
    pub plan: Plan,
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

/// One text for both databases, which differ in how they read rows out of JSON. Each session is looked up by its id: with
/// sessions, users and accounts joined first, SQLite would read every session there is.
macro_rules! changed_of {
    ($watched:literal) => {
        concat!(
            "with watched as (",
            $watched,
            ") select w.session from watched w
             left join sessions s on s.id = w.session
             left join users u on u.id = s.user_id
             left join accounts a on a.id = u.account_id
             where s.id is null or u.role <> w.role or a.plan <> w.plan or not ",
            live_session!("$1", "$2")
        )
    };
}

/// Which of these sessions are not live any more, or belong to a user who has another role or plan by now. However many
/// they are, it is one statement, so that a node can look at all its event streams every second. Looking is not using.
///
/// # Errors
/// When the database is unavailable.
pub async fn changed(
    conn: &mut Reader,
    watched: &[Watched],
) -> Result<Vec<SessionId>, sqlx::Error> {
    if watched.is_empty() {
        return Ok(Vec::new());
    }
    let (now, idle) = (conn.now.at, conn.idle_since());
    let sql = match **conn {
        Conn::Sqlite(_) => changed_of!(
            "select value ->> 0 as session, value ->> 1 as role, value ->> 2 as plan from json_each($3)"
        ),
        Conn::Postgres(_) => changed_of!(
            "select value ->> 0 as session, value ->> 1 as role, value ->> 2 as plan
             from json_array_elements($3::json)"
        ),
    };
    // One parameter, however many sessions: each number of parameters would be a statement to prepare anew.
    let watched: Vec<_> = watched
        .iter()
        .map(|w| json!([w.session, w.role.key(), w.plan.key()]))
        .collect();
    on!(conn, c => sqlx::query_scalar(sql)
        .bind(now)
        .bind(idle)
        .bind(json!(watched).to_string())
        .fetch_all(c)
        .await)
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
