//! The functions behind the forms of two-factor authentication.

use leptos::prelude::*;

use crate::error::AppError;

/// Begins the set-up: recovery codes and a secret are shown, nothing is on.
///
/// # Errors
/// `plan_required`, `step_up_required`, `conflict`, `service_unavailable`.
#[server(prefix = "/api/fn", endpoint = "begin_two_factor")]
pub async fn begin_two_factor(confirmation: Option<String>) -> Result<(), AppError> {
    use accounts::second_factor::begin;

    use crate::{context::operation, step_up::confirmed};

    let me = confirmed(confirmation)?;
    let mut op = operation().await?;
    begin(&mut op, &me).await?;
    op.commit().await?;
    leptos_axum::redirect("/profile/two-factor");
    Ok(())
}

/// Turns two-factor authentication on with the first code. Every other session ends, and all
/// remembered devices.
///
/// # Errors
/// `validation_failed`, `plan_required`, `step_up_required`, `conflict`, `too_many_attempts`, `service_unavailable`; nothing is on then.
#[server(prefix = "/api/fn", endpoint = "turn_on_two_factor")]
pub async fn turn_on_two_factor(
    code: String,
    confirmation: Option<String>,
) -> Result<(), AppError> {
    use accounts::second_factor::turn_on;

    use crate::{
        context::{curfew, leave, now, set_cookie, visit},
        cookies::Kind,
        flash::{Done, Flash},
        pages::profile::others_ended::others_of,
        step_up::confirmed,
    };

    let (curfew, visit) = (curfew()?, visit()?);
    let me = confirmed(confirmation)?;
    let rotated = turn_on(&curfew.instance, &visit.client, now(), &me, &code).await?;
    set_cookie(&curfew.cookies.session(&rotated.session.token));
    set_cookie(&curfew.cookies.removed(Kind::RememberMe));
    let ended = others_of(&me.user.id, &rotated).await;
    leave(&Flash::Done(Done::TwoFactorOn(ended)))?;
    leptos_axum::redirect("/profile/security");
    Ok(())
}

/// Turns two-factor authentication off. Every other session ends, and all remembered devices. `for_epoch` is the epoch
/// that the page showed.
///
/// # Errors
/// `step_up_required`, `conflict`, `service_unavailable`; it is on as before then.
#[server(prefix = "/api/fn", endpoint = "turn_off_two_factor")]
pub async fn turn_off_two_factor(
    confirmation: Option<String>,
    for_epoch: Option<String>,
) -> Result<(), AppError> {
    use accounts::{second_factor::turn_off, sessions::check_shown};

    use crate::{
        context::{curfew, leave, operation, set_cookie},
        cookies::Kind,
        flash::{Done, Flash},
        forms::shown,
        pages::profile::others_ended::others_of,
        step_up::confirmed,
    };

    let curfew = curfew()?;
    let me = confirmed(confirmation)?;
    let mut op = operation().await?;
    check_shown(&mut op, &me.user.id, shown(for_epoch.as_deref())).await?;
    let rotated = turn_off(&mut op, &me).await?;
    op.commit().await?;
    set_cookie(&curfew.cookies.session(&rotated.session.token));
    set_cookie(&curfew.cookies.removed(Kind::RememberMe));
    let ended = others_of(&me.user.id, &rotated).await;
    leave(&Flash::Done(Done::TwoFactorOff(ended)))?;
    leptos_axum::redirect("/profile/security");
    Ok(())
}

/// Creates a new set of recovery codes to be shown; the old one is valid until the new one is used.
///
/// # Errors
/// `step_up_required`, `conflict`, `service_unavailable`.
#[server(prefix = "/api/fn", endpoint = "new_recovery_codes")]
pub async fn new_recovery_codes(confirmation: Option<String>) -> Result<(), AppError> {
    use accounts::second_factor::begin_new_codes;

    use crate::{context::operation, step_up::confirmed};

    let me = confirmed(confirmation)?;
    let mut op = operation().await?;
    begin_new_codes(&mut op, &me).await?;
    op.commit().await?;
    leptos_axum::redirect("/profile/two-factor/new-codes");
    Ok(())
}

/// Puts the new set of recovery codes in force: the old one stops working.
///
/// # Errors
/// `step_up_required`, `conflict`, `service_unavailable`; the old codes are valid then.
#[server(prefix = "/api/fn", endpoint = "use_recovery_codes")]
pub async fn use_recovery_codes(confirmation: Option<String>) -> Result<(), AppError> {
    use accounts::second_factor::use_new_codes;

    use crate::{
        context::{leave, operation},
        flash::{Done, Flash},
        step_up::confirmed,
    };

    let me = confirmed(confirmation)?;
    let mut op = operation().await?;
    use_new_codes(&mut op, &me).await?;
    op.commit().await?;
    leave(&Flash::Done(Done::NewRecoveryCodes))?;
    leptos_axum::redirect("/profile/security");
    Ok(())
}

/// Deletes what is shown and not in force. Nothing else changes.
///
/// # Errors
/// `session_ended`, `service_unavailable`.
#[server(prefix = "/api/fn", endpoint = "abandon_two_factor")]
pub async fn abandon_two_factor() -> Result<(), AppError> {
    use accounts::second_factor::draft;

    use crate::context::{operation, signed_in};

    let me = signed_in()?;
    let mut op = operation().await?;
    draft::remove(&mut op, &me.user.id).await?;
    op.commit().await?;
    leptos_axum::redirect("/profile/security");
    Ok(())
}
