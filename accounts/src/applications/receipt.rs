//! What each application was told of a remote logout: for its receipt. It never claims what was not answered.

use std::time::Duration;

use sqlx::FromRow;

use super::{Class, Kind, Outcome, mine::class};
use crate::{
    db::Conn,
    execute,
    ids::{ApplicationId, EventId, UserId, is_id},
    instance::Reader,
    on,
    operation::Operation,
    secret::Token,
    time::UnixMillis,
};

/// How long a browser may look at its receipt without being signed in.
pub const RECEIPT_LASTS: Duration = Duration::from_hours(1);

/// A remote logout, as its receipt says it.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Receipt {
    #[sqlx(rename = "event_id")]
    pub event: EventId,
    pub sessions: i64,
    pub remembered_devices: i64,
    pub invitations: i64,
    pub at: UnixMillis,
    /// Of the event in the audit log; none when it was deleted.
    pub hash: Option<String>,
}

/// The columns of [`Receipt`], of `epoch_raises r` and `audit_events e`.
macro_rules! receipt {
    () => {
        "r.event_id, r.sessions, r.remembered_devices, r.invitations, r.at, e.hash
         from epoch_raises r left join audit_events e on e.id = r.event_id "
    };
}

/// Lets the browser that gets this token look at the receipt of that remote logout for an hour. The token opens nothing
/// else.
///
/// # Errors
/// When the database is unavailable.
pub async fn leave_receipt(op: &mut Operation, event: &EventId) -> Result<Token, sqlx::Error> {
    let (token, until) = (Token::random(), op.now.at + RECEIPT_LASTS);
    execute!(
        op,
        "insert into receipts (token_hash, event_id, expires_at) values ($1, $2, $3)",
        token.hash(),
        event,
        until
    )?;
    Ok(token)
}

/// The receipt that a token lets a browser look at.
///
/// # Errors
/// When the database is unavailable.
pub async fn receipt_of(conn: &mut Reader, token: &Token) -> Result<Option<Receipt>, sqlx::Error> {
    let now = conn.now.at;
    on!(conn, c => sqlx::query_as(concat!(
        "select ", receipt!(), "join receipts k on k.event_id = r.event_id
         where k.token_hash = $1 and k.expires_at > $2"))
        .bind(token.hash())
        .bind(now)
        .fetch_optional(c)
        .await)
}

/// The receipt of a remote logout of that user.
///
/// # Errors
/// When the database is unavailable.
pub async fn receipt_of_event(
    conn: &mut Conn,
    user: &UserId,
    event: &EventId,
) -> Result<Option<Receipt>, sqlx::Error> {
    if !is_id(&event.0) {
        return Ok(None);
    }
    on!(conn, c => sqlx::query_as(concat!(
        "select ", receipt!(), "where r.event_id = $1 and r.user_id = $2"))
        .bind(event)
        .bind(user)
        .fetch_optional(c)
        .await)
}

/// The events of the user's raised epochs of which there is still a receipt, the newest first.
///
/// # Errors
/// When the database is unavailable.
pub async fn receipts_of(conn: &mut Conn, user: &UserId) -> Result<Vec<EventId>, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar(
        "select event_id from epoch_raises where user_id = $1 order by epoch desc limit 200")
        .bind(user)
        .fetch_all(c)
        .await)
}

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
