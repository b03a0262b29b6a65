//! The outbox of logout notices: written with the end that they tell of, leased by one node at a time, tried again until the
//! application's own session would have ended.

use std::time::Duration;

use sqlx::FromRow;

use super::{
    SigningAlgorithm,
    notice_answers::{self, Outcome},
};
use crate::{
    audit::{Action, Actor, Event},
    db::{Conn, Tx},
    execute,
    ids::{AccountId, ApplicationId, ApplicationSessionId, EventId, UserId},
    on,
    operation::Operation,
    retry::next_notice,
    time::{Moment, UnixMillis},
};

/// How long one node has a notice to itself: longer than a try takes.
const LEASE: Duration = Duration::from_secs(15);

/// A notice that is due, for the node that has claimed it.
#[derive(Debug, Clone, FromRow)]
pub struct DueNotice {
    pub application_session_id: ApplicationSessionId,
    pub application_id: ApplicationId,
    pub account_id: AccountId,
    pub user_id: UserId,
    tries: i64,
    good_until: UnixMillis,
    event_id: Option<EventId>,
    pub name: String,
    preset: Option<String>,
    pub signing_algorithm: SigningAlgorithm,
    pub logout_address: String,
}

/// Which notices are taken: those to applications that answer, or those to applications whose last try failed. The two are
/// sent side by side, so that what does not answer delays nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    Answering,
    Failing,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A status, and the beginning of the body.
    Status(u16, String),
    /// None, and why, in a few plain words.
    None(String),
}

/// Takes the notice of that lane that has been due the longest. No other node gets it for a while. An application that
/// answers is sent four at a time, one that fails a single one. Commit before sending.
///
/// # Errors
/// When the database is unavailable.
pub async fn lease_notice(
    tx: &mut Tx,
    lane: Lane,
    now: Moment,
) -> Result<Option<DueNotice>, sqlx::Error> {
    let (failing, at_once) = match lane {
        Lane::Answering => (false, 4),
        Lane::Failing => (true, 1),
    };
    on!(tx, c => sqlx::query_as(
        "update logout_notices set leased_until = $2, tries = tries + 1
         where application_session_id = (
             select n.application_session_id from logout_notices n join applications a on a.id = n.application_id
             where n.outcome is null and n.next_try_at <= $1 and n.leased_until <= $1 and a.logout_address is not null
               and (select count(*) from logout_notices x where x.application_id = n.application_id
                    and x.outcome is null and x.leased_until > $1) < $3
               and exists (select 1 from logout_notices f where f.application_id = n.application_id
                           and f.outcome is null and f.last_error is not null) = $4
             order by n.next_try_at, n.application_session_id limit 1)
           and outcome is null and next_try_at <= $1 and leased_until <= $1
         returning application_session_id, application_id, account_id, user_id, tries, good_until, event_id,
            (select name from applications a where a.id = application_id) as name,
            (select preset from applications a where a.id = application_id) as preset,
            (select signing_algorithm from applications a where a.id = application_id) as signing_algorithm,
            (select logout_address from applications a where a.id = application_id) as logout_address")
        .bind(now.at)
        .bind(now.at + LEASE)
        .bind(at_once)
        .bind(failing)
        .fetch_optional(c)
        .await)
}

/// Writes down what came of a try. Returns the outcome; none when it is tried again. A final no is an event.
///
/// # Errors
/// When the database is unavailable; it is sent again when the lease expires then.
pub async fn note_answer(
    op: &mut Operation,
    due: &DueNotice,
    answer: &Answer,
) -> Result<Option<Outcome>, sqlx::Error> {
    let now = op.now.at;
    let (status, why) = match answer {
        Answer::Status(status, body) => (Some(*status), notice_answers::why(*status, body)),
        Answer::None(why) => (None, Some(why.clone())),
    };
    let mut outcome = match answer {
        Answer::Status(status, body) => {
            notice_answers::outcome(due.preset.as_deref(), *status, body)
        }
        Answer::None(_) => None,
    };
    let next = next_notice(due.tries, now, due.good_until);
    if outcome.is_none() && next.is_none() {
        outcome = Some(Outcome::GivenUp);
    }
    let is_good = matches!(outcome, Some(Outcome::LoggedOut | Outcome::HadNoSession));
    // An answer that comes too late does not undo what another node has written since.
    let written = execute!(
        op,
        "update logout_notices
         set leased_until = 0, next_try_at = coalesce($2, next_try_at), last_status = $3, last_error = $4, outcome = $5,
             answered_at = case when $5 is null then answered_at else $6 end
         where application_session_id = $1 and tries = $7 and outcome is null",
        &due.application_session_id,
        next,
        status.map(i64::from),
        why.filter(|_| !is_good),
        outcome,
        now,
        due.tries
    )?;
    if written > 0 && matches!(outcome, Some(Outcome::Refused | Outcome::GivenUp)) {
        record_no(op, due, status);
    }
    if is_good {
        wake_others(op, due).await?;
    }
    Ok(outcome)
}

/// The application answers again: what waits for its next try there is due now.
async fn wake_others(op: &mut Operation, due: &DueNotice) -> Result<(), sqlx::Error> {
    let now = op.now.at;
    execute!(
        op,
        "update logout_notices set next_try_at = $2
         where application_id = $1 and outcome is null and last_error is not null and next_try_at > $2",
        &due.application_id,
        now
    )?;
    Ok(())
}

fn record_no(op: &mut Operation, due: &DueNotice, status: Option<u16>) {
    let event = Event::of(Action::ApplicationRefused, Actor::System)
        .in_account(&due.account_id)
        .about(&due.user_id)
        .with(serde_json::json!({
            "application": due.application_id.as_str(), "name": due.name,
            "session": due.application_session_id.as_str(), "status": status,
        }));
    op.record(match &due.event_id {
        Some(parent) => event.under(parent),
        None => event,
    });
}

/// What waits for an application is not sent: it was removed, or can be told no longer.
pub(super) async fn drop_waiting(
    op: &mut Operation,
    application: &ApplicationId,
) -> Result<u64, sqlx::Error> {
    let now = op.now.at;
    execute!(
        op,
        "update logout_notices set outcome = 'dropped', answered_at = $2 where application_id = $1 and outcome is null",
        application,
        now
    )
}

/// A notice in a list.
#[derive(Debug, Clone, FromRow)]
pub struct ListedNotice {
    pub application_session_id: ApplicationSessionId,
    pub user_name: String,
    pub reason: String,
    pub created_at: UnixMillis,
    pub next_try_at: UnixMillis,
    pub tries: i64,
    pub last_status: Option<i64>,
    pub last_error: Option<String>,
    pub outcome: Option<Outcome>,
    pub answered_at: Option<UnixMillis>,
}

/// Up to `most` of an application's notices, newest first.
///
/// # Errors
/// When the database is unavailable.
pub async fn recent_notices(
    conn: &mut Conn,
    application: &ApplicationId,
    most: i64,
) -> Result<Vec<ListedNotice>, sqlx::Error> {
    on!(conn, c => sqlx::query_as(
        "select n.application_session_id, u.name as user_name, n.reason, n.created_at, n.next_try_at, n.tries,
                n.last_status, n.last_error, n.outcome, n.answered_at
         from logout_notices n join users u on u.id = n.user_id
         where n.application_id = $1 order by n.created_at desc, n.application_session_id desc limit $2")
        .bind(application)
        .bind(most)
        .fetch_all(c)
        .await)
}

/// Whether any notice is due that no node has.
///
/// # Errors
/// When the database is unavailable.
pub async fn any_notice_due(conn: &mut Conn, now: Moment) -> Result<bool, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar::<_, i64>(
        "select count(*) from (select 1 from logout_notices
         where outcome is null and next_try_at <= $1 and leased_until <= $1 limit 1) as due")
        .bind(now.at)
        .fetch_one(c)
        .await)
    .map(|n| n > 0)
}
