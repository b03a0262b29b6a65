//! How a session ended, as the person who held it is told.

use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use crate::{
    db::{Conn, Tx},
    on,
    time::{Moment, UnixMillis},
};

/// Why a session or a remembered device ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// Signed out in that browser.
    SignedOut,
    /// A press.
    RemoteLogout,
    /// The password was changed in another session.
    PasswordChanged,
    /// Two-factor authentication was turned on or off in another session.
    TwoFactorChanged,
    /// Not used for too long, or too old.
    Expired,
    /// One session more than the limit was started elsewhere.
    Limit,
    /// Its remembered device's cookie was used twice: theft.
    Reused,
    /// The person was disabled.
    Disabled,
    /// The person was removed from the account.
    Removed,
    /// The person ended it from another session.
    EndedElsewhere,
    /// The daily time has come that the person or their account has set.
    Curfew,
}

/// How it ended: the reason, when, and the browser and the path of the deed where there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    pub because: Because,
    pub at: UnixMillis,
    /// The user agent the deed came from.
    pub by_user_agent: Option<String>,
    /// The actor of the deed as the audit log has it: `user:ID` or `operator`.
    pub by: Option<String>,
    /// The name of whoever did it, when it was not the person themselves.
    pub by_name: Option<String>,
    /// What the deed was, as the audit log has it.
    pub action: Option<String>,
}

/// The deed that ended something, out of the audit log.
#[derive(FromRow)]
pub(super) struct Deed {
    pub actor: String,
    pub user_agent: Option<String>,
    /// The name of whoever did it, when it was another person.
    pub by_name: Option<String>,
    pub action: String,
}

impl Ended {
    pub(super) fn told(because: Because, at: UnixMillis, deed: Option<Deed>) -> Self {
        let mut told = Self {
            because,
            at,
            by_user_agent: None,
            by: None,
            by_name: None,
            action: None,
        };
        if let Some(deed) = deed {
            told.by = Some(deed.actor);
            told.by_user_agent = deed.user_agent;
            told.by_name = deed.by_name;
            told.action = Some(deed.action);
        }
        told
    }
}

/// Puts together how something ended, looking up the deed that ended it.
///
/// # Errors
/// When the store is away.
pub async fn how_it_ended(
    conn: &mut Conn,
    because: Because,
    at: UnixMillis,
    ended_by: Option<&str>,
) -> Result<Ended, sqlx::Error> {
    let deed: Option<Deed> = match ended_by {
        Some(event) => on!(conn, c => sqlx::query_as(
                "select e.actor, e.user_agent, u.name as by_name, e.action
                 from audit_events e
                 left join users u on u.id = substr(e.actor, 6) and u.id <> e.subject
                 where e.id = $1")
                .bind(event)
                .fetch_optional(c)
                .await)?,
        None => None,
    };
    Ok(Ended::told(because, at, deed))
}

/// Ends every session that a remembered device started.
pub(crate) async fn end_where_device(
    tx: &mut Tx,
    device: &str,
    because: Because,
    event: &str,
    now: Moment,
) -> Result<u64, sqlx::Error> {
    on!(tx, c => sqlx::query(
        "update sessions set ended_at = $2, ended_because = $3, ended_by = $4
         where remembered_device_id = $1 and ended_at is null")
        .bind(device)
        .bind(now.at)
        .bind(because)
        .bind(event)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))
}
