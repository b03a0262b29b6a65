//! A pending sign-in: the password was right, the second factor is owed. It is no session anywhere,
//! lasts ten minutes and is dead under a later epoch.

use serde_json::json;
use sqlx::FromRow;

use super::{
    CompletedSignIn, SignInOptions,
    complete::{CompletingSignIn, complete_sign_in},
};
use crate::{
    audit::{self, Action, Actor, Client, Event},
    db::{Conn, Db, Tx},
    emails::{self, Email, EmailTemplate},
    keys::{CannotOpen, Keys},
    limits::Limits,
    on,
    rate_limits::{Browser, RateLimited},
    second_factor::{
        check::{CheckError, Presented, Refused, check},
        recovery_codes,
    },
    secret::Token,
    sessions::SecondFactor,
    time::{Moment, UnixMillis},
    users::{self, Locked, UserId},
};

/// The cookie of a pending sign-in.
#[derive(Debug)]
pub struct PendingSignIn {
    pub token: Token,
    pub expires_at: UnixMillis,
}

/// Why a code led nowhere.
#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    #[error("this is no code")]
    Malformed,
    #[error("the code is not right")]
    Wrong,
    /// Too many wrong codes in a row: it takes a recovery code.
    #[error("the authenticator is off")]
    AuthenticatorOff,
    #[error("too many attempts")]
    RateLimited(RateLimited),
    /// It took too long, was completed already, or a remote logout came in between: from the
    /// beginning again. A recovery code that came along is not used up.
    #[error("this sign-in is over")]
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

/// Begins one. The caller holds the user's lock and has compared the epoch.
pub(super) async fn start(
    tx: &mut Tx,
    (user, locked): (&UserId, &Locked),
    options: SignInOptions<'_>,
    limits: &Limits,
    now: Moment,
) -> Result<PendingSignIn, sqlx::Error> {
    let pending = PendingSignIn {
        token: Token::random(),
        expires_at: now.at + limits.pending_sign_in,
    };
    on!(tx, c => sqlx::query(
        "insert into pending_sign_ins (token_hash, user_id, epoch, remember_me, next, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7)")
        .bind(pending.token.hash())
        .bind(user)
        .bind(locked.epoch)
        .bind(options.remember_me)
        .bind(options.next)
        .bind(now.at)
        .bind(pending.expires_at)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(pending)
}

#[derive(FromRow)]
struct Row {
    user_id: UserId,
    remember_me: bool,
    next: String,
}

/// Reads a pending sign-in that still stands: not over, not too old, of this epoch.
async fn open(conn: &mut Conn, token: &Token, now: Moment) -> Result<Option<Row>, sqlx::Error> {
    on!(conn, c => sqlx::query_as(
        "select h.user_id, h.remember_me, h.next
         from pending_sign_ins h join users u on u.id = h.user_id and u.epoch = h.epoch
         where h.token_hash = $1 and h.ended_at is null and h.expires_at > $2 and u.disabled_at is null")
        .bind(token.hash())
        .bind(now.at)
        .fetch_optional(c)
        .await)
}

/// Whether a code may still be given.
///
/// # Errors
/// When the database is unavailable.
pub async fn pending_is_open(
    conn: &mut Conn,
    token: &Token,
    now: Moment,
) -> Result<bool, sqlx::Error> {
    Ok(open(conn, token, now).await?.is_some())
}

/// Completes a pending sign-in with a code of the authenticator app or a recovery code.
///
/// # Errors
/// See [`CodeError`]. A wrong code is counted and recorded.
pub async fn verify_code(
    db: &Db,
    keys: &Keys,
    limits: &Limits,
    pending: &Token,
    code: &str,
    known_device: Option<&Token>,
    client: &Client,
    now: Moment,
) -> Result<CompletedSignIn, CodeError> {
    let presented = Presented::read(code).ok_or(CodeError::Malformed)?;
    let mut tx = db.write().await?;
    let Some(user) = open(&mut tx, pending, now).await?.map(|row| row.user_id) else {
        return Err(CodeError::Expired);
    };
    let locked = users::lock(&mut tx, &user)
        .await?
        .ok_or(CodeError::Expired)?;
    // Read again under the lock: a remote logout or another try has either committed or not begun.
    let Some(row) = open(&mut tx, pending, now).await? else {
        return Err(CodeError::Expired);
    };
    let from = Browser::of(&mut tx, &user, known_device, client).await?;
    let who = (&user, &locked);
    let shown = match check(&mut tx, keys, who, &presented, &from, limits, now).await? {
        Ok(shown) => shown,
        Err(refused) => {
            return Err(count(tx, who, refused, client, now).await?);
        }
    };
    end(&mut tx, pending, now).await?;
    if shown == SecondFactor::RecoveryCode {
        tell_that_it_is_used(&mut tx, who, client, now).await?;
    }
    let options = SignInOptions {
        remember_me: row.remember_me,
        known_device,
        next: &row.next,
    };
    let completing = CompletingSignIn {
        user: &user,
        locked: &locked,
        second_factor: Some(shown),
        options,
    };
    let entered = complete_sign_in(&mut tx, keys, completing, client, limits, now).await?;
    tx.commit().await?;
    Ok(entered)
}

async fn count(
    mut tx: Tx,
    (user, locked): (&UserId, &Locked),
    refused: Refused,
    client: &Client,
    now: Moment,
) -> Result<CodeError, sqlx::Error> {
    if let Refused::Wrong = refused {
        let event = Event::of(Action::LoginFailed, Actor::Anonymous, client)
            .in_account(&locked.account_id)
            .about(user)
            .with(json!({ "what": "second_factor" }));
        audit::record(&mut tx, event, now).await?;
    }
    tx.commit().await?;
    Ok(match refused {
        Refused::Wrong => CodeError::Wrong,
        Refused::RateLimited(rate_limited) => CodeError::RateLimited(rate_limited),
        Refused::AuthenticatorOff => CodeError::AuthenticatorOff,
    })
}

async fn end(tx: &mut Tx, pending: &Token, now: Moment) -> Result<(), sqlx::Error> {
    on!(tx, c => sqlx::query("update pending_sign_ins set ended_at = $2 where token_hash = $1")
        .bind(pending.hash())
        .bind(now.at)
        .execute(c)
        .await
        .map(|_| ()))
}

async fn tell_that_it_is_used(
    tx: &mut Tx,
    (user, locked): (&UserId, &Locked),
    client: &Client,
    now: Moment,
) -> Result<(), sqlx::Error> {
    let left = recovery_codes::left(tx, user).await?;
    let email = Email::new(EmailTemplate::RecoveryCodeUsed { left }, client);
    emails::enqueue(tx, &locked.email, &email, now).await?;
    let event = Event::of(Action::RecoveryCodeUsed, Actor::User(user), client)
        .in_account(&locked.account_id)
        .about(user)
        .with(json!({ "left": left }));
    audit::record(tx, event, now).await.map(|_| ())
}
