//! What each application was told of a remote logout: for its receipt. It never claims what was not answered.

use std::time::Duration;

use sqlx::FromRow;

use super::{Class, Kind, Outcome, mine::class};
use crate::{
    db::Conn,
    ids::{ApplicationId, EventId},
    on,
    time::UnixMillis,
};

/// What came of it at one application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToldHow {
    /// It has answered that it did.
    LoggedOut(UnixMillis),
    /// It has answered that it had no such session.
    HadNoSession(UnixMillis),
    /// It is being told: so often it was tried, and then comes the next try.
    BeingTold {
        tries: i64,
        next: Option<UnixMillis>,
    },
    /// Its answer was a final no, with that status.
    Refused(Option<i64>),
    /// It did not answer until its own session had ended.
    GaveUp,
    /// It was removed, or can be told no longer.
    Dropped,
    /// It is a gate: its next request was refused.
    RefusedAtNextRequest,
    /// It was seen to refresh: it ended at the next refresh.
    EndsAtNextRefresh,
    /// Its own session may live so long.
    CannotBeTold(Duration),
}

/// A session at an application that a remote logout ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub application_id: ApplicationId,
    pub name: String,
    pub how: ToldHow,
}

#[derive(FromRow)]
struct Row {
    application_id: ApplicationId,
    name: String,
    kind: Kind,
    logout_address: Option<String>,
    has_refreshed: bool,
    own_session_lives: i64,
    tries: Option<i64>,
    next_try_at: Option<UnixMillis>,
    last_status: Option<i64>,
    outcome: Option<Outcome>,
    answered_at: Option<UnixMillis>,
}

/// What a remote logout ended at applications, and what each has answered so far. What the job has yet to follow is being
/// told already: it is owed from the commit on.
///
/// # Errors
/// When the database is unavailable.
pub async fn told(conn: &mut Conn, event: &EventId) -> Result<Vec<Told>, sqlx::Error> {
    let rows: Vec<Row> = on!(conn, c => sqlx::query_as(
        "select x.application_id, a.name, a.kind, a.logout_address, x.has_refreshed, a.own_session_lives,
                n.tries, n.next_try_at, n.last_status, n.outcome, n.answered_at
         from application_sessions x join applications a on a.id = x.application_id
              left join logout_notices n on n.application_session_id = x.id
         where x.ended_by = $1
            or (x.ended_at is null and exists (select 1 from epoch_raises r where r.event_id = $1
                                               and r.user_id = x.user_id and r.epoch = x.epoch))
         order by lower(a.name), a.id, x.created_at limit 500")
        .bind(event)
        .fetch_all(c)
        .await)?;
    Ok(rows.into_iter().map(Row::told).collect())
}

impl Row {
    fn told(self) -> Told {
        let how = match (self.outcome, self.answered_at) {
            (Some(Outcome::LoggedOut), Some(at)) => ToldHow::LoggedOut(at),
            (Some(Outcome::HadNoSession), Some(at)) => ToldHow::HadNoSession(at),
            (Some(Outcome::Refused), _) => ToldHow::Refused(self.last_status),
            (Some(Outcome::GivenUp), _) => ToldHow::GaveUp,
            (Some(Outcome::Dropped), _) => ToldHow::Dropped,
            (Some(Outcome::LoggedOut | Outcome::HadNoSession), None) | (None, _) => self.not_yet(),
        };
        Told {
            application_id: self.application_id,
            name: self.name,
            how,
        }
    }

    fn not_yet(&self) -> ToldHow {
        if let Some(tries) = self.tries {
            let next = self.next_try_at.filter(|_| tries > 0);
            return ToldHow::BeingTold { tries, next };
        }
        let lives = Duration::from_millis(u64::try_from(self.own_session_lives).unwrap_or(0));
        match class(self.kind, self.logout_address.is_some(), self.has_refreshed) {
            Class::ToldAtOnce => ToldHow::BeingTold {
                tries: 0,
                next: None,
            },
            Class::RefusedAtNextRequest => ToldHow::RefusedAtNextRequest,
            Class::EndsAtNextRefresh => ToldHow::EndsAtNextRefresh,
            Class::CannotBeTold => ToldHow::CannotBeTold(lives),
        }
    }
}
