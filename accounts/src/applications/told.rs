//! What each application was told of a remote logout: for its receipt. It never claims what was not answered.

use std::time::Duration;

use sqlx::FromRow;

use super::{Class, Kind, Outcome, mine::class};
use crate::{
    db::Conn,
    ids::{AccountId, ApplicationId, EventId, UserId, is_id},
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

impl ToldHow {
    /// Whether its user has to sign out there, too. A first notice may still be on its way, and is no reason to worry.
    #[must_use]
    pub fn may_be_open(self) -> bool {
        match self {
            Self::BeingTold { tries, next } => tries > 1 || next.is_some(),
            Self::Refused(_) | Self::Dropped | Self::CannotBeTold(_) => true,
            Self::LoggedOut(_)
            | Self::HadNoSession(_)
            | Self::GaveUp
            | Self::RefusedAtNextRequest
            | Self::EndsAtNextRefresh => false,
        }
    }
}

/// A session at an application that a remote logout ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub application_id: ApplicationId,
    pub name: String,
    pub how: ToldHow,
}

impl Told {
    /// Whether an answer may still come.
    #[must_use]
    pub fn is_being_told(&self) -> bool {
        matches!(self.how, ToldHow::BeingTold { .. })
    }
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
    has_failed: bool,
    last_status: Option<i64>,
    outcome: Option<Outcome>,
    answered_at: Option<UnixMillis>,
}

/// The columns of [`Row`], of application sessions `x`, applications `a` and logout notices `n`.
macro_rules! told {
    () => {
        "x.application_id, a.name, a.kind, a.logout_address, x.has_refreshed, a.own_session_lives,
         n.tries, n.next_try_at, n.last_error is not null as has_failed, n.last_status, n.outcome, n.answered_at"
    };
}

/// What a remote logout ended at that user's applications, and what each has answered so far: one event may be of many users.
/// What the job has yet to follow is being told already: it is owed from the commit on.
///
/// # Errors
/// When the database is unavailable.
pub async fn told(
    conn: &mut Conn,
    user: &UserId,
    event: &EventId,
) -> Result<Vec<Told>, sqlx::Error> {
    let rows: Vec<Row> = on!(conn, c => sqlx::query_as(concat!(
        "select ", told!(), " from application_sessions x join applications a on a.id = x.application_id
              left join logout_notices n on n.application_session_id = x.id
         where x.user_id = $2 and (x.ended_by = $1
            or (x.ended_at is null and exists (select 1 from epoch_raises r where r.event_id = $1
                                               and r.user_id = x.user_id and r.epoch = x.epoch)))
         order by lower(a.name), a.id, x.created_at limit 500"))
        .bind(event)
        .bind(user)
        .fetch_all(c)
        .await)?;
    Ok(rows.into_iter().map(Row::told).collect())
}

/// How far a remote logout went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogoutScope {
    /// It was of the user whom the event is about.
    Member,
    /// It was of everyone, and the event is about one of them.
    Everyone,
}

/// As [`told`], of members of that account alone: for its owners and admins.
///
/// # Errors
/// When the database is unavailable.
pub async fn told_of_members(
    conn: &mut Conn,
    account: &AccountId,
    event: &EventId,
    scope: LogoutScope,
) -> Result<Vec<Told>, sqlx::Error> {
    /// With raised epochs `r`.
    macro_rules! at_applications {
        () => {
            " join application_sessions x on x.user_id = r.user_id
                   and (x.ended_by = r.event_id or (x.ended_at is null and x.epoch = r.epoch))
              join applications a on a.id = x.application_id
              left join logout_notices n on n.application_session_id = x.id "
        };
    }
    if !is_id(&event.0) {
        return Ok(Vec::new());
    }
    let sql = match scope {
        LogoutScope::Member => concat!(
            "select ",
            told!(),
            " from epoch_raises r join users u on u.id = r.user_id",
            at_applications!(),
            "where r.event_id = $1 and u.account_id = $2
             order by lower(a.name), a.id, x.created_at limit 500"
        ),
        // One operation has one moment.
        LogoutScope::Everyone => concat!(
            "select ",
            told!(),
            " from epoch_raises one join users u on u.account_id = $2
              join epoch_raises r on r.user_id = u.id and r.at = one.at and r.reason = one.reason",
            at_applications!(),
            "where one.event_id = $1
             order by lower(a.name), a.id, x.created_at limit 10000"
        ),
    };
    let rows: Vec<Row> = on!(conn, c => sqlx::query_as(sql)
        .bind(event)
        .bind(account)
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
            // Counted when it is taken to be sent: without an answer yet, nothing has failed.
            let next = self.next_try_at.filter(|_| self.has_failed);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_on_its_way_or_has_answered_is_not_called_open() {
        let next = Some(UnixMillis(9));
        for how in [
            ToldHow::Refused(None),
            ToldHow::Dropped,
            ToldHow::CannotBeTold(Duration::from_hours(24)),
            ToldHow::BeingTold { tries: 1, next },
        ] {
            assert!(how.may_be_open(), "{how:?}");
        }
        for how in [
            ToldHow::LoggedOut(UnixMillis(5)),
            ToldHow::RefusedAtNextRequest,
            ToldHow::BeingTold {
                tries: 1,
                next: None,
            },
        ] {
            assert!(!how.may_be_open(), "{how:?}");
        }
    }
}
