//! Verifying the log, and how long it is kept.

use accounts::{
    audit::{self, CHOICES, RetentionError},
    users::Role,
};
use leptos::prelude::*;

use crate::{
    context::{curfew, leave, note, now, signed_in, visit},
    error::AppError,
    flash::{Flash, Note, counted},
    pages::settings::refused,
    parts::{form::Sent, plain::choice},
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
    let (curfew, me) = (curfew()?, signed_in()?);
    let database = |e| AppError::database(&e);
    let mut conn = curfew.db.read().await.map_err(database)?;
    let found = audit::verify_account(&mut conn, &me.user.account_id)
        .await
        .map_err(database)?;
    let (verified, said) = match found {
        Ok(whole) => {
            let events = counted(
                whole.events,
                "event is as it was",
                "events are as they were",
            );
            let verified = Verified {
                whole: true,
                events: whole.events,
                broken: None,
                why: None,
            };
            (
                verified,
                Note::new("The log is whole").with(format!("{events} written.")),
            )
        }
        Err(broken) => {
            tracing::error!(%broken, "the audit log was touched");
            let mut said = Note::new("The log was touched")
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

/// Says how many days events are kept; empty for ever.
///
/// # Errors
/// `validation_failed`, `forbidden`, `plan_required`, `session_ended`, `service_unavailable`; nothing has changed then.
#[server(prefix = "/api/fn", endpoint = "set_audit_retention")]
pub async fn set_audit_retention(days: String) -> Result<(), AppError> {
    let (curfew, me, visit, now) = (curfew()?, signed_in()?, visit()?, now());
    let wrong = || AppError::field("days", "Choose one of the times that are offered.");
    let days = match days.trim() {
        "" => None,
        days => Some(days.parse::<i64>().map_err(|_| wrong())?),
    };
    let mut tx = curfew
        .db
        .write()
        .await
        .map_err(|e| AppError::database(&e))?;
    let (client, limits) = (&visit.client, &curfew.limits);
    match audit::set_retention(&mut tx, &me, days, client, limits, now).await {
        Ok(()) => {}
        Err(RetentionError::NoSuchChoice) => return Err(wrong()),
        Err(RetentionError::Refused(error)) => return Err(refused(error).await),
    }
    tx.commit().await.map_err(|e| AppError::database(&e))?;
    note(Note::new("Saved").with("Older events go within the hour, and that is recorded."))?;
    leptos_axum::redirect(PAGE);
    Ok(())
}

pub(super) fn card(days: Option<i64>, role: Role) -> impl IntoView {
    let sent = Sent::of(&["set_audit_retention", "verify_audit"]);
    let kept = days.map_or("for ever".into(), |days| format!("for {days} days"));
    let choices = std::iter::once((String::new(), "For ever".to_owned()))
        .chain(CHOICES.iter().map(|days| (days.to_string(), length(*days))))
        .collect();
    let chosen = days.map(|days| days.to_string()).unwrap_or_default();
    let wrong = sent.field("days");
    let keep = (role == Role::Owner).then(|| {
        view! {
            <form class="inline-form" method="post" action="/api/fn/set_audit_retention">
                {choice("days".into(), "days", "Keep events", choices, &chosen, wrong)}
                <button class="button">"Save"</button>
            </form>
        }
    });
    view! {
        <section class="card" aria-labelledby="keep-title">
            <div class="card__body">
                <div class="card__header">
                    <h2 class="card__title" id="keep-title">"Keeping and verifying"</h2>
                    <p class="card__text">
                        {format!(
                            "Each event carries the hash of the one before it, so that nobody can change one unseen. They are kept {kept}.",
                        )}
                    </p>
                </div>
                {sent.summary()}
                {keep}
            </div>
            <div class="card__footer">
                <p>"Recomputes every hash. Nothing is changed."</p>
                <form class="button-form" method="post" action="/api/fn/verify_audit">
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
