//! Joining: the link of an invitation creates a user in the account, once.

use serde_json::json;
use sqlx::FromRow;

use crate::{
    audit::{Action, Actor, Event},
    client::Client,
    execute,
    ids::{AccountId, UserId},
    instance::{Instance, Reader},
    live::owes_second_factor,
    members::act::may_give,
    on,
    operation::Operation,
    plans::{Feature, Plan},
    rate_limits,
    roles::Role,
    secret::Token,
    time::{Moment, UnixMillis},
    users::{CleanUser, NewUser, UserError, insert_user, taken},
};

/// What a visitor who opens the link is shown.
#[derive(Debug, Clone, FromRow)]
pub struct Invitation {
    pub id: String,
    pub account_id: AccountId,
    pub account_name: String,
    pub plan: Plan,
    pub role: Role,
    pub email: Option<String>,
    pub invited_by: String,
    /// It opens nothing until the user who created it, or an owner, confirms it.
    pub waits: bool,
    inviter_role: Role,
    inviter_disabled_at: Option<UnixMillis>,
    inviter_owes_second_factor: bool,
}

impl Invitation {
    /// Whether it opens the account now. An invitation is worth no more than what the user who created it may do at
    /// this moment.
    ///
    /// # Errors
    /// Why it does not; never [`JoinError::User`].
    pub fn check(&self) -> Result<(), JoinError> {
        let special = matches!(self.role, Role::Editor | Role::WatchOnly);
        if special && !self.plan.has(Feature::EditorAndWatchOnly) {
            return Err(JoinError::NoSuchRole);
        }
        let is_given = self.inviter_disabled_at.is_none()
            && self.inviter_role.manages()
            && may_give(self.role, self.inviter_role, self.plan).is_ok();
        if !is_given {
            return Err(JoinError::NoSuchInvitation);
        }
        // Before the confirmation, which comes after it: setting a second factor up lets open invitations wait.
        if self.inviter_owes_second_factor {
            return Err(JoinError::InviterOwesSecondFactor);
        }
        if self.waits {
            return Err(JoinError::Waits);
        }
        Ok(())
    }
}

/// The invitation behind a link; none when it was used, revoked, has expired or never existed.
///
/// # Errors
/// When the database is unavailable.
pub async fn look_up(conn: &mut Reader, token: &Token) -> Result<Option<Invitation>, sqlx::Error> {
    let now = conn.now;
    on!(conn, c => sqlx::query_as(concat!(
        "select i.id, i.account_id, a.name as account_name, a.plan, i.role, i.email, u.name as invited_by,
                i.waits_since is not null as waits, u.role as inviter_role, u.disabled_at as inviter_disabled_at, ",
        owes_second_factor!(), " as inviter_owes_second_factor
         from invitations i join accounts a on a.id = i.account_id join users u on u.id = i.created_by
         where i.token_hash = $1 and i.used_at is null and i.revoked_at is null and i.expires_at > $2"))
        .bind(token.hash())
        .bind(now.at)
        .fetch_optional(c)
        .await)
}

/// Why no user joined.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// Used, revoked, expired, or never created: the same answer.
    #[error("the invitation is not valid any more")]
    NoSuchInvitation,
    /// Everything of the user who created it has ended since: it waits for a confirmation.
    #[error("the invitation waits for a confirmation")]
    Waits,
    /// The account requires a second factor, and the user who created it has none: until then they may let no user in.
    #[error("the user who created the invitation owes a second factor")]
    InviterOwesSecondFactor,
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

const EMAIL_TAKEN: &str = "This email already belongs to a user here, and a user is in one account: \
                           use another email, or sign in with this one.";

/// Creates a user in the account that invited them, whatever the policy on signing up. Signs no user in.
///
/// # Errors
/// See [`JoinError`]; the invitation is as valid as before then.
pub async fn join(
    instance: &Instance,
    client: &Client,
    now: Moment,
    link: &Token,
    new: NewUser<'_>,
) -> Result<UserId, JoinError> {
    let mut op = Operation::begin(instance, client, now).await?;
    let permit = rate_limits::permit_link(&mut op, link)
        .await?
        .map_err(UserError::RateLimited)?;
    op.commit().await?;
    // Checked before the costly hash, and again under the lock.
    let found = look_up(&mut instance.read(now).await?, link).await?;
    let found = found.ok_or(JoinError::NoSuchInvitation)?;
    let hasher = instance.hasher.known(client);
    let attempt = async {
        let (name, email) = new.clean(&hasher, instance.limits.password_min).await?;
        let password_hash = hasher.hash(new.password).await?;
        Ok(CleanUser {
            name,
            email,
            password_hash,
        })
    };
    let new = match attempt.await {
        Err(UserError::Hashing(failed)) => {
            rate_limits::return_unchecked(instance, client, now, &permit).await?;
            return Err(UserError::from(failed).into());
        }
        done => done?,
    };

    let mut op = Operation::begin(instance, client, now).await?;
    op.lock_account(&found.account_id).await?;
    let invitation = look_up(&mut op, link).await?;
    let invitation = invitation.ok_or(JoinError::NoSuchInvitation)?;
    // The account's lock is also that of a change of role, of the plan and of whether a second factor is required.
    invitation.check()?;
    let (account, role) = (&invitation.account_id, invitation.role);
    let user = insert_user(&mut op, account, role, &new)
        .await
        .map_err(|e| taken(e, UserError::field("email", EMAIL_TAKEN)))?;
    // The account's lock lets users join one at a time; the condition holds that once more.
    let redeemed = execute!(
        &mut op,
        "update invitations set used_at = $2, used_by = $3
         where id = $1 and used_at is null and revoked_at is null and waits_since is null",
        &invitation.id,
        now.at,
        &user
    )?;
    if redeemed != 1 {
        // A remote logout of its creator, which does not lock the account, has come in between.
        let waits = look_up(&mut op, link).await?.is_some_and(|i| i.waits);
        return Err(if waits {
            JoinError::Waits
        } else {
            JoinError::NoSuchInvitation
        });
    }
    let event = Event::of(Action::MemberJoined, Actor::User(&user))
        .in_account(account)
        .about(&user)
        .with(json!({
            "name": new.name, "role": role.key(), "invitation": invitation.id, "invited_by": invitation.invited_by,
        }));
    op.record(event);
    op.commit().await?;
    Ok(user)
}
