//! **Remote logout**: everything a user is signed in with ends, in one transaction.
//!
//! Read it with `operation.rs`, which commits it, and `end_together.rs`, which says what ends with the epoch.

use serde_json::json;

use super::end_together::{Ending, Keep, end_together};
use crate::{
    audit::{Action, Actor, Event},
    emails::{AskedBy, EmailTemplate},
    end_reason::EndReason,
    ids::{EventId, SessionId, UserId},
    on,
    operation::{LockedUser, Operation},
    plans::{Feature, Plan},
    time::UnixMillis,
    tokens::Bearer,
    users,
};

/// Who asks for a remote logout.
#[derive(Debug, Clone, Copy)]
pub enum By<'a> {
    /// The user, from this session. It must still be live.
    Session(&'a SessionId),
    /// A user whom the caller has found to be allowed: the holder of a token, an owner or admin.
    Member(&'a UserId),
    /// A program, with a token that was found to be good.
    Token(&'a Bearer),
    /// The operator, with `curfew remote-logout` on the machine.
    Operator,
}

impl<'a> By<'a> {
    /// Whose permission it is, where no session of the user's own asks.
    fn holder(self) -> Option<&'a UserId> {
        match self {
            Self::Member(holder) => Some(holder),
            Self::Token(bearer) => Some(&bearer.user.id),
            Self::Session(_) | Self::Operator => None,
        }
    }
}

/// Where the remote logout was asked for, for the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    Security,
    Password,
    /// Settings, for one member.
    Members,
    /// Settings, for everyone.
    Everyone,
    /// The link of an email about a new device.
    Email,
    Rest,
    Mcp,
    Cli,
}

impl Surface {
    fn name(self) -> &'static str {
        match self {
            Self::Security => "profile/security",
            Self::Password => "profile/password",
            Self::Members | Self::Everyone => "settings/members",
            Self::Email => "not-me",
            Self::Rest => "api/v1",
            Self::Mcp => "mcp",
            Self::Cli => "cli",
        }
    }
}

/// What a remote logout ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutReceipt {
    pub sessions: u64,
    pub remembered_devices: u64,
    /// Open invitations of the user that wait for a confirmation now.
    pub invitations: u64,
    pub at: UnixMillis,
    /// The `user.session_invalidated` event; the commit's receipts have its hash.
    pub event: EventId,
}

/// Why a remote logout did nothing.
#[derive(Debug, thiserror::Error)]
pub enum EndAllError {
    #[error("this needs the plan {}", .0.iter().map(|p| p.name()).collect::<Vec<_>>().join(", "))]
    PlanRequired(Vec<Plan>),
    /// The session that asked has ended already, mostly by another remote logout.
    #[error("this session has ended already")]
    AlreadyEnded,
    #[error("there is no such user")]
    NoSuchUser,
    #[error("the database is unavailable")]
    Database(#[from] sqlx::Error),
}

/// Ends every session and remembered device of a user: raises the epoch, ends the rows, records one event and
/// writes one email. API tokens, MCP tokens and two-factor settings are not touched.
///
/// # Errors
/// See [`EndAllError`]; in each case nothing has changed.
pub async fn end_all(
    op: &mut Operation,
    user: &UserId,
    by: By<'_>,
    surface: Surface,
) -> Result<LogoutReceipt, EndAllError> {
    let user = op.lock_user(user).await?.ok_or(EndAllError::NoSuchUser)?;
    end_all_but(op, &user, by, surface, None).await
}

/// As [`end_all`], except that one session of the user stays live under the new epoch.
pub(crate) async fn end_all_but(
    op: &mut Operation,
    user: &LockedUser,
    by: By<'_>,
    surface: Surface,
    keep: Option<&SessionId>,
) -> Result<LogoutReceipt, EndAllError> {
    if let By::Session(session) = by
        && !op.is_live(user, session).await?
    {
        return Err(EndAllError::AlreadyEnded);
    }
    // The link of an email about a strange sign-in works on every plan: a thief with the password could lower the plan.
    // An owner or admin who logs out another user has been found to be allowed.
    let is_allowed = by.holder().is_some_and(|holder| *holder != user.id);
    let on_every_plan = surface == Surface::Email;
    if !on_every_plan && !is_allowed && !user.available().has(Feature::RemoteLogout) {
        return Err(EndAllError::PlanRequired(Plan::with(Feature::RemoteLogout)));
    }
    let actor = match by {
        By::Session(_) => Actor::User(&user.id),
        By::Member(holder) => Actor::User(holder),
        By::Token(bearer) => Actor::User(&bearer.user.id),
        By::Operator => Actor::Operator,
    };
    let browser_stays_known = match by {
        By::Session(session) => confirmed_lately(op, session).await?,
        By::Member(_) | By::Token(_) | By::Operator => false,
    };
    let scope = if surface == Surface::Everyone {
        "everyone"
    } else {
        "all"
    };
    let event = Event::of(Action::SessionInvalidated, actor)
        .with(json!({ "scope": scope, "path": surface.name() }));
    let ending = Ending {
        event,
        reason: EndReason::RemoteLogout,
        keep: keep.map(Keep::session),
        browser_stays_known,
    };
    let ended = end_together(op, user, ending).await?;
    let template = EmailTemplate::RemoteLogout {
        sessions: ended.sessions,
        remembered_devices: ended.remembered_devices,
        asked_by: asked_by(op, user, by).await?,
    };
    op.email_with_proof(&user.email, template, &ended.event);
    Ok(LogoutReceipt {
        sessions: ended.sessions.unsigned_abs(),
        remembered_devices: ended.remembered_devices.unsigned_abs(),
        invitations: ended.invitations,
        at: op.now.at,
        event: ended.event,
    })
}

/// As the user is told.
async fn asked_by(
    op: &mut Operation,
    user: &LockedUser,
    by: By<'_>,
) -> Result<AskedBy, sqlx::Error> {
    let other = by.holder().filter(|holder| **holder != user.id);
    if let Some(holder) = other {
        let member = users::find(op, holder).await?;
        return Ok(member.map_or(AskedBy::Operator, |member| AskedBy::Member {
            role: member.role.name().into(),
            name: member.name,
        }));
    }
    Ok(match by {
        By::Session(_) | By::Member(_) => AskedBy::You,
        By::Operator => AskedBy::Operator,
        By::Token(bearer) => AskedBy::Token {
            id: bearer.token.clone(),
            kind: bearer.kind.name().into(),
            name: bearer.name.clone(),
        },
    })
}

/// Whether the user has shown a password or a code in this session within the time that step-up grants.
async fn confirmed_lately(op: &mut Operation, session: &SessionId) -> Result<bool, sqlx::Error> {
    let since = op.now.at - op.limits.confirmed_for;
    on!(op, c => sqlx::query_scalar::<_, i64>(
        "select count(*) from sessions where id = $1 and confirmed_at > $2")
        .bind(session)
        .bind(since)
        .fetch_one(c)
        .await)
    .map(|n| n > 0)
}
