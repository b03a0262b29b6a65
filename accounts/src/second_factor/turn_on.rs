//! Bringing a draft into force: two-factor authentication is on from then, or a new set of recovery
//! codes voids the old one.

use super::{
    TwoFactorError,
    check::{Presented, WrongCode, seal},
    draft::{self, lock},
    recovery_codes,
};
use crate::{
    audit::{Action, Actor, Event},
    client::Client,
    emails::EmailTemplate,
    end_reason::EndReason,
    execute,
    ids::UserId,
    instance::Instance,
    known_devices::Browser,
    operation::Operation,
    plans::{Feature, Plan},
    rate_limits,
    sessions::{RotatedSession, SecondFactor, end_others_and_rotate},
    signed_in::SignedIn,
    time::Moment,
};

/// Turns two-factor authentication on, if `code` is one of the draft's secret. Every other session
/// ends, and all remembered devices.
///
/// # Errors
/// See [`TwoFactorError`]; in each case two-factor authentication stays off.
pub async fn turn_on(
    instance: &Instance,
    client: &Client,
    now: Moment,
    who: &SignedIn,
    code: &str,
) -> Result<RotatedSession, TwoFactorError> {
    let Some(Presented::Code(code)) = Presented::read(code) else {
        return Err(TwoFactorError::Malformed);
    };
    let user = &who.user.id;
    let mut op = Operation::begin(instance, client, now).await?;
    let live = lock(&mut op, who).await?;
    if !live.user.plan.has(Feature::TwoFactor) {
        return Err(TwoFactorError::PlanRequired(Plan::with(Feature::TwoFactor)));
    }
    if live.user.two_factor_since.is_some() {
        return Err(TwoFactorError::AlreadyOn);
    }
    let draft = draft::of(&mut op, user, &who.session).await?;
    let Some((secret, codes)) = draft.and_then(|d| Some((d.secret?, d.codes))) else {
        return Err(TwoFactorError::NoDraft);
    };
    let browser = Browser::of(&mut op, user).await?;
    let permit = rate_limits::permit_code(&mut op, user, &browser)
        .await?
        .map_err(TwoFactorError::RateLimited)?;
    let Some(step) = secret.step_of(&code, now) else {
        op.commit().await?;
        // The user has the secret, and so learns nothing that the app does not show.
        let what = match secret.step_minutes_off(&code, now) {
            Some(_) => WrongCode::Clock,
            None => WrongCode::Code,
        };
        return Err(TwoFactorError::Wrong(what));
    };
    rate_limits::clear_failures(&mut op, &permit).await?;
    insert_authenticator(&mut op, user, secret.bytes(), step).await?;
    recovery_codes::replace(&mut op, user, &codes).await?;
    draft::remove(&mut op, user).await?;
    set_since(&mut op, user, Some(now)).await?;
    let event = Event::of(Action::TwoFactorEnabled, Actor::User(user));
    let (reason, factor) = (EndReason::TwoFactorChanged, Some(SecondFactor::Code));
    let rotated = end_others_and_rotate(&mut op, &live, event, reason, factor).await?;
    op.email(&live.user.email, EmailTemplate::TwoFactorOn);
    op.commit().await?;
    Ok(rotated)
}

async fn insert_authenticator(
    op: &mut Operation,
    user: &UserId,
    secret: &[u8],
    last_step: i64,
) -> Result<(), sqlx::Error> {
    let now = op.now;
    let sealed = seal(op.keys(), user, secret);
    execute!(
        op,
        "insert into authenticators (user_id, id, key_id, secret, last_step, created_at)
         values ($1, $2, $3, $4, $5, $6)",
        user,
        now.id(),
        &sealed.key_id,
        &sealed.text,
        last_step,
        now.at
    )?;
    Ok(())
}

/// Stores since when two-factor authentication is on; none when it is off.
pub(super) async fn set_since(
    op: &mut Operation,
    user: &UserId,
    since: Option<Moment>,
) -> Result<(), sqlx::Error> {
    execute!(
        op,
        "update users set two_factor_since = $2 where id = $1",
        user,
        since.map(|s| s.at)
    )?;
    Ok(())
}

/// Puts the new set of recovery codes in force; the old one is void from then.
///
/// # Errors
/// See [`TwoFactorError`]; in each case the old codes stay valid.
pub async fn use_new_codes(op: &mut Operation, who: &SignedIn) -> Result<(), TwoFactorError> {
    let user = lock(op, who).await?.user;
    if user.two_factor_since.is_none() {
        return Err(TwoFactorError::NotOn);
    }
    let draft = draft::of(op, &user.id, &who.session).await?;
    let codes = draft.map(|d| d.codes).ok_or(TwoFactorError::NoDraft)?;
    recovery_codes::replace(op, &user.id, &codes).await?;
    draft::remove(op, &user.id).await?;
    op.email(&user.email, EmailTemplate::RecoveryCodesReplaced);
    let event = Event::of(Action::RecoveryCodesReplaced, Actor::User(&user.id))
        .in_account(&user.account_id)
        .about(&user.id);
    op.record(event);
    Ok(())
}
