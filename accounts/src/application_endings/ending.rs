//! Ending what a user holds at applications, and owing each application its notice, in one transaction.
//!
//! The commit of every operation that has locked a user calls [`follow`]: what has ended there ends here too, however that
//! came about. So no way to end a session has to remember its applications. A raised epoch is the exception, because its
//! cost must not grow with what it ends: it leaves a row, and a job of [`sessions`](crate::sessions) follows within a second.

use std::time::Duration;

use serde_json::json;
use sqlx::FromRow;

use super::causes::{Cause, reasons_that_end_offline};
use crate::{
    audit::{Action, Actor, Event},
    end_reason::EndReason,
    execute,
    ids::{AccountId, ApplicationId, ApplicationSessionId, EventId, UserId},
    instance::Reader,
    live::may_use_application,
    on,
    time::UnixMillis,
};

/// An application whose own session has ended already is told once anyway, because nothing here knows better.
const AT_LEAST: Duration = Duration::from_mins(10);

/// A session at an application that is about to end.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct Open {
    pub id: ApplicationSessionId,
    pub application_id: ApplicationId,
    pub account_id: AccountId,
    pub user_id: UserId,
    pub name: String,
    created_at: UnixMillis,
    last_used_at: Option<UnixMillis>,
    own_session_lives: i64,
    logout_address: Option<String>,
}

/// The columns of [`Open`], of `application_sessions x` and `applications a`.
macro_rules! open {
    () => {
        "x.id, x.application_id, a.account_id, x.user_id, a.name, x.created_at, x.last_used_at, a.own_session_lives,
         a.logout_address"
    };
}
pub(crate) use open;

/// How it ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EndedBy<'a> {
    /// [`Cause::name`].
    pub reason: &'a str,
    pub at: UnixMillis,
    /// The event of the operation that ended it.
    pub by: Option<&'a EventId>,
}

/// A session at an application that has ended: the operation records its event.
#[derive(Debug)]
pub(crate) struct EndedThere {
    open: Open,
    reason: String,
    by: Option<EventId>,
}

impl EndedThere {
    /// `application.session_ended`, under the event of what ended it.
    pub(crate) fn event<'a>(&'a self, actor: Actor<'a>) -> Event<'a> {
        let event = Event::of(Action::ApplicationSessionEnded, actor)
            .in_account(&self.open.account_id)
            .about(&self.open.user_id)
            .with(json!({
                "application": self.open.application_id.as_str(), "name": self.open.name,
                "session": self.open.id.as_str(), "reason": self.reason,
            }));
        match &self.by {
            Some(parent) => event.under(parent),
            None => event,
        }
    }
}

/// Ends a session at an application, and owes the application its notice where it can be told. None when it has ended
/// already.
pub(crate) async fn end(
    reader: &mut Reader,
    open: Open,
    how: EndedBy<'_>,
) -> Result<Option<EndedThere>, sqlx::Error> {
    let ended = execute!(
        reader,
        "update application_sessions set ended_at = $2, end_reason = $3, ended_by = $4
         where id = $1 and ended_at is null",
        &open.id,
        how.at,
        how.reason,
        how.by
    )?;
    if ended == 0 {
        return Ok(None);
    }
    if open.logout_address.is_some() {
        owe(reader, &open, how).await?;
    }
    Ok(Some(EndedThere {
        open,
        reason: how.reason.to_owned(),
        by: how.by.cloned(),
    }))
}

/// Writes the notice of an end.
async fn owe(reader: &mut Reader, open: &Open, how: EndedBy<'_>) -> Result<(), sqlx::Error> {
    let now = reader.now.at;
    let lives = Duration::from_millis(u64::try_from(open.own_session_lives).unwrap_or(0));
    let good_until = open.last_used_at.unwrap_or(open.created_at) + lives;
    execute!(
        reader,
        "insert into logout_notices (application_session_id, application_id, account_id, user_id, event_id, reason,
                                     created_at, next_try_at, leased_until, tries, good_until)
         values ($1, $2, $3, $4, $5, $6, $7, $7, 0, 0, $8)
         on conflict do nothing",
        &open.id,
        &open.application_id,
        &open.account_id,
        &open.user_id,
        how.by,
        how.reason,
        now,
        good_until.max(now + AT_LEAST)
    )?;
    Ok(())
}

/// A condition: the application session `x` was started with the second factor that its application `a` requires.
macro_rules! second_factor_of {
    () => {
        "(not a.requires_second_factor or x.second_factor is not null)"
    };
}

#[derive(FromRow)]
struct Following {
    #[sqlx(flatten)]
    open: Open,
    may_use: bool,
    end_reason: Option<String>,
    ended_at: Option<UnixMillis>,
    ended_by: Option<EventId>,
}

/// Ends what a user holds at applications under the present epoch and may hold no longer: the session that it came from has
/// ended, the user may not use the application, or it requires a second factor now that was not shown for it.
pub(crate) async fn follow(
    reader: &mut Reader,
    user: &UserId,
) -> Result<Vec<EndedThere>, sqlx::Error> {
    let now = reader.now.at;
    let due: Vec<Following> = on!(reader, c => sqlx::query_as(concat!(
        "select ", open!(), ", (", may_use_application!(), " and ", second_factor_of!(), ") as may_use, s.end_reason, s.ended_at, s.ended_by
         from application_sessions x join applications a on a.id = x.application_id join users u on u.id = x.user_id
              left join sessions s on s.id = x.session_id
         where x.user_id = $1 and x.ended_at is null and x.epoch = u.epoch
           and (not ", may_use_application!(), " or not ", second_factor_of!(), "
                or (s.id is null and not x.is_offline)
                or (s.ended_at is not null and (not x.is_offline or $2 like '%,' || s.end_reason || ',%')))
         order by x.id"))
        .bind(user)
        .bind(reasons_that_end_offline())
        .fetch_all(c)
        .await)?;
    let mut ended = Vec::new();
    for row in due {
        // A session that was deleted had ended long before.
        let of_itself = if row.may_use {
            Cause::Session(EndReason::Expired)
        } else {
            Cause::NotAllowed
        };
        let how = EndedBy {
            reason: &row.end_reason.unwrap_or_else(|| of_itself.name()),
            at: row.ended_at.unwrap_or(now),
            by: row.ended_by.as_ref(),
        };
        ended.extend(end(reader, row.open, how).await?);
    }
    Ok(ended)
}
