//! A draft: recovery codes, and the secret of an authenticator that is being set up, shown to the
//! user and not in force yet. When it is abandoned, nothing has changed.

use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use super::{TwoFactorError, recovery_codes, totp::TotpSecret};
use crate::{
    execute,
    ids::{SessionId, UserId},
    instance::Reader,
    keys::{Purpose, Sealed},
    on,
    operation::{LiveSession, Operation},
    plans::{Feature, Plan},
    signed_in::SignedIn,
    time::UnixMillis,
};

/// What the user is shown.
#[derive(Debug, Clone)]
pub struct Draft {
    /// 16, as they are written down.
    pub codes: Vec<String>,
    /// The secret, when an authenticator is being set up; none for a new set of codes.
    pub secret: Option<TotpSecret>,
    pub created_at: UnixMillis,
    pub expires_at: UnixMillis,
}

#[derive(Serialize, Deserialize)]
struct Inside {
    codes: Vec<String>,
    /// Base32.
    secret: Option<String>,
}

/// Begins the set-up. A set-up that was begun before goes on: a second click shows the same codes.
///
/// # Errors
/// See [`TwoFactorError`].
pub async fn begin(op: &mut Operation, who: &SignedIn) -> Result<(), TwoFactorError> {
    let live = lock(op, who).await?;
    if !live.user.plan.has(Feature::TwoFactor) {
        return Err(TwoFactorError::PlanRequired(Plan::with(Feature::TwoFactor)));
    }
    if live.user.two_factor_since.is_some() {
        return Err(TwoFactorError::AlreadyOn);
    }
    match of(op, &who.user.id, &who.session).await? {
        Some(begun) if begun.secret.is_some() => Ok(()),
        _ => write(op, &live, Some(TotpSecret::random().base32())).await,
    }
}

/// Creates a new set of recovery codes to be shown; the old set is valid until the new one is in force.
///
/// # Errors
/// See [`TwoFactorError`].
pub async fn begin_new_codes(op: &mut Operation, who: &SignedIn) -> Result<(), TwoFactorError> {
    let live = lock(op, who).await?;
    if live.user.two_factor_since.is_none() {
        return Err(TwoFactorError::NotOn);
    }
    match of(op, &who.user.id, &who.session).await? {
        Some(_) => Ok(()),
        None => write(op, &live, None).await,
    }
}

/// Locks the user and checks that their session is live.
pub(super) async fn lock(
    op: &mut Operation,
    who: &SignedIn,
) -> Result<LiveSession, TwoFactorError> {
    let live = op.lock_live(&who.user.id, &who.session).await?;
    live.ok_or(TwoFactorError::Conflict)
}

async fn write(
    op: &mut Operation,
    live: &LiveSession,
    secret: Option<String>,
) -> Result<(), TwoFactorError> {
    let (limits, now) = (op.limits, op.now);
    let user = &live.user.id;
    let inside = Inside {
        codes: recovery_codes::new_set(),
        secret,
    };
    let text = serde_json::to_vec(&inside).unwrap_or_default();
    let sealed = op.keys().seal(Purpose::TwoFactorDraft, &user.0, &text);
    remove(op, user).await?;
    execute!(
        op,
        "insert into two_factor_drafts (user_id, session_id, epoch, key_id, sealed, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        user,
        &live.id,
        live.user.epoch,
        &sealed.key_id,
        &sealed.text,
        now.at,
        now.at + limits.two_factor_draft
    )?;
    Ok(())
}

#[derive(FromRow)]
struct Row {
    key_id: String,
    sealed: String,
    created_at: UnixMillis,
    expires_at: UnixMillis,
}

/// The draft that this session has begun, unless it took too long or a remote logout came in between. No other session
/// of the user gets to see it, because only this session has passed step-up for it.
///
/// # Errors
/// When the database is unavailable or the key is missing.
pub async fn of(
    conn: &mut Reader,
    user: &UserId,
    session: &SessionId,
) -> Result<Option<Draft>, TwoFactorError> {
    let now = conn.now;
    let row: Option<Row> = on!(conn, c => sqlx::query_as(
        "select d.key_id, d.sealed, d.created_at, d.expires_at
         from two_factor_drafts d join users u on u.id = d.user_id and u.epoch = d.epoch
         where d.user_id = $1 and d.expires_at > $2 and d.session_id = $3")
        .bind(user)
        .bind(now.at)
        .bind(session)
        .fetch_optional(c)
        .await)?;
    let Some(row) = row else {
        return Ok(None);
    };
    let sealed = Sealed {
        key_id: row.key_id,
        text: row.sealed,
    };
    let text = conn
        .keys()
        .open(Purpose::TwoFactorDraft, &user.0, &sealed)?;
    let inside: Inside =
        serde_json::from_slice(&text).map_err(|e| sqlx::Error::Decode(e.into()))?;
    let secret = inside
        .secret
        .and_then(|text| data_encoding::BASE32_NOPAD.decode(text.as_bytes()).ok())
        .map(|bytes| TotpSecret::of(&bytes));
    Ok(Some(Draft {
        codes: inside.codes,
        secret,
        created_at: row.created_at,
        expires_at: row.expires_at,
    }))
}

/// Removes the draft.
///
/// # Errors
/// When the database is unavailable.
pub async fn remove(op: &mut Operation, user: &UserId) -> Result<(), sqlx::Error> {
    execute!(op, "delete from two_factor_drafts where user_id = $1", user)?;
    Ok(())
}
