//! Where a user is signed in: under Profile → Security, and in what the remote logout dialog shows.

use std::time::Duration;

use serde_json::json;
use sqlx::FromRow;

use super::{Kind, LastAnswer, last_answer::last_answer_of};
use crate::{
    application_endings::{Cause, EndedBy, Open, end, open},
    audit::{Action, Actor, Event},
    device,
    ids::{ApplicationId, ApplicationSessionId, UserId},
    instance::Reader,
    live::{live_session, may_use_application},
    members::MemberError,
    on,
    operation::Operation,
    signed_in::SignedIn,
    time::UnixMillis,
};

/// How an application learns that a session there has ended: the four classes of the dialog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// It is sent a notice.
    ToldAtOnce,
    /// A gate: its next request is refused.
    RefusedAtNextRequest,
    /// It was seen to refresh its tokens: the next refresh is refused, within ten minutes.
    EndsAtNextRefresh,
    /// Its own session may live on.
    CannotBeTold,
}

/// A user's sign-in at an application that is live.
#[derive(Debug, Clone, FromRow)]
pub struct Mine {
    pub id: ApplicationSessionId,
    pub application_id: ApplicationId,
    pub name: String,
    pub address: Option<String>,
    kind: Kind,
    logout_address: Option<String>,
    has_refreshed: bool,
    own_session_lives: i64,
    pub is_offline: bool,
    pub created_at: UnixMillis,
    pub last_used_at: Option<UnixMillis>,
    user_agent: Option<String>,
    label: Option<String>,
    last_answer: Option<LastAnswer>,
}

impl Mine {
    /// How the application learns of an end.
    #[must_use]
    pub fn class(&self) -> Class {
        class(self.kind, self.logout_address.is_some(), self.has_refreshed)
    }

    /// Whether a remote logout may leave its own session open, by what is known now: it cannot be told, or took the last
    /// notice badly.
    #[must_use]
    pub fn may_stay_open(&self) -> bool {
        match self.class() {
            Class::CannotBeTold => true,
            Class::ToldAtOnce => self.last_answer.is_some_and(|last| !last.is_good()),
            Class::RefusedAtNextRequest | Class::EndsAtNextRefresh => false,
        }
    }

    /// How long its own session may live.
    #[must_use]
    pub fn own_session(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.own_session_lives).unwrap_or(0))
    }

    /// The device it came from; none when that is known no longer.
    #[must_use]
    pub fn device(&self) -> Option<String> {
        let label = self.label.clone();
        label.or_else(|| Some(device::of(self.user_agent.as_deref()?).label()))
    }
}

/// See [`Class`].
pub(super) fn class(kind: Kind, can_be_told: bool, has_refreshed: bool) -> Class {
    match kind {
        Kind::Gate => Class::RefusedAtNextRequest,
        Kind::OpenId if can_be_told => Class::ToldAtOnce,
        Kind::OpenId if has_refreshed => Class::EndsAtNextRefresh,
        Kind::OpenId => Class::CannotBeTold,
    }
}

/// Where the user is signed in now, by the applications' names.
///
/// # Errors
/// When the database is unavailable.
pub async fn mine(conn: &mut Reader, user: &UserId) -> Result<Vec<Mine>, sqlx::Error> {
    let (now, idle) = (conn.now.at, conn.idle_since());
    on!(conn, c => sqlx::query_as(concat!(
        "select x.id, x.application_id, a.name, a.address, a.kind, a.logout_address, x.has_refreshed,
                a.own_session_lives, x.is_offline, x.created_at, x.last_used_at, s.user_agent,
                coalesce(d.label, s.label) as label, (", last_answer_of!("a.id"), ") as last_answer
         from application_sessions x join applications a on a.id = x.application_id join users u on u.id = x.user_id
              left join sessions s on s.id = x.session_id
              left join remembered_devices d on d.id = s.remembered_device_id
         where u.id = $3 and x.ended_at is null and x.epoch = u.epoch and ", may_use_application!(),
           " and (x.is_offline or ", live_session!("$1", "$2"), ")
         order by lower(a.name), a.id, x.created_at desc limit 500"))
        .bind(now)
        .bind(idle)
        .bind(user)
        .fetch_all(c)
        .await)
}

/// A sign-in that its user has ended, as it was when it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedOutThere {
    /// The application's name.
    pub name: String,
    /// How the application learns of it.
    pub class: Class,
}

/// What [`sign_out`] ends.
#[derive(FromRow)]
struct Ending {
    #[sqlx(flatten)]
    open: Open,
    kind: Kind,
    can_be_told: bool,
    has_refreshed: bool,
}

/// Signs the user out of one application: that sign-in there ends, and the application is told.
///
/// # Errors
/// [`MemberError::Ended`] when the session that asks has ended, [`MemberError::NotFound`] when there is no such sign-in of
/// the user; nothing has changed then.
pub async fn sign_out(
    op: &mut Operation,
    me: &SignedIn,
    id: &ApplicationSessionId,
) -> Result<SignedOutThere, MemberError> {
    let live = op.lock_live(&me.user.id, &me.session).await?;
    let user = live.ok_or(MemberError::Ended)?.user;
    let plain =
        id.0.bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if !plain || id.0.len() > 64 {
        return Err(MemberError::NotFound);
    }
    let ending: Option<Ending> = on!(op, c => sqlx::query_as(concat!(
        "select ", open!(), ", a.kind, a.logout_address is not null as can_be_told, x.has_refreshed
         from application_sessions x join applications a on a.id = x.application_id
         where x.id = $1 and x.user_id = $2 and x.epoch = $3 and x.ended_at is null"))
        .bind(id)
        .bind(&user.id)
        .bind(user.epoch)
        .fetch_optional(c)
        .await)?;
    let ending = ending.ok_or(MemberError::NotFound)?;
    let class = class(ending.kind, ending.can_be_told, ending.has_refreshed);
    let open = ending.open;
    let name = open.name.clone();
    let event = Event::of(Action::ApplicationSignedOut, Actor::User(&user.id))
        .in_account(&user.account_id)
        .about(&user.id)
        .with(json!({ "application": open.application_id.as_str(), "name": name }));
    let event = op.record(event);
    let reason = Cause::SignedOutHere.name();
    let how = EndedBy {
        reason: &reason,
        at: op.now.at,
        by: Some(&event),
    };
    end(op, open, how).await?;
    Ok(SignedOutThere { name, class })
}
