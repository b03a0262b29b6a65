//! Registering, changing and removing applications.

use accounts::{
    applications::{self, Kind, OwnHost},
    ids::ApplicationId,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    PAGE,
    check::{beside_address, checked},
    fields::ApplicationFields,
    page_of,
};
use crate::{
    context::{curfew, leave, note, operation, signed_in},
    error::AppError,
    flash::{Flash, Note, Value},
};

/// An application that was registered: its client id, and its secret, shown only once.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RegisteredApplication {
    pub id: String,
    pub secret: Option<Value>,
}

/// Registers an application of the account. Addresses and paths stand one a line.
///
/// # Errors
/// `validation_failed`, `forbidden`, `limit_reached`, `step_up_required`, `session_ended`, `service_unavailable`; nothing has
/// changed then.
#[server(prefix = "/api/fn", endpoint = "register_application")]
pub async fn register_application(
    #[server(flatten)] application: ApplicationFields,
) -> Result<RegisteredApplication, AppError> {
    let (curfew, me) = (curfew()?, signed_in()?);
    let (details, follows) = checked(&application, &me.user.account_id, true).await?;
    let own = OwnHost::of(&curfew.public_url);
    let mut op = operation().await?;
    let made = applications::register(&mut op, &me, &details, &own).await;
    let made = made.map_err(|error| beside_address(error.into(), &follows))?;
    op.commit().await?;
    let id = made.application.id.0.clone();
    let secret = made.secret.map(|secret| Value::new(secret.expose()));
    let title = "The application is registered";
    match &secret {
        Some(secret) => show_once(
            title,
            "This is its secret. Its client ID and its configuration are below.",
            secret,
        )?,
        None => note(Note::new(title).with("Its configuration is below."))?,
    }
    leptos_axum::redirect(&page_of(&id));
    Ok(RegisteredApplication { id, secret })
}

/// Changes an application; its kind stays.
///
/// # Errors
/// As [`register_application`], and `not_found`.
#[server(prefix = "/api/fn", endpoint = "change_application")]
pub async fn change_application(
    application: String,
    #[server(flatten)] fields: ApplicationFields,
) -> Result<(), AppError> {
    let (curfew, me, id) = (curfew()?, signed_in()?, ApplicationId(application));
    let (details, _) = checked(&fields, &me.user.account_id, false).await?;
    let own = OwnHost::of(&curfew.public_url);
    let mut op = operation().await?;
    let changed = applications::change(&mut op, &me, &id, &details, &own).await?;
    op.commit().await?;
    note(Note::new("Saved").with(super::counts_from(changed.kind)))?;
    leptos_axum::redirect(&page_of(id.as_str()));
    Ok(())
}

/// Adds a redirect address to an application: the one that a sign-in was refused at.
///
/// # Errors
/// As [`change_application`].
#[server(prefix = "/api/fn", endpoint = "add_redirect_address")]
pub async fn add_redirect_address(application: String, address: String) -> Result<(), AppError> {
    let (curfew, me, id) = (curfew()?, signed_in()?, ApplicationId(application));
    let own = OwnHost::of(&curfew.public_url);
    let mut op = operation().await?;
    applications::add_redirect(&mut op, &me, &id, &address, &own).await?;
    op.commit().await?;
    note(
        Note::new("The redirect address is added")
            .with("Go back to the application and sign in again."),
    )?;
    leptos_axum::redirect(&page_of(id.as_str()));
    Ok(())
}

/// Makes a new secret and answers with it, shown only once. The one before it stays good until it is revoked.
///
/// # Errors
/// `limit_reached` while two are good, `not_found`, `forbidden`, `step_up_required`, `session_ended`, `service_unavailable`;
/// nothing has changed then.
#[server(prefix = "/api/fn", endpoint = "new_application_secret")]
pub async fn new_application_secret(application: String) -> Result<Value, AppError> {
    let (me, id) = (signed_in()?, ApplicationId(application));
    let mut op = operation().await?;
    let secret = applications::change_secret(&mut op, &me, &id).await?;
    op.commit().await?;
    let secret = Value::new(secret.expose());
    let text =
        "The secret before it stays good until you revoke it. Put the new one in place first.";
    show_once("The application has a new secret", text, &secret)?;
    leptos_axum::redirect(&page_of(id.as_str()));
    Ok(secret)
}

/// Revokes the secret that was in use before the newest.
///
/// # Errors
/// As [`new_application_secret`].
#[server(prefix = "/api/fn", endpoint = "revoke_old_application_secret")]
pub async fn revoke_old_application_secret(application: String) -> Result<(), AppError> {
    let (me, id) = (signed_in()?, ApplicationId(application));
    let mut op = operation().await?;
    applications::revoke_old_secret(&mut op, &me, &id).await?;
    op.commit().await?;
    note(Note::new("The old secret is revoked"))?;
    leptos_axum::redirect(&page_of(id.as_str()));
    Ok(())
}

/// Removes an application: every session there ends, and is told of once more.
///
/// # Errors
/// As [`new_application_secret`].
#[server(prefix = "/api/fn", endpoint = "remove_application")]
pub async fn remove_application(application: String) -> Result<(), AppError> {
    let (me, id) = (signed_in()?, ApplicationId(application));
    let mut op = operation().await?;
    let removed = applications::remove(&mut op, &me, &id).await?;
    op.commit().await?;
    let text = match (removed.kind, removed.logout_address) {
        (Kind::Gate, _) => "No request gets through any more.",
        (Kind::OpenId, Some(_)) => {
            "Every sign-in that was left there has ended, and is told once more. Older notices that waited are dropped."
        }
        (Kind::OpenId, None) => {
            "Every sign-in there has ended. It can’t be told, so its own sessions may live on."
        }
    };
    let name = accounts::text::visible(&removed.name);
    note(Note::new(format!("{name} is removed")).with(text))?;
    leptos_axum::redirect(PAGE);
    Ok(())
}

fn show_once(title: &str, text: &str, secret: &Value) -> Result<(), AppError> {
    let mut said = Note::new(title).with(text);
    said.secret = Some(secret.expose().to_owned());
    leave(&Flash::Note(said))
}
