//! How a session ended, as the user who held it is told.

use std::time::Duration;

use sqlx::FromRow;

use crate::{
    db::Conn,
    end_reason::EndReason,
    on,
    time::{UnixMillis, clock_difference},
};

/// Longer than an answer is on its way to a browser.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

/// How it ended: the reason, when, and the browser and the action of the operation where there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    pub end_reason: EndReason,
    pub at: UnixMillis,
    /// The user agent the operation came from.
    pub by_user_agent: Option<String>,
    /// The actor of the operation as the audit log has it: `user:ID` or `operator`.
    pub by: Option<String>,
    /// The name of the user who did it, when it was not the user themselves.
    pub by_name: Option<String>,
    /// What the operation was, as the audit log has it.
    pub action: Option<String>,
}

/// The operation that ended a session or device, as the audit log has it.
#[derive(FromRow)]
pub(super) struct EndedBy {
    pub actor: String,
    pub user_agent: Option<String>,
    /// The name of the user who did it, when it was another user.
    pub by_name: Option<String>,
    pub action: String,
}

/// How the epoch that a session or remembered device carries came to its end. Nothing while it is the user's.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct Raise {
    #[sqlx(rename = "raise_reason")]
    reason: Option<EndReason>,
    #[sqlx(rename = "raise_at")]
    at: Option<UnixMillis>,
    #[sqlx(rename = "raise_event")]
    event: Option<String>,
}

/// The columns of [`Raise`], of `epoch_raises r`.
macro_rules! raise {
    () => {
        "r.reason as raise_reason, r.at as raise_at, r.event_id as raise_event"
    };
}
pub(crate) use raise;

impl Raise {
    /// How what carries the epoch ended: with it, unless its own time had come before.
    pub(crate) fn or_before(
        &self,
        by_itself: (EndReason, UnixMillis),
    ) -> Option<(EndReason, UnixMillis)> {
        let raised = (self.reason?, self.at?);
        Some(if by_itself.1 <= raised.1 {
            by_itself
        } else {
            raised
        })
    }

    /// The event of the operation that raised it.
    pub(crate) fn event(&self) -> Option<&str> {
        self.event.as_deref()
    }
}

impl Ended {
    /// Whether it only ended by time while this node's clock and the database's disagree. One of them is wrong, so it is
    /// not known whether it has ended: nothing may be told or removed.
    #[must_use]
    pub fn is_in_doubt(&self) -> bool {
        self.end_reason.is_by_time() && clock_difference().is_too_large()
    }

    /// Whether that same browser ended it a moment ago, by signing in anew or out. The answer to that sets or removes its
    /// cookies, and may arrive only after another tab of it, which was told at once, has asked with the old ones.
    #[must_use]
    pub fn is_answered_meanwhile(&self, now: UnixMillis) -> bool {
        self.end_reason == EndReason::SignedOut && now < self.at + ANSWERED_WITHIN
    }

    pub(super) fn told(end_reason: EndReason, at: UnixMillis, operation: Option<EndedBy>) -> Self {
        let operation = operation.filter(|_| !end_reason.is_by_itself());
        let mut told = Self {
            end_reason,
            at,
            by_user_agent: None,
            by: None,
            by_name: None,
            action: None,
        };
        if let Some(operation) = operation {
            told.by = Some(operation.actor);
            told.by_user_agent = operation.user_agent;
            told.by_name = operation.by_name;
            told.action = Some(operation.action);
        }
        told
    }
}

/// Says how a session or device ended. Looks up the operation that ended it.
///
/// # Errors
/// When the database is unavailable.
pub async fn how_it_ended(
    conn: &mut Conn,
    end_reason: EndReason,
    at: UnixMillis,
    ended_by: Option<&str>,
) -> Result<Ended, sqlx::Error> {
    let operation: Option<EndedBy> = match ended_by {
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
    Ok(Ended::told(end_reason, at, operation))
}
