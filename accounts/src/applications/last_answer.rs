//! How an application took the last notice of which anything is known: what is said of the next one rests on it.

use crate::{db::Conn, ids::ApplicationId, on};

/// What came back the last time. A notice that is on its way for the first time, or was dropped, says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum LastAnswer {
    LoggedOut,
    HadNoSession,
    Refused,
    GivenUp,
    /// It was tried, and no good answer came yet.
    Failing,
}

impl LastAnswer {
    /// Whether it has ended its own session, as far as is known.
    #[must_use]
    pub fn is_good(self) -> bool {
        matches!(self, Self::LoggedOut | Self::HadNoSession)
    }
}

/// A query of one row at the most: the [`LastAnswer`] of the application with that id.
macro_rules! last_answer_of {
    ($application:literal) => {
        concat!(
            "select coalesce(n.outcome, 'failing') from logout_notices n
             where n.application_id = ",
            $application,
            " and (n.outcome in ('logged_out', 'had_no_session', 'refused', 'given_up')
                   or (n.outcome is null and n.last_error is not null))
             order by n.created_at desc, n.application_session_id desc limit 1"
        )
    };
}
pub(super) use last_answer_of;

/// How that application took the last notice; none while nothing is known.
///
/// # Errors
/// When the database is unavailable.
pub async fn last_answer(
    conn: &mut Conn,
    application: &ApplicationId,
) -> Result<Option<LastAnswer>, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar(last_answer_of!("$1"))
        .bind(application)
        .fetch_optional(c)
        .await)
}
