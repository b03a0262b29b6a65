//! Setting the curfew of the user or of the account.

use leptos::prelude::*;

use crate::error::AppError;

/// Sets the user's own curfew, or with `remove` removes it.
///
/// # Errors
/// `validation_failed`, `step_up_required`, `session_ended`, `service_unavailable`; nothing has changed then.
#[server(prefix = "/api/fn", endpoint = "set_curfew")]
pub async fn set_curfew(
    time: Option<String>,
    zone: Option<String>,
    remove: Option<String>,
    confirmation: Option<String>,
    for_user: Option<String>,
) -> Result<(), AppError> {
    use accounts::curfew::Scope;

    // Compared before the function runs, as in every form.
    drop(for_user);
    save(Scope::User, time, zone, remove, confirmation).await
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
    for_user: Option<String>,
) -> Result<(), AppError> {
    use accounts::curfew::Scope;

    // Compared before the function runs, as in every form.
    drop(for_user);
    save(Scope::Account, time, zone, remove, confirmation).await
}

#[cfg(feature = "ssr")]
async fn save(
    scope: accounts::curfew::Scope,
    time: Option<String>,
    zone: Option<String>,
    remove: Option<String>,
    confirmation: Option<String>,
) -> Result<(), AppError> {
    use accounts::{curfew::set, curfew_schedule::Curfew};

    use crate::{
        context::{note, operation, signed_in},
        flash::Note,
        step_up::confirmed,
    };

    signed_in()?;
    let wanted = if remove.is_some() {
        None
    } else {
        let (time, zone) = (time.unwrap_or_default(), zone.unwrap_or_default());
        Some(Curfew::typed(&time, &zone)?)
    };
    // A thief with a stolen session must not remove what will end it.
    let me = confirmed(confirmation)?;
    let mut op = operation().await?;
    set(&mut op, &me, scope, wanted.as_ref()).await?;
    op.commit().await?;
    note(Note::new(match wanted {
        Some(curfew) => format!(
            "Sessions will end every day at {}, {}.",
            curfew.time(),
            curfew.zone()
        ),
        None => "The curfew has been removed.".into(),
    }))?;
    leptos_axum::redirect("/profile/security");
    Ok(())
}
