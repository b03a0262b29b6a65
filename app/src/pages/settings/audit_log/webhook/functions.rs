//! Setting, testing and removing the webhook.

use accounts::{
    webhook_settings,
    webhooks::{Payload, Wanted},
};
use leptos::prelude::*;

use super::PAGE;
use crate::{
    context::{curfew, leave, note, now, operation, signed_in},
    error::{AppError, Code},
    flash::{Flash, Note, Value},
};

/// Sends events to `url` from now on: those of `categories` (none: all of them) from `severity` on. The first time
/// it answers with the secret, shown only once.
///
/// # Errors
/// `validation_failed`, `forbidden`, `plan_required`, `step_up_required`, `session_ended`, `service_unavailable`; nothing has changed then.
#[server(prefix = "/api/fn", endpoint = "set_webhook")]
pub async fn set_webhook(
    url: String,
    severity: Option<String>,
    #[server(default)] categories: Vec<String>,
) -> Result<Option<Value>, AppError> {
    let (curfew, me) = (curfew()?, signed_in()?);
    let url = url.trim();
    if let Some(why) = curfew.webhook_client.refuses(url).await {
        return Err(AppError::field("url", why));
    }
    let wanted = Wanted {
        categories,
        severity: severity.unwrap_or_else(|| "info".into()),
    };
    let mut op = operation().await?;
    let secret = webhook_settings::set(&mut op, &me, url, &wanted).await?;
    op.commit().await?;
    let secret = secret.map(|secret| Value::new(secret.expose()));
    match &secret {
        Some(secret) => show_once(
            "The webhook is set up",
            "Every delivery is signed with this secret. Your receiver needs it to check the signature.",
            secret,
        )?,
        None => note(Note::new("Saved"))?,
    }
    leptos_axum::redirect(PAGE);
    Ok(secret)
}

/// Creates a new secret and answers with it, shown only once.
///
/// # Errors
/// `not_found`, `forbidden`, `plan_required`, `step_up_required`, `session_ended`, `service_unavailable`; nothing has changed then.
#[server(prefix = "/api/fn", endpoint = "new_webhook_secret")]
pub async fn new_webhook_secret() -> Result<Value, AppError> {
    let me = signed_in()?;
    let mut op = operation().await?;
    let secret = webhook_settings::new_secret(&mut op, &me).await?;
    let secret = Value::new(secret.expose());
    op.commit().await?;
    let text = "Every delivery is signed with it from now on. Add it to your receiver.";
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
    /// Why it counts as not delivered.
    pub why: Option<String>,
}

/// Sends an event named `webhook.test` right now and says what came back. It is in no log. Five a minute, for
/// the whole account.
///
/// # Errors
/// `too_many_attempts`, `not_found`, `forbidden`, `plan_required`, `session_ended`, `service_unavailable`.
#[server(prefix = "/api/fn", endpoint = "test_webhook")]
pub async fn test_webhook() -> Result<Tested, AppError> {
    let (curfew, me, now) = (curfew()?, signed_in()?, now());
    let account = &me.user.account_id;
    let mut op = operation().await?;
    let webhook = webhook_settings::test(&mut op, &me).await?;
    // Counted before it is sent, so that nothing is locked while the receiver takes its time.
    op.commit().await?;
    let secret = webhook
        .secret(account, &curfew.instance.keys)
        .map_err(|error| {
            tracing::error!(%error, "the secret of a webhook could not be decrypted");
            AppError::new(
                Code::Internal,
                "The webhook’s secret can’t be decrypted. Create a new one.",
            )
        })?;
    let payload = Payload::test(&webhook.url, &secret, account, &me.user.id, now);
    let (tested, said) = match curfew.webhook_client.deliver(&payload).await {
        Ok(status) => (
            Tested {
                arrived: true,
                status: Some(status),
                why: None,
            },
            Note::new("The test was delivered").with(format!("The receiver answered {status}.")),
        ),
        Err(failure) => {
            let mut said = Note::new("The test wasn’t delivered").with(failure.why.clone());
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

/// Sends the delivery of `event` again, with all its attempts, to where events go now.
///
/// # Errors
/// `not_found`, `forbidden`, `plan_required`, `session_ended`, `service_unavailable`; nothing has changed then.
#[server(prefix = "/api/fn", endpoint = "send_webhook_again")]
pub async fn send_webhook_again(event: String) -> Result<(), AppError> {
    let me = signed_in()?;
    let mut op = operation().await?;
    webhook_settings::send_again(&mut op, &me, &event).await?;
    op.commit().await?;
    note(Note::new("It will be sent again").with("The result will be shown here."))?;
    leptos_axum::redirect(PAGE);
    Ok(())
}

/// Removes the webhook. The last event sent says so.
///
/// # Errors
/// `not_found`, `forbidden`, `plan_required`, `step_up_required`, `session_ended`, `service_unavailable`; nothing has changed then.
#[server(prefix = "/api/fn", endpoint = "remove_webhook")]
pub async fn remove_webhook() -> Result<(), AppError> {
    let me = signed_in()?;
    let mut op = operation().await?;
    webhook_settings::remove(&mut op, &me).await?;
    op.commit().await?;
    note(
        Note::new("The webhook has been removed")
            .with("The last delivery says so, if its filters include that event."),
    )?;
    leptos_axum::redirect(PAGE);
    Ok(())
}

fn show_once(title: &str, text: &str, secret: &Value) -> Result<(), AppError> {
    let mut said = Note::new(title).with(text);
    said.secret = Some(secret.expose().to_owned());
    leave(&Flash::Note(said))
}
