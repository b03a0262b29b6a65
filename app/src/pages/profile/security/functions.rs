//! What users do to their devices: sign out one, sign out the others, name one.

use leptos::prelude::*;

use crate::error::AppError;

/// Ends one of the user's other devices: a session by its id, or with `kind` `remembered` a
/// remembered device that is signed in nowhere.
///
/// # Errors
/// `not_found`, `step_up_required`, `session_ended`, `service_unavailable`; nothing has changed then.
#[server(prefix = "/api/fn", endpoint = "end_session")]
pub async fn end_session(
    id: String,
    kind: Option<String>,
    confirmation: Option<String>,
    for_user: Option<String>,
    on_page: Option<String>,
) -> Result<(), AppError> {
    use accounts::{ids::SessionId, sessions::end_one};

    use crate::{
        context::{note, operation},
        counted,
        flash::Note,
        step_up::confirmed,
    };

    // Compared before the function runs, as in every form.
    drop(for_user);
    let me = confirmed(confirmation)?;
    let session = SessionId(id.clone());
    let mut op = operation().await?;
    let ended = end_one(&mut op, &me, device_of(kind.as_deref(), &session)).await?;
    op.commit().await?;
    let what = counted::ended(ended.sessions, ended.remembered_devices)
        .map_or_else(String::new, |what| format!(": {what}"));
    let text = format!(
        "{} is signed out{what}.",
        accounts::text::visible(&ended.name)
    );
    note(Note::new(text))?;
    leptos_axum::redirect(&page_of_devices(on_page.as_deref()));
    Ok(())
}

/// Ends every other session and remembered device of the user; this session continues under a new cookie. `for_epoch`
/// is the epoch that the page showed.
///
/// # Errors
/// `step_up_required`, `conflict`, `session_ended`, `service_unavailable`; nothing has changed then.
#[server(prefix = "/api/fn", endpoint = "end_other_sessions")]
pub async fn end_other_sessions(
    confirmation: Option<String>,
    for_user: Option<String>,
    for_epoch: Option<String>,
) -> Result<(), AppError> {
    use accounts::sessions::{check_shown, end_others};

    use crate::{
        context::{curfew, note, operation, set_cookie},
        counted::others_ended,
        flash::Note,
        forms::shown,
        pages::profile::others_ended::others_of,
        step_up::confirmed,
    };

    drop(for_user);
    let curfew = curfew()?;
    let me = confirmed(confirmation)?;
    let mut op = operation().await?;
    check_shown(&mut op, &me.user.id, shown(for_epoch.as_deref())).await?;
    let ended = end_others(&mut op, &me).await?;
    op.commit().await?;
    set_cookie(&curfew.cookies.session(&ended.session.token));
    let text = others_ended(others_of(&me.user.id, &ended).await);
    note(Note::new(text))?;
    leptos_axum::redirect("/profile/security");
    Ok(())
}

/// Gives a device of the user a name of its own; an empty one removes it.
///
/// # Errors
/// `validation_failed`, `not_found`, `session_ended`, `service_unavailable`; nothing has changed then.
#[server(prefix = "/api/fn", endpoint = "rename_device")]
pub async fn rename_device(
    id: String,
    kind: Option<String>,
    label: Option<String>,
    for_user: Option<String>,
    on_page: Option<String>,
) -> Result<(), AppError> {
    use accounts::{ids::SessionId, sessions::rename};

    use crate::{
        context::{note, operation, signed_in},
        flash::Note,
    };

    drop(for_user);
    let me = signed_in()?;
    let session = SessionId(id.clone());
    let mut op = operation().await?;
    let device = device_of(kind.as_deref(), &session);
    let named = rename(&mut op, &me, device, label.as_deref().unwrap_or_default()).await?;
    op.commit().await?;
    note(Note::new(match named {
        Some(name) => format!("The device is now called {name}."),
        None => "The device has its browser’s name again.".into(),
    }))?;
    leptos_axum::redirect(&page_of_devices(on_page.as_deref()));
    Ok(())
}

/// Back to the page of the list, and the search, that the form stood on.
#[cfg(feature = "ssr")]
fn page_of_devices(on_page: Option<&str>) -> String {
    const PAGE: &str = "/profile/security";
    let page = crate::sign_in::same_site(on_page);
    match page.strip_prefix(PAGE) {
        Some(rest) if rest.starts_with('?') => page,
        _ => PAGE.to_owned(),
    }
}

#[cfg(feature = "ssr")]
fn device_of<'a>(
    kind: Option<&str>,
    id: &'a accounts::ids::SessionId,
) -> accounts::sessions::DeviceRef<'a> {
    use accounts::sessions::DeviceRef;

    if kind == Some("remembered") {
        DeviceRef::Remembered(&id.0)
    } else {
        DeviceRef::Session(id)
    }
}

/// Signs the user out of one application: that sign-in there ends, and the application is told.
///
/// # Errors
/// `not_found`, `session_ended`, `service_unavailable`; nothing has changed then.
#[server(prefix = "/api/fn", endpoint = "end_application_session")]
pub async fn end_application_session(session: String) -> Result<(), AppError> {
    use accounts::{
        applications::{Class, sign_out},
        ids::ApplicationSessionId,
    };

    use crate::{
        context::{note, operation, signed_in},
        flash::Note,
    };

    let me = signed_in()?;
    let session = ApplicationSessionId(session);
    let mut op = operation().await?;
    let ended = sign_out(&mut op, &me, &session).await?;
    op.commit().await?;
    let name = accounts::text::visible(&ended.name);
    let text = match ended.class {
        Class::ToldAtOnce => "It’s being told.",
        Class::RefusedAtNextRequest => "Its next request is refused.",
        Class::EndsAtNextRefresh => "It ends there at its next refresh, in at most 10 minutes.",
        Class::CannotBeTold => {
            "It can’t be told, so its own session may live on. Sign out there, too."
        }
    };
    // Back to the page that it stands on: Home, or Profile → Security.
    note(Note::new(format!("Your sign-in at {name} has ended.")).with(text))?;
    Ok(())
}
