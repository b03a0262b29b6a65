//! Events in words. What is not known here is shown by its name, never left out.

use accounts::audit::Shown;
use serde_json::Value;

use crate::flash::counted;

/// `user.login_failed` as a list has it: "Login failed".
pub(super) fn title(action: &str) -> String {
    let (group, operation) = action.split_once('.').unwrap_or(("", action));
    let operation = operation.replace('_', " ");
    let words = match group {
        "" | "user" => operation,
        "access" => format!("access {operation}"),
        "audit" => format!("audit log: {operation}"),
        group => format!("{group} {operation}"),
    };
    let mut emails = words.chars();
    emails
        .next()
        .map(|first| first.to_uppercase().chain(emails).collect())
        .unwrap_or_default()
}

/// Whoever did it.
pub(super) fn actor(actor: &str, name: Option<&str>) -> String {
    match (actor, name) {
        (_, Some(name)) => name.to_owned(),
        ("operator", None) => "The command line".into(),
        ("system", None) => "Curfew itself".into(),
        ("anonymous", None) => "Somebody not signed in".into(),
        (other, None) => other.to_owned(),
    }
}

/// Whom it was done to; empty when nobody in particular.
pub(super) fn subject(id: Option<&str>, name: Option<&str>) -> String {
    name.or(id).unwrap_or_default().to_owned()
}

/// One sentence.
pub(super) fn of(shown: &Shown) -> String {
    let e = &shown.event;
    let details: Value = serde_json::from_str(&e.details).unwrap_or_default();
    let text = |name: &str| details[name].as_str().unwrap_or_default().to_owned();
    let number = |name: &str| details[name].as_u64().unwrap_or_default();
    let who = actor(&e.actor, shown.actor_name.as_deref());
    let whom = subject(e.subject.as_deref(), shown.subject_name.as_deref());
    let own = e
        .subject
        .as_deref()
        .is_some_and(|id| e.actor == format!("user:{id}"));
    let ended = || {
        let sessions = counted(number("sessions"), "session", "sessions");
        let devices = counted(
            number("remembered_devices"),
            "remembered device",
            "remembered devices",
        );
        format!("{sessions} and {devices} ended")
    };
    match e.action.as_str() {
        "user.created" => format!("{who} signed up"),
        "user.login" if text("how") == "remembered" => {
            format!("{who} was signed in by a remembered device")
        }
        "user.login" => format!("{who} signed in"),
        "user.login_failed" if whom.is_empty() => "A sign-in failed".into(),
        "user.login_failed" => format!("A sign-in as {whom} failed"),
        "user.logout" => format!("{who} signed out"),
        "user.session_invalidated" if own => {
            format!("{who} logged out from all devices: {}", ended())
        }
        "user.session_invalidated" => {
            format!("{who} logged {whom} out from all devices: {}", ended())
        }
        "user.password_changed" => format!("{who} changed the password: {}", ended()),
        "user.remembered_device_reused" => {
            format!(
                "The saved sign-in of a device of {whom} was used a second time, as if it had been copied"
            )
        }
        "member.invited" => {
            let whom = match text("email") {
                email if email.is_empty() => "somebody".into(),
                email => email,
            };
            format!("{who} invited {whom} as {}", role(&text("role")))
        }
        "member.invitation_revoked" => format!("{who} revoked an invitation"),
        "member.joined" => format!(
            "{who} joined as {}, invited by {}",
            role(&text("role")),
            text("invited_by")
        ),
        "member.role_changed" => {
            format!(
                "{who} changed the role of {whom} from {} to {}",
                role(&text("from")),
                role(&text("to"))
            )
        }
        "member.disabled" => format!("{who} disabled {whom}"),
        "member.enabled" => format!("{who} enabled {whom}"),
        "member.removed" if own => format!("{who} deleted their account"),
        "member.removed" => format!("{who} removed {whom}"),
        "account.renamed" => format!(
            "{who} renamed the account from {} to {}",
            text("from"),
            text("to")
        ),
        "account.plan_changed" => {
            format!(
                "{who} changed the plan from {} to {}",
                text("from"),
                text("to")
            )
        }
        "account.webhook_changed" if details["new_secret"] == true => {
            format!("{who} made a new secret for the webhook")
        }
        "account.webhook_changed" => format!(
            "{who} set that events are sent to {}, {}",
            text("to"),
            sent(&details)
        ),
        "account.webhook_removed" => {
            format!("{who} removed the webhook to {}", text("from"))
        }
        "audit.retention_changed" => {
            let days = details["to_days"].as_u64();
            let keep = days.map_or("for ever".into(), |days| format!("for {days} days"));
            format!("{who} set that events are kept {keep}")
        }
        "audit.events_deleted" => {
            let events = counted(number("events"), "event", "events");
            format!("{events} older than the account keeps them were deleted")
        }
        "access.denied" => format!(
            "{who} was refused: {}",
            text("what").trim_start_matches("/api/fn/")
        ),
        other if whom.is_empty() || own => format!("{}: {who}", title(other)),
        other => format!("{}: {who}, {whom}", title(other)),
    }
}

/// Which events a webhook sends.
fn sent(details: &Value) -> String {
    let categories: Vec<String> = details["categories"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|category| Some(title(category.as_str()?).to_lowercase()))
        .collect();
    let which = if categories.is_empty() {
        "every category".into()
    } else {
        crate::error::listed(&categories)
    };
    match details["severity"].as_str() {
        None | Some("info") => which,
        Some("alert") => format!("{which}, alerts only"),
        Some(severity) => format!("{which}, from {severity} on"),
    }
}

fn role(key: &str) -> String {
    key.replace('_', "-")
}

/// What was recorded besides, name and value each.
pub(super) fn details(details: &str) -> Vec<(String, String)> {
    let Ok(Value::Object(fields)) = serde_json::from_str(details) else {
        return Vec::new();
    };
    fields
        .into_iter()
        .map(|(name, value)| {
            let value = match value {
                Value::String(text) => text,
                Value::Null => String::new(),
                other => other.to_string(),
            };
            (name.replace('_', " "), value)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_said_in_words() {
        for (action, words) in [
            ("user.login_failed", "Login failed"),
            ("member.role_changed", "Member role changed"),
            ("access.denied", "Access denied"),
            ("audit.events_deleted", "Audit log: events deleted"),
            ("new", "New"),
            ("", ""),
        ] {
            assert_eq!(title(action), words);
        }
    }

    #[test]
    fn details_that_are_no_object_are_nothing() {
        assert_eq!(details(r#"{"a_b":1,"c":"<x>","d":null}"#).len(), 3);
        for nonsense in ["", "[]", "7", "{"] {
            assert!(details(nonsense).is_empty(), "{nonsense}");
        }
    }
}
