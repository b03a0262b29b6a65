//! What one does to one's devices: end one, end the others, give one a name. Plain forms.

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
) -> Result<(), AppError> {
    use accounts::sessions::{SessionId, end_one};

    use crate::{
        context::{curfew, note, now, visit},
        flash::{Note, counted},
        step_up::confirmed,
    };

    let (curfew, visit) = (curfew()?, visit()?);
    let me = confirmed(confirmation).await?;
    let database = |e| AppError::database(&e);
    let session = SessionId(id.clone());
    let mut tx = curfew.db.write().await.map_err(database)?;
    let ended = end_one(
        &mut tx,
        &me,
        which(kind.as_deref(), &session),
        &visit.client,
        &curfew.limits,
        now(),
    )
    .await;
    let ended = match ended {
        Ok(ended) => ended,
        Err(error) => return Err(refused(error).await?),
    };
    tx.commit().await.map_err(database)?;
    let sessions = counted(ended.sessions, "session", "sessions");
    let devices = counted(
        ended.remembered_devices,
        "remembered device",
        "remembered devices",
    );
    let text = format!(
        "{} is signed out: {sessions} and {devices} ended.",
        ended.name
    );
    note(Note::new(text))?;
    leptos_axum::redirect("/profile/security");
    Ok(())
}

/// Ends every other session and remembered device of the user; this session goes on under a new cookie.
///
/// # Errors
/// `step_up_required`, `session_ended`, `service_unavailable`; nothing has changed then.
#[server(prefix = "/api/fn", endpoint = "end_other_sessions")]
pub async fn end_other_sessions(confirmation: Option<String>) -> Result<(), AppError> {
    use accounts::sessions::end_others;

    use crate::{
        context::{curfew, note, now, set_cookie, visit},
        flash::{Note, counted},
        step_up::confirmed,
    };

    let (curfew, visit) = (curfew()?, visit()?);
    let me = confirmed(confirmation).await?;
    let database = |e| AppError::database(&e);
    let mut tx = curfew.db.write().await.map_err(database)?;
    let ended = match end_others(&mut tx, &me, &visit.client, &curfew.limits, now()).await {
        Ok(ended) => ended,
        Err(error) => return Err(refused(error).await?),
    };
    tx.commit().await.map_err(database)?;
    set_cookie(&curfew.cookies.session(&ended.session.token));
    let sessions = counted(
        ended.sessions.unsigned_abs(),
        "other session",
        "other sessions",
    );
    let devices = counted(
        ended.remembered_devices.unsigned_abs(),
        "remembered device",
        "remembered devices",
    );
    note(Note::new(format!(
        "{sessions} and {devices} ended. You stay signed in here."
    )))?;
    leptos_axum::redirect("/profile/security");
    Ok(())
}

/// Gives a device of the user a name of its own; an empty one takes it away.
///
/// # Errors
/// `validation_failed`, `not_found`, `session_ended`, `service_unavailable`; nothing has changed then.
#[server(prefix = "/api/fn", endpoint = "rename_device")]
pub async fn rename_device(
    id: String,
    kind: Option<String>,
    label: Option<String>,
) -> Result<(), AppError> {
    use accounts::sessions::{RenameError, SessionId, rename};

    use crate::{
        context::{curfew, note, now, signed_in, visit},
        flash::Note,
    };

    let (curfew, me, visit) = (curfew()?, signed_in()?, visit()?);
    let database = |e| AppError::database(&e);
    let session = SessionId(id.clone());
    let mut tx = curfew.db.write().await.map_err(database)?;
    let named = rename(
        &mut tx,
        &me,
        which(kind.as_deref(), &session),
        label.as_deref().unwrap_or_default(),
        &visit.client,
        &curfew.limits,
        now(),
    )
    .await;
    let named = match named {
        Ok(named) => named,
        Err(RenameError::Name(why)) => return Err(AppError::field("label", why)),
        Err(RenameError::Device(error)) => return Err(refused(error).await?),
    };
    tx.commit().await.map_err(database)?;
    note(Note::new(match named {
        Some(name) => format!("The device is called {name} now."),
        None => "The device goes by its browser’s name again.".into(),
    }))?;
    leptos_axum::redirect("/profile/security");
    Ok(())
}

#[cfg(feature = "ssr")]
fn which<'a>(
    kind: Option<&str>,
    id: &'a accounts::sessions::SessionId,
) -> accounts::sessions::DeviceRef<'a> {
    use accounts::sessions::DeviceRef;

    if kind == Some("remembered") {
        DeviceRef::Remembered(&id.0)
    } else {
        DeviceRef::Session(id)
    }
}

#[cfg(feature = "ssr")]
async fn refused(error: accounts::sessions::EndOneError) -> Result<AppError, AppError> {
    use accounts::sessions::EndOneError;

    use crate::error::Code;

    Ok(match error {
        EndOneError::NotThere => AppError::new(
            Code::NotFound,
            "This device is not signed in any more. Nothing was changed.",
        ),
        EndOneError::ThisOne => AppError::new(
            Code::Malformed,
            "This is the device you are using. Sign out instead.",
        ),
        EndOneError::AlreadyEnded => crate::remote_logout::ended_meanwhile().await?,
        EndOneError::Database(error) => AppError::database(&error),
    })
}
