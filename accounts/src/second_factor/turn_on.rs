//! Bringing a draft into force: two-factor authentication is on from then, or a new set of recovery
//! codes voids the old one.

use super::{
    TwoFactorError,
    check::{Presented, seal},
    draft::{self, lock},
    recovery_codes,
};
use crate::{
    audit::{self, Action, Actor, Client, Event},
    db::{Db, Tx},
    emails::{self, Email, EmailTemplate},
    keys::Keys,
    limits::Limits,
    on,
    plans::{Feature, Plan},
    rate_limits::{self, Browser},
    secret::Token,
    sessions::{self, EndReason, RotatedSession, SecondFactor, SignedIn},
    time::Moment,
    users::UserId,
};

/// Turns two-factor authentication on, if `code` is one of the draft's secret. Every other session
/// ends, and all remembered devices.
///
/// # Errors
/// See [`TwoFactorError`]; whatever it is, it is as it was.
pub async fn turn_on(
    db: &Db,
    keys: &Keys,
    limits: &Limits,
    who: &SignedIn,
    code: &str,
    known_device: Option<&Token>,
    client: &Client,
    now: Moment,
) -> Result<RotatedSession, TwoFactorError> {
    let Some(Presented::Code(code)) = Presented::read(code) else {
        return Err(TwoFactorError::Malformed);
    };
    let user = &who.user.id;
    let mut tx = db.write().await?;
    let locked = lock(&mut tx, who, limits, now).await?;
    if !locked.plan.has(Feature::TwoFactor) {
        return Err(TwoFactorError::PlanRequired(Plan::with(Feature::TwoFactor)));
    }
    if locked.two_factor_since.is_some() {
        return Err(TwoFactorError::AlreadyOn);
    }
    let draft = draft::of(&mut tx, keys, user, &who.session, now).await?;
    let Some((secret, codes)) = draft.and_then(|d| Some((d.secret?, d.codes))) else {
        return Err(TwoFactorError::NoDraft);
    };
    let from = Browser::of(&mut tx, user, known_device, client).await?;
    let permit = rate_limits::permit_code(&mut tx, user, &from, limits, now)
        .await?
        .map_err(TwoFactorError::RateLimited)?;
    let Some(step) = secret.step_of(&code, now) else {
        tx.commit().await?;
        return Err(TwoFactorError::Wrong);
    };
    rate_limits::clear_failures(&mut tx, &permit).await?;
    insert_authenticator(&mut tx, keys, user, secret.bytes(), step, now).await?;
    recovery_codes::replace(&mut tx, user, &codes, now).await?;
    draft::remove(&mut tx, user).await?;
    set_since(&mut tx, user, Some(now)).await?;
    let event = Event::of(Action::TwoFactorEnabled, Actor::User(user), client)
        .in_account(&locked.account_id)
        .about(user);
    let alone = sessions::end_others_and_rotate(
        &mut tx,
        (user, &locked),
        &who.session,
        EndReason::TwoFactorChanged,
        event,
        Some(SecondFactor::Code),
        limits,
        now,
    )
    .await?;
    emails::enqueue(
        &mut tx,
        &locked.email,
        &Email::new(EmailTemplate::TwoFactorOn, client),
        now,
    )
    .await?;
    tx.commit().await?;
    Ok(alone)
}

async fn insert_authenticator(
    tx: &mut Tx,
    keys: &Keys,
    user: &UserId,
    secret: &[u8],
    last_step: i64,
    now: Moment,
) -> Result<(), sqlx::Error> {
    let sealed = seal(keys, user, secret);
    on!(tx, c => sqlx::query(
        "insert into authenticators (user_id, id, key_id, secret, last_step, created_at)
         values ($1, $2, $3, $4, $5, $6)")
        .bind(user)
        .bind(now.id())
        .bind(&sealed.key_id)
        .bind(&sealed.text)
        .bind(last_step)
        .bind(now.at)
        .execute(c)
        .await
        .map(|_| ()))
}

/// Notes since when two-factor authentication is on.
pub(super) async fn set_since(
    tx: &mut Tx,
    user: &UserId,
    since: Option<Moment>,
) -> Result<(), sqlx::Error> {
    on!(tx, c => sqlx::query("update users set two_factor_since = $2 where id = $1")
        .bind(user)
        .bind(since.map(|s| s.at))
        .execute(c)
        .await
        .map(|_| ()))
}

/// Puts the new set of recovery codes in force; the old one is void from then.
///
/// # Errors
/// See [`TwoFactorError`]; whatever it is, the old codes are good.
pub async fn use_new_codes(
    tx: &mut Tx,
    keys: &Keys,
    limits: &Limits,
    who: &SignedIn,
    client: &Client,
    now: Moment,
) -> Result<(), TwoFactorError> {
    let user = &who.user.id;
    let locked = lock(tx, who, limits, now).await?;
    if locked.two_factor_since.is_none() {
        return Err(TwoFactorError::NotOn);
    }
    let draft = draft::of(tx, keys, user, &who.session, now).await?;
    let codes = draft.map(|d| d.codes).ok_or(TwoFactorError::NoDraft)?;
    recovery_codes::replace(tx, user, &codes, now).await?;
    draft::remove(tx, user).await?;
    let email = Email::new(EmailTemplate::RecoveryCodesReplaced, client);
    emails::enqueue(tx, &locked.email, &email, now).await?;
    let event = Event::of(Action::RecoveryCodesReplaced, Actor::User(user), client)
        .in_account(&locked.account_id)
        .about(user);
    audit::record(tx, event, now).await?;
    Ok(())
}
