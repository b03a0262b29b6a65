//! A half sign-in: the password was right, the second factor is owed. It is no session anywhere,
//! lasts ten minutes and is dead under a later epoch.

use serde_json::json;
use sqlx::FromRow;

use super::{
    In, Ticket,
    let_in::{Entering, let_in},
};
use crate::{
    attempts::{Browser, TooMany},
    audit::{self, Action, Actor, Client, Event},
    db::{Conn, Db, Tx},
    keys::{CannotOpen, Keys},
    letters::{self, Letter, News},
    limits::Limits,
    on,
    second_factor::{
        check::{CheckError, Presented, Refused, check},
        recovery_codes,
    },
    secret::Token,
    sessions::SecondFactor,
    time::{Moment, UnixMillis},
    users::{self, Locked, UserId},
};

/// The cookie of a half sign-in.
#[derive(Debug)]
pub struct HalfSignIn {
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
    TooMany(TooMany),
    /// It took too long, was completed already, or a remote logout came in between: from the
    /// beginning again. A recovery code that came along is not used up.
    #[error("this sign-in is over")]
    Over,
    #[error(transparent)]
    Sealed(#[from] CannotOpen),
    #[error("the store is away")]
    Store(#[from] sqlx::Error),
}

impl From<CheckError> for CodeError {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Sealed(e) => Self::Sealed(e),
            CheckError::Store(e) => Self::Store(e),
        }
    }
}

/// Begins one. The caller holds the person's lock and has compared the epoch.
pub(super) async fn start(
    tx: &mut Tx,
    (user, locked): (&UserId, &Locked),
    ticket: Ticket<'_>,
    limits: &Limits,
    now: Moment,
) -> Result<HalfSignIn, sqlx::Error> {
    let half = HalfSignIn {
        token: Token::random(),
        expires_at: now.at + limits.half_sign_in,
    };
    on!(tx, c => sqlx::query(
        "insert into half_sign_ins (token_hash, user_id, epoch, remember_me, next, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7)")
        .bind(half.token.hash())
        .bind(user)
        .bind(locked.epoch)
        .bind(ticket.remember_me)
        .bind(ticket.next)
        .bind(now.at)
        .bind(half.expires_at)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(half)
}

#[derive(FromRow)]
struct Row {
    user_id: UserId,
    remember_me: bool,
    next: String,
}

/// Reads a half sign-in that still stands: not over, not too old, of this epoch.
async fn open(conn: &mut Conn, token: &Token, now: Moment) -> Result<Option<Row>, sqlx::Error> {
    on!(conn, c => sqlx::query_as(
        "select h.user_id, h.remember_me, h.next
         from half_sign_ins h join users u on u.id = h.user_id and u.epoch = h.epoch
         where h.token_hash = $1 and h.ended_at is null and h.expires_at > $2 and u.disabled_at is null")
        .bind(token.hash())
        .bind(now.at)
        .fetch_optional(c)
        .await)
}

/// Whether a code may still be given.
///
/// # Errors
/// When the store is away.
pub async fn half_is_open(
    conn: &mut Conn,
    token: &Token,
    now: Moment,
) -> Result<bool, sqlx::Error> {
    Ok(open(conn, token, now).await?.is_some())
}

/// Completes a half sign-in with a code of the authenticator app or a recovery code.
///
/// # Errors
/// See [`CodeError`]. A wrong code is counted and recorded.
pub async fn verify_code(
    db: &Db,
    keys: &Keys,
    limits: &Limits,
    half: &Token,
    code: &str,
    known_device: Option<&Token>,
    client: &Client,
    now: Moment,
) -> Result<In, CodeError> {
    let presented = Presented::read(code).ok_or(CodeError::Malformed)?;
    let mut tx = db.write().await?;
    let Some(user) = open(&mut tx, half, now).await?.map(|row| row.user_id) else {
        return Err(CodeError::Over);
    };
    let locked = users::lock(&mut tx, &user).await?.ok_or(CodeError::Over)?;
    // Read again under the lock: a press or another try has either committed or not begun.
    let Some(row) = open(&mut tx, half, now).await? else {
        return Err(CodeError::Over);
    };
    let from = Browser::of(&mut tx, &user, known_device, client).await?;
    let who = (&user, &locked);
    let shown = match check(&mut tx, keys, who, &presented, &from, limits, now).await? {
        Ok(shown) => shown,
        Err(refused) => {
            return Err(count(tx, who, refused, client, now).await?);
        }
    };
    end(&mut tx, half, now).await?;
    if shown == SecondFactor::RecoveryCode {
        tell_that_it_is_used(&mut tx, who, client, now).await?;
    }
    let ticket = Ticket {
        remember_me: row.remember_me,
        known_device,
        next: &row.next,
    };
    let entering = Entering {
        user: &user,
        locked: &locked,
        second_factor: Some(shown),
        ticket,
    };
    let entered = let_in(&mut tx, keys, entering, client, limits, now).await?;
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
        let event = Event::of(Action::LoginFailed, Actor::Nobody, client)
            .in_account(&locked.account_id)
            .about(user)
            .with(json!({ "what": "second_factor" }));
        audit::record(&mut tx, event, now).await?;
    }
    tx.commit().await?;
    Ok(match refused {
        Refused::Wrong => CodeError::Wrong,
        Refused::TooMany(too_many) => CodeError::TooMany(too_many),
        Refused::AuthenticatorOff => CodeError::AuthenticatorOff,
    })
}

async fn end(tx: &mut Tx, half: &Token, now: Moment) -> Result<(), sqlx::Error> {
    on!(tx, c => sqlx::query("update half_sign_ins set ended_at = $2 where token_hash = $1")
        .bind(half.hash())
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
    let letter = Letter::new(News::RecoveryCodeUsed { left }, client);
    letters::post(tx, &locked.email, &letter, now).await?;
    let event = Event::of(Action::RecoveryCodeUsed, Actor::User(user), client)
        .in_account(&locked.account_id)
        .about(user)
        .with(json!({ "left": left }));
    audit::record(tx, event, now).await.map(|_| ())
}
