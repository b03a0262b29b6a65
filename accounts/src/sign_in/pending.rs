//! A pending sign-in: the password was right, the second factor is owed. It counts as a session nowhere,
//! lasts ten minutes and has expired under a later epoch.

use serde_json::json;
use sqlx::FromRow;

use super::{CompletedSignIn, SignInOptions, complete::complete_sign_in};
use crate::{
    audit::{Action, Actor, Event},
    client::Client,
    emails::EmailTemplate,
    execute,
    ids::UserId,
    instance::{Instance, Reader},
    keys::CannotOpen,
    on,
    operation::{LockedUser, Operation},
    rate_limits::RateLimited,
    second_factor::{
        WrongCode,
        check::{CheckError, Presented, Refused, check},
        recovery_codes,
    },
    secret::Token,
    sessions::SecondFactor,
    time::{Moment, UnixMillis},
};

/// The cookie of a pending sign-in.
#[derive(Debug)]
pub struct PendingSignIn {
    pub token: Token,
    pub expires_at: UnixMillis,
}

/// Why a code did not complete the sign-in.
#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    #[error("this is no code")]
    Malformed,
    #[error("the code is not right")]
    Wrong(WrongCode),
    /// Too many wrong codes in a row, or a lost key: the user needs a recovery code.
    #[error("the authenticator is off")]
    AuthenticatorOff,
    #[error("too many attempts")]
    RateLimited(RateLimited),
    /// It took too long, was completed already, or a remote logout came in between: the user starts from the
    /// beginning. A recovery code that was presented with it is not consumed.
    #[error("this sign-in has expired")]
    Expired,
    #[error(transparent)]
    Sealed(#[from] CannotOpen),
    #[error("the database is unavailable")]
    Database(#[from] sqlx::Error),
}

impl From<CheckError> for CodeError {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Sealed(e) => Self::Sealed(e),
            CheckError::Database(e) => Self::Database(e),
        }
    }
}

/// Begins a pending sign-in. The caller holds the user's lock and has compared the epoch.
pub(super) async fn start(
    op: &mut Operation,
    user: &LockedUser,
    options: SignInOptions<'_>,
) -> Result<PendingSignIn, sqlx::Error> {
    let (limits, now) = (op.limits, op.now);
    let pending = PendingSignIn {
        token: Token::random(),
        expires_at: now.at + limits.pending_sign_in,
    };
    execute!(op, "insert into pending_sign_ins (token_hash, user_id, epoch, remember_me, next, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7)", pending.token.hash(), &user.id, user.epoch, options.remember_me, options.next, now.at, pending.expires_at)?;
    Ok(pending)
}

#[derive(FromRow)]
struct Row {
    user_id: UserId,
    remember_me: bool,
    next: String,
}

/// Reads a pending sign-in that is still valid: not completed, not too old, of this epoch.
async fn open(conn: &mut Reader, token: &Token) -> Result<Option<Row>, sqlx::Error> {
    let now = conn.now;
    on!(conn, c => sqlx::query_as(
        "select h.user_id, h.remember_me, h.next
         from pending_sign_ins h join users u on u.id = h.user_id and u.epoch = h.epoch
         where h.token_hash = $1 and h.ended_at is null and h.expires_at > $2 and u.disabled_at is null")
        .bind(token.hash())
        .bind(now.at)
        .fetch_optional(c)
        .await)
}

/// Whether a code may still complete it.
///
/// # Errors
/// When the database is unavailable.
pub async fn pending_is_open(conn: &mut Reader, token: &Token) -> Result<bool, sqlx::Error> {
    Ok(open(conn, token).await?.is_some())
}

/// Completes a pending sign-in with a code of the authenticator app or a recovery code.
///
/// # Errors
/// See [`CodeError`]. A wrong code is counted and recorded.
pub async fn verify_code(
    instance: &Instance,
    client: &Client,
    now: Moment,
    pending: &Token,
    code: &str,
) -> Result<CompletedSignIn, CodeError> {
    let presented = Presented::read(code).ok_or(CodeError::Malformed)?;
    let mut op = Operation::begin(instance, client, now).await?;
    let row = open(&mut op, pending).await?.ok_or(CodeError::Expired)?;
    let user = op.lock_user(&row.user_id).await?;
    let user = user.ok_or(CodeError::Expired)?;
    // Read again under the lock: a remote logout or another try has either committed or not begun.
    let row = open(&mut op, pending).await?.ok_or(CodeError::Expired)?;
    let shown = match check(&mut op, &user, &presented).await? {
        Ok(shown) => shown,
        Err(refused) => return Err(count(op, &user, refused).await?),
    };
    end(&mut op, pending).await?;
    if shown == SecondFactor::RecoveryCode {
        announce_recovery_code_used(&mut op, &user).await?;
    }
    let options = SignInOptions {
        remember_me: row.remember_me,
        next: &row.next,
    };
    let signed_in = complete_sign_in(&mut op, &user, Some(shown), options).await?;
    op.commit().await?;
    Ok(signed_in)
}

async fn count(
    mut op: Operation,
    user: &LockedUser,
    refused: Refused,
) -> Result<CodeError, sqlx::Error> {
    if let Refused::Wrong(_) = refused {
        let event = Event::of(Action::LoginFailed, Actor::Anonymous)
            .in_account(&user.account_id)
            .about(&user.id)
            .with(json!({ "what": "second_factor" }));
        op.record(event);
    }
    op.commit().await?;
    Ok(match refused {
        Refused::Wrong(what) => CodeError::Wrong(what),
        Refused::RateLimited(rate_limited) => CodeError::RateLimited(rate_limited),
        Refused::AuthenticatorOff => CodeError::AuthenticatorOff,
    })
}

async fn end(op: &mut Operation, pending: &Token) -> Result<(), sqlx::Error> {
    let now = op.now;
    execute!(
        op,
        "update pending_sign_ins set ended_at = $2 where token_hash = $1",
        pending.hash(),
        now.at
    )?;
    Ok(())
}

async fn announce_recovery_code_used(
    op: &mut Operation,
    user: &LockedUser,
) -> Result<(), sqlx::Error> {
    let left = recovery_codes::left(op, &user.id).await?;
    op.email(&user.email, EmailTemplate::RecoveryCodeUsed { left });
    let event = Event::of(Action::RecoveryCodeUsed, Actor::User(&user.id))
        .in_account(&user.account_id)
        .about(&user.id)
        .with(json!({ "left": left }));
    op.record(event);
    Ok(())
}
