//! Setting, testing and removing the webhook.

use accounts::webhook::{self, Payload, Wanted, WebhookError};
use leptos::prelude::*;

use super::PAGE;
use crate::{
    context::{curfew, leave, note, now, signed_in, visit},
    error::{AppError, Code},
    flash::{Flash, Note, Value},
    pages::settings::refused,
};

/// Sends events to `url` from now on: those of `categories` (none: all of them) from `severity` on. The first time
/// it answers with the secret, shown this once.
///
/// # Errors
/// `validation_failed`, `not_allowed`, `plan_required`, `session_ended`, `service_unavailable`; nothing has changed then.
#[server(prefix = "/api/fn", endpoint = "set_webhook")]
pub async fn set_webhook(
    url: String,
    severity: Option<String>,
    #[server(default)] categories: Vec<String>,
) -> Result<Option<Value>, AppError> {
    let (curfew, me, visit, now) = (curfew()?, signed_in()?, visit()?, now());
    let url = url.trim();
    if let Some(why) = curfew.webhook_client.refuses(url).await {
        return Err(AppError::field("url", why));
    }
    let wanted = Wanted {
        categories,
        severity: severity.unwrap_or_else(|| "info".into()),
    };
    let mut tx = curfew
        .db
        .write()
        .await
        .map_err(|e| AppError::database(&e))?;
    let (client, limits, keys) = (&visit.client, &curfew.limits, &curfew.keys);
    let secret = match webhook::set(&mut tx, keys, &me, url, &wanted, client, limits, now).await {
        Ok(secret) => secret,
        Err(error) => return Err(told(error).await),
    };
    tx.commit().await.map_err(|e| AppError::database(&e))?;
    let secret = secret.map(|secret| Value::new(secret.expose()));
    match &secret {
        Some(secret) => show_once(
            "The webhook is made",
            "This is the secret that every delivery is signed with. Your receiver checks the signature with it.",
            secret,
        )?,
        None => note(Note::new("Saved"))?,
    }
    leptos_axum::redirect(PAGE);
    Ok(secret)
}

/// Makes a new secret and answers with it, shown this once.
///
/// # Errors
/// `not_found`, `not_allowed`, `plan_required`, `session_ended`, `service_unavailable`; nothing has changed then.
#[server(prefix = "/api/fn", endpoint = "new_webhook_secret")]
pub async fn new_webhook_secret() -> Result<Value, AppError> {
    let (curfew, me, visit, now) = (curfew()?, signed_in()?, visit()?, now());
    let mut tx = curfew
        .db
        .write()
        .await
        .map_err(|e| AppError::database(&e))?;
    let (client, limits, keys) = (&visit.client, &curfew.limits, &curfew.keys);
    let secret = match webhook::new_secret(&mut tx, keys, &me, client, limits, now).await {
        Ok(secret) => Value::new(secret.expose()),
        Err(error) => return Err(told(error).await),
    };
    tx.commit().await.map_err(|e| AppError::database(&e))?;
    let text = "Every delivery is signed with it from now on. Give it to your receiver.";
    show_once("The webhook has a new secret", text, &secret)?;
    leptos_axum::redirect(PAGE);
    Ok(secret)
}

/// What came back from a test.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Tested {
    pub arrived: bool,
    /// What the receiver answered, if it did.
    pub status: Option<u16>,
    /// Why it counts as not arrived.
    pub why: Option<String>,
}

/// Sends an event named `webhook.test` right now and says what came back. It stands in no log. Five a minute, for
/// the whole account.
///
/// # Errors
/// `too_many_attempts`, `not_found`, `not_allowed`, `plan_required`, `session_ended`, `service_unavailable`.
#[server(prefix = "/api/fn", endpoint = "test_webhook")]
pub async fn test_webhook() -> Result<Tested, AppError> {
    let (curfew, me, now) = (curfew()?, signed_in()?, now());
    let account = &me.user.account_id;
    let mut tx = curfew
        .db
        .write()
        .await
        .map_err(|e| AppError::database(&e))?;
    let webhook = match webhook::test(&mut tx, &me, &curfew.limits, now).await {
        Ok(webhook) => webhook,
        Err(error) => return Err(told(error).await),
    };
    // Counted before it is sent, and nothing is held while a stranger's machine takes its time.
    tx.commit().await.map_err(|e| AppError::database(&e))?;
    let secret = webhook.secret(account, &curfew.keys).map_err(|error| {
        tracing::error!(%error, "the secret of a webhook stays closed");
        AppError::new(
            Code::Internal,
            "Its secret cannot be opened. Make a new one.",
        )
    })?;
    let payload = Payload::test(&webhook.url, &secret, &me, now);
    let (tested, said) = match curfew.webhook_client.deliver(&payload).await {
        Ok(status) => (
            Tested {
                arrived: true,
                status: Some(status),
                why: None,
            },
            Note::new("The test arrived").with(format!("The receiver answered {status}.")),
        ),
        Err(failure) => {
            let mut said = Note::new("The test did not arrive").with(failure.why.clone());
            said.bad = true;
            let tested = Tested {
                arrived: false,
                status: failure.status,
                why: Some(failure.why),
            };
            (tested, said)
        }
    };
    leave(&Flash::Note(said))?;
    leptos_axum::redirect(PAGE);
    Ok(tested)
}

/// Sends nothing any more, but that it is removed.
///
/// # Errors
/// `not_found`, `not_allowed`, `plan_required`, `session_ended`, `service_unavailable`; nothing has changed then.
#[server(prefix = "/api/fn", endpoint = "remove_webhook")]
pub async fn remove_webhook() -> Result<(), AppError> {
    let (curfew, me, visit, now) = (curfew()?, signed_in()?, visit()?, now());
    let mut tx = curfew
        .db
        .write()
        .await
        .map_err(|e| AppError::database(&e))?;
    let (client, limits) = (&visit.client, &curfew.limits);
    if let Err(error) = webhook::remove(&mut tx, &me, client, limits, now).await {
        return Err(told(error).await);
    }
    tx.commit().await.map_err(|e| AppError::database(&e))?;
    note(
        Note::new("The webhook is removed")
            .with("Nothing is sent any more but that, if its receiver gets such events."),
    )?;
    leptos_axum::redirect(PAGE);
    Ok(())
}

fn show_once(title: &str, text: &str, secret: &Value) -> Result<(), AppError> {
    let mut said = Note::new(title).with(text);
    said.secret = Some(secret.expose().to_owned());
    leave(&Flash::Note(said))
}

async fn told(error: WebhookError) -> AppError {
    match error {
        WebhookError::NoSuchFilter => AppError::field(
            "severity",
            "Choose a severity and categories that are offered.",
        ),
        WebhookError::Url => {
            AppError::field("url", "Enter an address of at most 2,000 characters.")
        }
        WebhookError::None => no_webhook(),
        WebhookError::RateLimited(rate_limited) => {
            AppError::rate_limited_for("tests", rate_limited)
        }
        WebhookError::Refused(error) => refused(error).await,
    }
}

fn no_webhook() -> AppError {
    AppError::new(Code::NotFound, "There is no webhook. Nothing was changed.")
}
