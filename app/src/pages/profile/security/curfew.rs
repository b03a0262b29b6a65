//! Setting the curfew, one's own or the account's. Plain forms.

use leptos::prelude::*;

use crate::error::AppError;

/// Sets the user's own curfew, or with `remove` takes it away.
///
/// # Errors
/// `validation_failed`, `step_up_required`, `session_ended`, `service_unavailable`; nothing has changed then.
#[server(prefix = "/api/fn", endpoint = "set_curfew")]
pub async fn set_curfew(
    time: Option<String>,
    zone: Option<String>,
    remove: Option<String>,
    confirmation: Option<String>,
) -> Result<(), AppError> {
    use accounts::curfew::Whose;

    save(Whose::Mine, time, zone, remove, confirmation).await
}

/// Sets the account's curfew, which holds for every member. Owners and admins only.
///
/// # Errors
/// `forbidden`, `validation_failed`, `step_up_required`, `session_ended`, `service_unavailable`; nothing has changed then.
#[server(prefix = "/api/fn", endpoint = "set_account_curfew")]
pub async fn set_account_curfew(
    time: Option<String>,
    zone: Option<String>,
    remove: Option<String>,
    confirmation: Option<String>,
) -> Result<(), AppError> {
    use accounts::curfew::Whose;

    save(Whose::Account, time, zone, remove, confirmation).await
}

#[cfg(feature = "ssr")]
async fn save(
    whose: accounts::curfew::Whose,
    time: Option<String>,
    zone: Option<String>,
    remove: Option<String>,
    confirmation: Option<String>,
) -> Result<(), AppError> {
    use accounts::curfew::{Curfew, CurfewError, set};

    use crate::{
        context::{curfew, note, now, signed_in, visit},
        flash::Note,
        step_up::confirmed,
    };

    let (install, visit) = (curfew()?, visit()?);
    signed_in()?;
    let wanted = if remove.is_some() {
        None
    } else {
        let (time, zone) = (time.unwrap_or_default(), zone.unwrap_or_default());
        Some(Curfew::typed(&time, &zone).map_err(refused)?)
    };
    // Whoever holds a stolen session must not get rid of what will end it.
    let me = confirmed(confirmation).await?;
    let database = |e| AppError::database(&e);
    let mut tx = install.db.write().await.map_err(database)?;
    let (client, limits) = (&visit.client, &install.limits);
    match set(&mut tx, &me, whose, wanted.as_ref(), client, limits, now()).await {
        Ok(()) => {}
        Err(CurfewError::AlreadyEnded) => {
            return Err(crate::remote_logout::ended_meanwhile().await?);
        }
        Err(other) => return Err(refused(other)),
    }
    tx.commit().await.map_err(database)?;
    note(Note::new(match wanted {
        Some(curfew) => format!(
            "Sessions end by themselves every day at {}, {}.",
            curfew.time(),
            curfew.zone()
        ),
        None => "There is no curfew any more.".into(),
    }))?;
    leptos_axum::redirect("/profile/security");
    Ok(())
}

#[cfg(feature = "ssr")]
fn refused(error: accounts::curfew::CurfewError) -> AppError {
    use accounts::curfew::CurfewError;

    use crate::error::Code;

    match error {
        CurfewError::Time(why) => AppError::field("time", why),
        CurfewError::Zone(why) => AppError::field("zone", why),
        CurfewError::NotAllowed => AppError::new(
            Code::Forbidden,
            "Only owners and admins set the account’s curfew.",
        ),
        CurfewError::AlreadyEnded => AppError::not_signed_in(),
        CurfewError::Database(error) => AppError::database(&error),
    }
}
