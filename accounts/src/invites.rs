//! Invitations: a link that lets one user into an account, once, within seven days.

use std::time::Duration;

use serde_json::json;
use sqlx::FromRow;

use crate::{
    audit::{self, Action, Actor, Client, Event},
    db::{Conn, Db, Tx},
    emails::{self, Email, EmailTemplate},
    keys::Keys,
    limits::Limits,
    members::{MemberError, begin, lock_account, role::may_give},
    on,
    passwords::Hasher,
    plans::{Feature, Plan},
    rate_limits::{self, RateLimited},
    secret::{Secret, Token},
    sessions::SignedIn,
    time::{Moment, UnixMillis},
    users::{self, AccountId, Role, UserError, UserId},
};

/// How long an invitation is good.
pub const GOOD_FOR: Duration = Duration::from_hours(7 * 24);

/// An invitation that was just made. The token goes into the link, and nowhere else.
#[derive(Debug)]
pub struct Made {
    pub id: String,
    pub token: Token,
    pub expires_at: UnixMillis,
}

/// Why there is no invitation.
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

/// Invites somebody with that role; `email` may be empty, and gets the link by mail otherwise.
///
/// # Errors
/// See [`InviteError`]; nothing has changed then.
pub async fn invite(
    tx: &mut Tx,
    keys: &Keys,
    who: &SignedIn,
    role: Role,
    email: &str,
    client: &Client,
    limits: &Limits,
    now: Moment,
) -> Result<Made, InviteError> {
    let email = match email.trim() {
        "" => None,
        typed => Some(users::clean_email(typed).map_err(InviteError::Email)?),
    };
    let me = begin(tx, who, "/api/fn/invite_member", limits, now).await?;
    may_give(role, me.role, me.plan)?;
    let made = Made {
        id: now.id(),
        token: Token::random(),
        expires_at: now.at + GOOD_FOR,
    };
    on!(tx, c => sqlx::query(
        "insert into invitations (id, account_id, role, email, token_hash, created_by, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)")
        .bind(&made.id)
        .bind(&me.account_id)
        .bind(role)
        .bind(&email)
        .bind(made.token.hash())
        .bind(&me.id)
        .bind(now.at)
        .bind(made.expires_at)
        .execute(c)
        .await
        .map(|_| ()))?;
    if let Some(email) = &email {
        rate_limits::permit_invitation(tx, &me.account_id, email, limits, now)
            .await?
            .map_err(InviteError::RateLimited)?;
        let message = Email::to_stranger(EmailTemplate::Invitation {
            by: me.name.clone(),
            account: who.user.account_name.clone(),
            role: role.name().to_lowercase(),
        });
        let (token, until) = (&made.token, made.expires_at);
        emails::enqueue_with_link(tx, keys, email, &message, token, until, now).await?;
    }
    let event = Event::of(Action::MemberInvited, Actor::User(&me.id), client)
        .in_account(&me.account_id)
        .with(json!({ "invitation": made.id, "role": role.key(), "email": email }));
    audit::record(tx, event, now).await?;
    Ok(made)
}

/// An open invitation in the list. The link is not here.
#[derive(Debug, Clone, FromRow)]
pub struct Open {
    pub id: String,
    pub role: Role,
    pub email: Option<String>,
    pub invited_by: String,
    pub expires_at: UnixMillis,
}

/// The account's invitations that are still good, latest first.
///
/// # Errors
/// When the database is unavailable.
pub async fn open(
    conn: &mut Conn,
    account: &AccountId,
    now: Moment,
) -> Result<Vec<Open>, sqlx::Error> {
    on!(conn, c => sqlx::query_as(
        "select i.id, i.role, i.email, u.name as invited_by, i.expires_at
         from invitations i join users u on u.id = i.created_by
         where i.account_id = $1 and i.used_at is null and i.revoked_at is null and i.expires_at > $2
         order by i.created_at desc, i.id desc limit 500")
        .bind(account)
        .bind(now.at)
        .fetch_all(c)
        .await)
}

/// Takes an invitation back: its link is dead at once.
///
/// # Errors
/// See [`MemberError`]; nothing has changed then.
pub async fn revoke(
    tx: &mut Tx,
    who: &SignedIn,
    invitation: &str,
    client: &Client,
    limits: &Limits,
    now: Moment,
) -> Result<(), MemberError> {
    let me = begin(tx, who, "/api/fn/revoke_invitation", limits, now).await?;
    let revoked = on!(tx, c => sqlx::query(
        "update invitations set revoked_at = $3
         where id = $1 and account_id = $2 and used_at is null and revoked_at is null and expires_at > $3")
        .bind(invitation)
        .bind(&me.account_id)
        .bind(now.at)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    if revoked == 0 {
        return Err(MemberError::NotFound);
    }
    let event = Event::of(Action::InvitationRevoked, Actor::User(&me.id), client)
        .in_account(&me.account_id)
        .with(json!({ "invitation": invitation }));
    audit::record(tx, event, now).await?;
    Ok(())
}

/// Somebody who may invite no longer: what they have handed out opens nothing.
pub(crate) async fn revoke_all_of(
    tx: &mut Tx,
    user: &UserId,
    now: Moment,
) -> Result<(), sqlx::Error> {
    revoke_since(tx, user, UnixMillis(0), now).await.map(|_| ())
}

/// What a user has handed out from then on opens nothing any more. Returns how many that were.
pub(crate) async fn revoke_since(
    tx: &mut Tx,
    user: &UserId,
    since: UnixMillis,
    now: Moment,
) -> Result<u64, sqlx::Error> {
    on!(tx, c => sqlx::query(
        "update invitations set revoked_at = $2
         where created_by = $1 and created_at >= $3 and used_at is null and revoked_at is null")
        .bind(user)
        .bind(now.at)
        .bind(since)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))
}

/// How many invitations are open that a user has made from then on.
pub(crate) async fn count_since(
    conn: &mut Conn,
    user: &UserId,
    since: UnixMillis,
    now: Moment,
) -> Result<i64, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar(
        "select count(*) from invitations
         where created_by = $1 and created_at >= $3 and used_at is null and revoked_at is null and expires_at > $2")
        .bind(user)
        .bind(now.at)
        .bind(since)
        .fetch_one(c)
        .await)
}

pub(crate) async fn revoke_all(
    tx: &mut Tx,
    account: &AccountId,
    now: Moment,
) -> Result<(), sqlx::Error> {
    on!(tx, c => sqlx::query(
        "update invitations set revoked_at = $2
         where account_id = $1 and used_at is null and revoked_at is null")
        .bind(account)
        .bind(now.at)
        .execute(c)
        .await
        .map(|_| ()))
}

/// What whoever opens the link is shown.
#[derive(Debug, Clone, FromRow)]
pub struct Invitation {
    pub id: String,
    pub account_id: AccountId,
    pub account_name: String,
    pub plan: Plan,
    pub role: Role,
    pub email: Option<String>,
    pub invited_by: String,
}

/// The invitation behind a link; none when it was used, taken back, has run out or never was.
///
/// # Errors
/// When the database is unavailable.
pub async fn look_up(
    conn: &mut Conn,
    token: &Token,
    now: Moment,
) -> Result<Option<Invitation>, sqlx::Error> {
    on!(conn, c => sqlx::query_as(
        "select i.id, i.account_id, a.name as account_name, a.plan, i.role, i.email, u.name as invited_by
         from invitations i join accounts a on a.id = i.account_id join users u on u.id = i.created_by
         where i.token_hash = $1 and i.used_at is null and i.revoked_at is null and i.expires_at > $2")
        .bind(token.hash())
        .bind(now.at)
        .fetch_optional(c)
        .await)
}

/// Somebody who accepts an invitation, as typed.
#[derive(Debug)]
pub struct Joining<'a> {
    pub token: &'a Token,
    pub name: &'a str,
    pub email: &'a str,
    pub password: &'a Secret,
}

/// Why nobody joined.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// Used, taken back, run out, or never there: the same answer.
    #[error("the invitation is not good any more")]
    NoSuchInvitation,
    /// The account has changed its plan since.
    #[error("the account's plan has no such role any more")]
    NoSuchRole,
    #[error(transparent)]
    User(#[from] UserError),
}

impl From<sqlx::Error> for JoinError {
    fn from(error: sqlx::Error) -> Self {
        Self::User(UserError::Database(error))
    }
}

const EMAIL_TAKEN: &str = "This email already belongs to somebody here. A person is in one account: \
                           use another email, or sign in with this one.";

/// Makes a user in the account that invited them, whatever the policy on signing up. Signs nobody in.
///
/// # Errors
/// See [`JoinError`]; the invitation is as good as before then.
pub async fn join(
    db: &Db,
    hasher: &Hasher,
    limits: &Limits,
    joining: Joining<'_>,
    client: &Client,
    now: Moment,
) -> Result<UserId, JoinError> {
    let mut tx = db.write().await?;
    rate_limits::permit_link(&mut tx, joining.token, limits, now)
        .await?
        .map_err(UserError::RateLimited)?;
    tx.commit().await?;
    // Asked before the costly hash; asked again under the lock.
    let found = look_up(&mut db.read().await?, joining.token, now)
        .await?
        .ok_or(JoinError::NoSuchInvitation)?;
    let (name, email, password) = (joining.name, joining.email, joining.password);
    let (name, email) =
        users::clean_new_user(hasher, limits.password_min, name, email, password).await?;
    let hash = hasher.hash(joining.password).await;
    let hash = hash.map_err(UserError::from)?;

    let mut tx = db.write().await?;
    lock_account(&mut tx, &found.account_id).await?;
    let invitation = look_up(&mut tx, joining.token, now)
        .await?
        .ok_or(JoinError::NoSuchInvitation)?;
    let special = matches!(invitation.role, Role::Editor | Role::WatchOnly);
    if special && !invitation.plan.has(Feature::EditorAndWatchOnly) {
        return Err(JoinError::NoSuchRole);
    }
    let user = UserId(now.id());
    let (account, role) = (&invitation.account_id, invitation.role);
    users::insert_user_as(&mut tx, &user, account, role, &name, &email, &hash, now)
        .await
        .map_err(|e| users::taken(e, UserError::field("email", EMAIL_TAKEN)))?;
    // The account's lock lets one in at a time; the condition says so once more.
    let taken = on!(&mut tx, c => sqlx::query(
        "update invitations set used_at = $2, used_by = $3
         where id = $1 and used_at is null and revoked_at is null")
        .bind(&invitation.id)
        .bind(now.at)
        .bind(&user)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    if taken != 1 {
        return Err(JoinError::NoSuchInvitation);
    }
    let event = Event::of(Action::MemberJoined, Actor::User(&user), client)
        .in_account(account)
        .about(&user)
        .with(json!({
            "name": name, "role": role.key(), "invitation": invitation.id, "invited_by": invitation.invited_by,
        }));
    audit::record(&mut tx, event, now).await?;
    tx.commit().await?;
    Ok(user)
}
