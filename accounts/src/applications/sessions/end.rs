//! Ending application sessions: the one place that marks them. What each application is told of it follows from what this
//! returns.

use sqlx::FromRow;

use crate::{
    end_reason::EndReason,
    execute,
    ids::{ApplicationId, ApplicationSessionId, EventId, SessionId, UserId},
    on,
    operation::Operation,
    time::UnixMillis,
};

/// Which application sessions end.
#[derive(Debug, Clone, Copy)]
pub enum Which<'a> {
    /// This one.
    One(&'a ApplicationSessionId),
    /// Those that came from a session. With `offline_access` they outlive it, unless `offline_too`.
    OfSession {
        session: &'a SessionId,
        offline_too: bool,
    },
    /// Those of a user that carry an epoch.
    OfEpoch { user: &'a UserId, epoch: i64 },
    /// A user's at one application.
    At {
        user: &'a UserId,
        application: &'a ApplicationId,
    },
    /// Every one of an application.
    OfApplication(&'a ApplicationId),
    /// Every one of a user.
    OfUser(&'a UserId),
}

/// How they end.
#[derive(Debug, Clone, Copy)]
pub struct EndsFor<'a> {
    pub reason: EndReason,
    /// The event of the operation, where there is one.
    pub event: Option<&'a EventId>,
    pub at: UnixMillis,
    /// How many at most, for what is done in small commits.
    pub most: i64,
}

impl<'a> EndsFor<'a> {
    /// All of them, now.
    #[must_use]
    pub fn now(op: &Operation, reason: EndReason, event: Option<&'a EventId>) -> Self {
        Self {
            reason,
            event,
            at: op.now.at,
            most: i64::MAX,
        }
    }
}

/// An application session that has just ended.
#[derive(Debug, Clone, FromRow)]
pub struct EndedApplicationSession {
    pub id: ApplicationSessionId,
    pub application_id: ApplicationId,
    pub user_id: UserId,
    pub session_id: SessionId,
    pub created_at: UnixMillis,
}

/// Marks them as ended. Returns those that had not ended before. Their tokens need no mark: they are live with them alone.
///
/// # Errors
/// When the database is unavailable.
pub async fn end(
    op: &mut Operation,
    which: Which<'_>,
    ends: EndsFor<'_>,
) -> Result<Vec<EndedApplicationSession>, sqlx::Error> {
    macro_rules! marking {
        ($which:literal) => {
            concat!(
                "update application_sessions set ended_at = $3, end_reason = $4, ended_by = $5
                 where id in (select id from application_sessions where ended_at is null and ",
                $which,
                " order by id limit $6)
                 returning id, application_id, user_id, session_id, created_at"
            )
        };
    }
    // Every statement takes two texts, so that one function binds them all.
    let epoch;
    let (sql, one, other): (&'static str, &str, &str) = match which {
        Which::One(id) => (marking!("id = $1 and $2 = ''"), id.as_str(), ""),
        Which::OfSession {
            session,
            offline_too: false,
        } => (
            marking!("session_id = $1 and $2 = '' and not is_offline"),
            session.as_str(),
            "",
        ),
        Which::OfSession { session, .. } => (
            marking!("session_id = $1 and $2 = ''"),
            session.as_str(),
            "",
        ),
        Which::OfEpoch { user, epoch: of } => {
            epoch = of.to_string();
            (
                marking!("user_id = $1 and epoch = cast($2 as bigint)"),
                user.as_str(),
                &epoch,
            )
        }
        Which::At { user, application } => (
            marking!("user_id = $1 and application_id = $2"),
            user.as_str(),
            application.as_str(),
        ),
        Which::OfApplication(application) => (
            marking!("application_id = $1 and $2 = ''"),
            application.as_str(),
            "",
        ),
        Which::OfUser(user) => (marking!("user_id = $1 and $2 = ''"), user.as_str(), ""),
    };
    on!(op, c => sqlx::query_as(sql)
        .bind(one)
        .bind(other)
        .bind(ends.at)
        .bind(ends.reason)
        .bind(ends.event)
        .bind(ends.most)
        .fetch_all(c)
        .await)
}

/// Notes that an application session was refreshed: then it ends by itself at its next refresh, whether or not the application
/// can be told.
pub async fn note_use(op: &mut Operation, id: &ApplicationSessionId) -> Result<(), sqlx::Error> {
    let now = op.now.at;
    execute!(
        op,
        "update application_sessions set last_used_at = $2, has_refreshed = $3 where id = $1",
        id,
        now,
        true
    )?;
    Ok(())
}
