//! Verifying the log, and how long it is kept.

use accounts::{
    audit,
    audit_retention::{CHOICES, set_retention},
    roles::Role,
};
use leptos::prelude::*;

use crate::{
    context::{leave, note, operation, reader, signed_in},
    counted::counted,
    error::AppError,
    flash::{Flash, Note},
    parts::{form::Sent, form_fields::FormFields, plain::Choice},
};

const PAGE: &str = "/settings/audit-log";

/// What [`verify_audit`] found.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Verified {
    pub whole: bool,
    pub events: u64,
    /// The number of the first event that is not as it was written.
    pub broken: Option<i64>,
    pub why: Option<String>,
}

/// Recomputes every hash of the account's log and says whether it is as it was written.
///
/// # Errors
/// `forbidden`, `plan_required`, `session_ended`, `service_unavailable`.
#[server(prefix = "/api/fn", endpoint = "verify_audit")]
pub async fn verify_audit() -> Result<Verified, AppError> {
    let me = signed_in()?;
    let mut conn = reader().await?;
    let found = audit::verify_account(&mut conn, &me.user.account_id).await?;
    let (verified, said) = match found {
        Ok(whole) => {
            let events = counted(whole.events, "event is", "events are");
            let verified = Verified {
                whole: true,
                events: whole.events,
                broken: None,
                why: None,
            };
            (
                verified,
                Note::new("The log is intact")
                    .with(format!("{events} unchanged since they were written.")),
            )
        }
        Err(broken) => {
            tracing::error!(%broken, "the audit log was altered");
            let mut said = Note::new("The log was altered")
                .with(format!("Event number {}: {}.", broken.seq, broken.why));
            said.bad = true;
            let verified = Verified {
                whole: false,
                events: 0,
                broken: Some(broken.seq),
                why: Some(broken.why.to_owned()),
            };
            (verified, said)
        }
    };
    leave(&Flash::Note(said))?;
    leptos_axum::redirect(PAGE);
    Ok(verified)
}

/// Sets how many days events are kept; empty to keep them forever.
///
/// # Errors
/// `validation_failed`, `forbidden`, `plan_required`, `step_up_required`, `session_ended`, `service_unavailable`; nothing has changed then.
#[server(prefix = "/api/fn", endpoint = "set_audit_retention")]
pub async fn set_audit_retention(days: String) -> Result<(), AppError> {
    let me = signed_in()?;
    let wrong = || AppError::field("days", "Choose one of the options.");
    let days = match days.trim() {
        "" => None,
        days => Some(days.parse::<i64>().map_err(|_| wrong())?),
    };
    let mut op = operation().await?;
    set_retention(&mut op, &me, days).await?;
    op.commit().await?;
    note(
        Note::new("Saved").with("Older events are deleted within an hour, and that is recorded."),
    )?;
    leptos_axum::redirect(PAGE);
    Ok(())
}

pub(super) fn card(days: Option<i64>, role: Role) -> impl IntoView {
    let sent = Sent::of(&["set_audit_retention", "verify_audit"]);
    let kept = days.map_or("forever".into(), |days| format!("for {days} days"));
    let choices = std::iter::once((String::new(), "Forever".to_owned()))
        .chain(CHOICES.iter().map(|days| (days.to_string(), length(*days))))
        .collect();
    let chosen = days.map(|days| days.to_string()).unwrap_or_default();
    let wrong = sent.field("days");
    let keep = (role == Role::Owner).then(|| {
        view! {
            <form class="inline-form" method="post" action="/api/fn/set_audit_retention">
                <FormFields />
                <Choice name="days" label="Keep events" options=choices chosen error=wrong />
                <button class="button">"Save"</button>
            </form>
        }
    });
    view! {
        <section class="card" aria-labelledby="keep-title">
            <div class="card__body">
                <div class="card__header">
                    <h2 class="card__title" id="keep-title">"Retention and verification"</h2>
                    <p class="card__text">
                        {format!(
                            "Each event carries the hash of the one before it, so no event can be changed without it showing. Events are kept {kept}.",
                        )}
                    </p>
                </div>
                {sent.summary()}
                {keep}
            </div>
            <div class="card__footer">
                <p>"Verifying recomputes every hash and changes nothing."</p>
                <form class="button-form" method="post" action="/api/fn/verify_audit">
                    <FormFields />
                    <button class="button">"Verify the log"</button>
                </form>
            </div>
        </section>
    }
}

fn length(days: i64) -> String {
    match days {
        365 => "A year".into(),
        730 => "Two years".into(),
        2555 => "Seven years".into(),
        days => format!("{days} days"),
    }
}
