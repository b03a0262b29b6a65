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

    use crate::{
        context::{curfew, now},
        step_up::confirmed,
    };

    let (curfew, me) = (curfew()?, confirmed(confirmation).await?);
    let database = |e| AppError::database(&e);
    let mut tx = curfew.db.write().await.map_err(database)?;
    begin(&mut tx, &curfew.keys, &me, &curfew.limits, now()).await?;
    tx.commit().await.map_err(database)?;
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
        step_up::confirmed,
    };

    let (curfew, visit) = (curfew()?, visit()?);
    let me = confirmed(confirmation).await?;
    let alone = turn_on(
        &curfew.db,
        &curfew.keys,
        &curfew.limits,
        &me,
        &code,
        visit.known_device.as_ref(),
        &visit.client,
        now(),
    )
    .await?;
    set_cookie(&curfew.cookies.session(&alone.session.token));
    set_cookie(&curfew.cookies.removed(Kind::RememberMe));
    leave(&Flash::Done(Done::TwoFactorOn {
        sessions: alone.sessions,
        remembered_devices: alone.remembered_devices,
    }))?;
    leptos_axum::redirect("/profile/security");
    Ok(())
}

/// Turns two-factor authentication off. Every other session ends, and all remembered devices.
///
/// # Errors
/// `step_up_required`, `conflict`, `service_unavailable`; it is on as before then.
#[server(prefix = "/api/fn", endpoint = "turn_off_two_factor")]
pub async fn turn_off_two_factor(confirmation: Option<String>) -> Result<(), AppError> {
    use accounts::second_factor::turn_off;

    use crate::{
        context::{curfew, leave, now, set_cookie, visit},
        cookies::Kind,
        flash::{Done, Flash},
        step_up::confirmed,
    };

    let (curfew, visit) = (curfew()?, visit()?);
    let me = confirmed(confirmation).await?;
    let database = |e| AppError::database(&e);
    let mut tx = curfew.db.write().await.map_err(database)?;
    let alone = turn_off(&mut tx, &curfew.limits, &me, &visit.client, now()).await?;
    tx.commit().await.map_err(database)?;
    set_cookie(&curfew.cookies.session(&alone.session.token));
    set_cookie(&curfew.cookies.removed(Kind::RememberMe));
    leave(&Flash::Done(Done::TwoFactorOff {
        sessions: alone.sessions,
        remembered_devices: alone.remembered_devices,
    }))?;
    leptos_axum::redirect("/profile/security");
    Ok(())
}

/// Makes a new set of recovery codes to be shown; the old one is good until the new one is used.
///
/// # Errors
/// `step_up_required`, `conflict`, `service_unavailable`.
#[server(prefix = "/api/fn", endpoint = "new_recovery_codes")]
pub async fn new_recovery_codes(confirmation: Option<String>) -> Result<(), AppError> {
    use accounts::second_factor::begin_new_codes;

    use crate::{
        context::{curfew, now},
        step_up::confirmed,
    };

    let (curfew, me) = (curfew()?, confirmed(confirmation).await?);
    let database = |e| AppError::database(&e);
    let mut tx = curfew.db.write().await.map_err(database)?;
    begin_new_codes(&mut tx, &curfew.keys, &me, &curfew.limits, now()).await?;
    tx.commit().await.map_err(database)?;
    leptos_axum::redirect("/profile/two-factor/new-codes");
    Ok(())
}

/// Puts the new set of recovery codes in force: the old one is void.
///
/// # Errors
/// `step_up_required`, `conflict`, `service_unavailable`; the old codes are good then.
#[server(prefix = "/api/fn", endpoint = "use_recovery_codes")]
pub async fn use_recovery_codes(confirmation: Option<String>) -> Result<(), AppError> {
    use accounts::second_factor::use_new_codes;

    use crate::{
        context::{curfew, leave, now, visit},
        flash::{Done, Flash},
        step_up::confirmed,
    };

    let (curfew, visit) = (curfew()?, visit()?);
    let me = confirmed(confirmation).await?;
    let database = |e| AppError::database(&e);
    let mut tx = curfew.db.write().await.map_err(database)?;
    use_new_codes(
        &mut tx,
        &curfew.keys,
        &curfew.limits,
        &me,
        &visit.client,
        now(),
    )
    .await?;
    tx.commit().await.map_err(database)?;
    leave(&Flash::Done(Done::NewRecoveryCodes))?;
    leptos_axum::redirect("/profile/security");
    Ok(())
}

/// Throws away what is shown and not in force. Nothing else changes.
///
/// # Errors
/// `session_ended`, `service_unavailable`.
#[server(prefix = "/api/fn", endpoint = "abandon_two_factor")]
pub async fn abandon_two_factor() -> Result<(), AppError> {
    use accounts::second_factor::draft;

    use crate::context::{curfew, signed_in};

    let (curfew, me) = (curfew()?, signed_in()?);
    let database = |e| AppError::database(&e);
    let mut tx = curfew.db.write().await.map_err(database)?;
    draft::remove(&mut tx, &me.user.id)
        .await
        .map_err(database)?;
    tx.commit().await.map_err(database)?;
    leptos_axum::redirect("/profile/security");
    Ok(())
}
