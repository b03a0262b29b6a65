//! Invitations: a link that lets one user into an account, once, within seven days.

mod confirm;
mod join;

use std::time::Duration;

use serde_json::json;
use sqlx::FromRow;

pub use confirm::confirm;
pub use join::{Invitation, JoinError, join, look_up};

use crate::{
    audit::{Action, Actor, Event},
    email_address::clean_email,
    emails::EmailTemplate,
    execute,
    ids::{AccountId, UserId},
    instance::Reader,
    live::owes_second_factor,
    members::{MemberError, act::may_give, begin},
    on,
    operation::Operation,
    permissions::Permission,
    rate_limits::{self, RateLimited},
    roles::Role,
    secret::Token,
    signed_in::SignedIn,
    time::UnixMillis,
};

/// How long an invitation is good.
pub const GOOD_FOR: Duration = Duration::from_hours(7 * 24);

/// An invitation that was just created. The token goes into the link, and nowhere else.
#[derive(Debug)]
pub struct Made {
    pub id: String,
    pub token: Token,
    pub expires_at: UnixMillis,
}

/// Why no invitation was created.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    #[error("{0}")]
    Email(&'static str),
    #[error("too many emails to that address")]
    RateLimited(RateLimited),
    #[error(transparent)]
    Refused(#[from] MemberError),
}

impl From<sqlx::Error> for InviteError {
    fn from(error: sqlx::Error) -> Self {
        Self::Refused(MemberError::Database(error))
    }
}

/// Invites a new member with that role. When `email` is not empty, the link is emailed to it.
///
/// # Errors
/// See [`InviteError`]; nothing has changed then.
pub async fn invite(
    op: &mut Operation,
    who: &SignedIn,
    role: Role,
    email: &str,
) -> Result<Made, InviteError> {
    let now = op.now;
    let email = match email.trim() {
        "" => None,
        typed => Some(clean_email(typed).map_err(InviteError::Email)?),
    };
    let me = begin(op, who, Permission::InviteMember).await?;
    may_give(role, me.role, me.plan)?;
    let made = Made {
        id: now.id(),
        token: Token::random(),
        expires_at: now.at + GOOD_FOR,
    };
    execute!(op, "insert into invitations (id, account_id, role, email, token_hash, created_by, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)", &made.id, &me.account_id, role, &email, made.token.hash(), &me.id, now.at, made.expires_at)?;
    if let Some(email) = &email {
        rate_limits::permit_invitation(op, &me.account_id, email)
            .await?
            .map_err(InviteError::RateLimited)?;
        let template = EmailTemplate::Invitation {
            by: me.name.clone(),
            account: who.user.account_name.clone(),
            role: role.name().to_lowercase(),
        };
        op.email_with_link(email, template, &made.token, made.expires_at);
    }
    let event = Event::of(Action::MemberInvited, Actor::User(&me.id))
        .in_account(&me.account_id)
        .with(json!({ "invitation": made.id, "role": role.key(), "email": email }));
    op.record(event);
    Ok(made)
}

/// An open invitation in the list. It does not hold the link.
#[derive(Debug, Clone, FromRow)]
pub struct Open {
    pub id: String,
    pub role: Role,
    pub email: Option<String>,
    pub invited_by: String,
    pub created_by: UserId,
    pub created_at: UnixMillis,
    /// From where, as its audit event says; none once the account no longer keeps that event.
    pub user_agent: Option<String>,
    pub ip: Option<String>,
    pub expires_at: UnixMillis,
    /// It opens nothing until the user who created it, or an owner, confirms it.
    pub waits: bool,
    /// It opens nothing until the user who created it has set up the second factor that the account requires.
    pub maker_owes_second_factor: bool,
}

/// The account's invitations that are still valid, latest first.
///
/// # Errors
/// When the database is unavailable.
pub async fn open(conn: &mut Reader, account: &AccountId) -> Result<Vec<Open>, sqlx::Error> {
    let now = conn.now;
    on!(conn, c => sqlx::query_as(concat!(
        "select i.id, i.role, i.email, u.name as invited_by, i.created_by, i.created_at, e.user_agent, e.ip, i.expires_at,
                i.waits_since is not null as waits, ",
        owes_second_factor!(), " as maker_owes_second_factor
         from invitations i join users u on u.id = i.created_by
         left join audit_events e on e.chain = i.account_id and e.at = i.created_at and e.action = 'member.invited'
              and e.details like '%\"' || i.id || '\"%'
         where i.account_id = $1 and i.used_at is null and i.revoked_at is null and i.expires_at > $2
         order by i.created_at desc, i.id desc limit 500"))
        .bind(account)
        .bind(now.at)
        .fetch_all(c)
        .await)
}

/// Revokes an invitation: its link opens nothing from the commit on.
///
/// # Errors
/// See [`MemberError`]; nothing has changed then.
pub async fn revoke(
    op: &mut Operation,
    who: &SignedIn,
    invitation: &str,
) -> Result<(), MemberError> {
    let now = op.now;
    let me = begin(op, who, Permission::RevokeInvitation).await?;
    let revoked = execute!(op, "update invitations set revoked_at = $3
         where id = $1 and account_id = $2 and used_at is null and revoked_at is null and expires_at > $3", invitation, &me.account_id, now.at)?;
    if revoked == 0 {
        return Err(MemberError::NotFound);
    }
    let event = Event::of(Action::InvitationRevoked, Actor::User(&me.id))
        .in_account(&me.account_id)
        .with(json!({ "invitation": invitation }));
    op.record(event);
    Ok(())
}

/// Revokes all invitations of a user who may invite no longer.
pub(crate) async fn revoke_all_of(op: &mut Operation, user: &UserId) -> Result<(), sqlx::Error> {
    revoke_since(op, user, UnixMillis(0)).await?;
    Ok(())
}

/// Revokes the open invitations that a user has created since a moment. Returns how many that were.
pub(crate) async fn revoke_since(
    op: &mut Operation,
    user: &UserId,
    since: UnixMillis,
) -> Result<u64, sqlx::Error> {
    let now = op.now;
    execute!(
        op,
        "update invitations set revoked_at = $2
         where created_by = $1 and created_at >= $3 and used_at is null and revoked_at is null",
        user,
        now.at,
        since
    )
}

/// How many open invitations a user has created since a moment.
pub(crate) async fn count_since(
    conn: &mut Reader,
    user: &UserId,
    since: UnixMillis,
) -> Result<i64, sqlx::Error> {
    let now = conn.now;
    on!(conn, c => sqlx::query_scalar(
        "select count(*) from invitations
         where created_by = $1 and created_at >= $3 and used_at is null and revoked_at is null and expires_at > $2")
        .bind(user)
        .bind(now.at)
        .bind(since)
        .fetch_one(c)
        .await)
}

pub(crate) async fn revoke_all(op: &mut Operation, account: &AccountId) -> Result<(), sqlx::Error> {
    let now = op.now;
    execute!(
        op,
        "update invitations set revoked_at = $2
         where account_id = $1 and used_at is null and revoked_at is null",
        account,
        now.at
    )?;
    Ok(())
}
