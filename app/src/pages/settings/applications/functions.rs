//! Registering, changing, testing and removing applications.

use accounts::{
    applications::{self, Answer, OwnHost},
    ids::ApplicationId,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{PAGE, fields::ApplicationFields, page_of};
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
    let details = application.details()?;
    refuse_address(&details.logout_address).await?;
    let own = OwnHost::of(&curfew.public_url);
    let mut op = operation().await?;
    let made = applications::register(&mut op, &me, &details, &own).await?;
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
    let details = fields.details()?;
    refuse_address(&details.logout_address).await?;
    let own = OwnHost::of(&curfew.public_url);
    let mut op = operation().await?;
    applications::change(&mut op, &me, &id, &details, &own).await?;
    op.commit().await?;
    note(
        Note::new("Saved")
            .with("Notices that wait go to the new address, and are dropped if there is none."),
    )?;
    leptos_axum::redirect(&page_of(id.as_str()));
    Ok(())
}

/// Makes a new secret and answers with it, shown only once. The one before it stays good until it is revoked.
///
/// # Errors
/// `not_found`, `forbidden`, `step_up_required`, `session_ended`, `service_unavailable`; nothing has changed then.
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

/// What came back from a test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestedApplication {
    /// Whether it answered as one does that takes logout notices: 200 or 204, or that it has no such session.
    pub understood: bool,
    pub status: Option<u16>,
    /// The beginning of what it said, or why nothing came back.
    pub said: String,
}

/// Sends the application a logout token of a session that it does not have, right now, and says what came back. Five a
/// minute, for the whole account.
///
/// # Errors
/// `too_many_attempts`, `not_found`, `forbidden`, `session_ended`, `service_unavailable`.
#[server(prefix = "/api/fn", endpoint = "test_application")]
pub async fn test_application(application: String) -> Result<TestedApplication, AppError> {
    let (curfew, me, id) = (curfew()?, signed_in()?, ApplicationId(application));
    let mut op = operation().await?;
    let application = applications::for_test(&mut op, &me, &id).await?;
    // Counted before it is sent, so that nothing is locked while the application takes its time.
    op.commit().await?;
    let answer = curfew.notices.test(&application, &me.user.id).await;
    let (tested, note) = tested(answer);
    leave(&Flash::Note(note))?;
    leptos_axum::redirect(&page_of(id.as_str()));
    Ok(tested)
}

fn tested(answer: Answer) -> (TestedApplication, Note) {
    let (status, said) = match answer {
        Answer::Status(status, body) => (
            Some(status),
            accounts::text::visible(body.trim())
                .chars()
                .take(300)
                .collect(),
        ),
        Answer::None(why) => (None, why),
    };
    let understood = matches!(status, Some(200 | 204 | 400));
    let mut note = match status {
        Some(status @ (200 | 204)) => Note::new("The application took the logout token")
            .with(format!("It answered {status}.")),
        // It has no such session, so this is what a careful application may say.
        Some(400) => Note::new("The application answered 400").with(format!(
            "That is right where it says that it doesn’t know the session, and wrong where it says that it doesn’t trust the token. It said: {said}"
        )),
        Some(status) => Note::new("The application didn’t take the logout token")
            .with(format!("It answered {status}. {said}")),
        None => Note::new("The application wasn’t reached").with(said.clone()),
    };
    note.bad = !understood;
    let tested = TestedApplication {
        understood,
        status,
        said,
    };
    (tested, note)
}

/// Removes an application: every session there ends, and is told of once more.
///
/// # Errors
/// As [`new_application_secret`].
#[server(prefix = "/api/fn", endpoint = "remove_application")]
pub async fn remove_application(application: String) -> Result<(), AppError> {
    let (me, id) = (signed_in()?, ApplicationId(application));
    let mut op = operation().await?;
    let name = applications::remove(&mut op, &me, &id).await?;
    op.commit().await?;
    note(
        Note::new(format!("{} is removed", accounts::text::visible(&name)))
            .with("Every session there has ended, and it is told so once more. Older notices that waited are dropped."),
    )?;
    leptos_axum::redirect(PAGE);
    Ok(())
}

/// Refuses an address that notices may never be sent to, while its form is still there.
async fn refuse_address(address: &str) -> Result<(), AppError> {
    let address = address.trim();
    if address.is_empty() {
        return Ok(());
    }
    match curfew()?.notices.refuses(address).await {
        // A host that is down today may be there when it is told.
        Some(why) if why.contains("not found") => Ok(()),
        Some(why) => Err(AppError::field("logout_address", why)),
        None => Ok(()),
    }
}

fn show_once(title: &str, text: &str, secret: &Value) -> Result<(), AppError> {
    let mut said = Note::new(title).with(text);
    said.secret = Some(secret.expose().to_owned());
    leave(&Flash::Note(said))
}
