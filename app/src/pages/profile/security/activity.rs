//! Recent activity: the person's own last events in words.

use accounts::{audit::Stored, device};
use leptos::prelude::*;
use serde_json::Value;

use crate::time::{Show, When};

pub(super) fn section(events: Vec<Stored>) -> impl IntoView {
    let rows = events.into_iter().map(row).collect_view();
    view! {
        <section class="section" aria-labelledby="activity-title">
            <div class="section__header">
                <div>
                    <h2 class="section__title" id="activity-title">"Recent activity"</h2>
                    <p class="section__lead">"If you don’t know one of these, log out from all devices."</p>
                </div>
            </div>
            <ul class="activity" role="list">{rows}</ul>
        </section>
    }
}

fn row(event: Stored) -> impl IntoView {
    let alert = matches!(event.severity.as_str(), "warning" | "alert");
    let class = if alert {
        "activity__row activity__row--alert"
    } else {
        "activity__row"
    };
    let words = in_words(&event);
    let device = match (&*event.actor, &event.user_agent) {
        ("operator", _) => "The command line".to_owned(),
        (_, Some(agent)) if !agent.is_empty() => device::of(agent).label(),
        _ => "Unknown device".into(),
    };
    let from = match event.ip {
        Some(ip) if !ip.is_empty() => format!("{device}, {ip}"),
        _ => device,
    };
    view! {
        <li class=class>
            <p class="activity__what">{words}</p>
            <p class="activity__from">{from}</p>
            <p class="activity__when"><When at=event.at show=Show::Full /></p>
        </li>
    }
}

/// What happened, for the person it happened to. An action that is not known here shows by its name.
fn in_words(event: &Stored) -> String {
    let details: Value = serde_json::from_str(&event.details).unwrap_or_default();
    let text = |name: &str| details[name].as_str().unwrap_or_default().to_owned();
    let number = |name: &str| details[name].as_i64().unwrap_or_default();
    let ended = || {
        let s = |n: i64| if n == 1 { "" } else { "s" };
        let (sessions, devices) = (number("sessions"), number("remembered_devices"));
        format!(
            "{sessions} session{} and {devices} remembered device{} ended",
            s(sessions),
            s(devices)
        )
    };
    let tokens = |kind: &str| match (details["tokens"].as_u64(), &details["name"]) {
        (Some(n), _) => format!("{n} {kind} tokens revoked with a remote logout"),
        (None, Value::String(name)) => format!("{kind} token “{name}” revoked"),
        _ => format!("{kind} token revoked"),
    };
    match event.action.as_str() {
        "user.created" => "Account created".into(),
        "user.login" if text("how") == "remembered" => "Signed in by “Remember me”".into(),
        "user.login" => "Signed in".into(),
        "user.login_failed" => "A sign-in failed".into(),
        "user.logout" => "Signed out".into(),
        "user.session_invalidated" => format!("Remote logout: {}", ended()),
        "user.password_changed" => format!("Password changed: {}", ended()),
        "user.remembered_device_reused" => {
            "A saved sign-in was used twice, as if copied; its sessions ended".into()
        }
        "user.device_ended" => format!("Ended {}", text("device")),
        "user.other_devices_ended" => format!("Ended all other devices: {}", ended()),
        "user.device_renamed" if text("device").is_empty() => "Took a device’s name away".into(),
        "user.device_renamed" => format!("Named a device {}", text("device")),
        "user.curfew_set" if text("time").is_empty() => "Curfew removed".into(),
        "user.curfew_set" => format!("Curfew set to {}, {}", text("time"), text("zone")),
        "user.api_token_created" => format!("API token “{}” created", text("name")),
        "user.mcp_token_created" => format!("MCP token “{}” created", text("name")),
        "user.api_token_deleted" => tokens("API"),
        "user.mcp_token_deleted" => tokens("MCP"),
        "user.two_factor_enabled" => "Two-factor authentication turned on".into(),
        "user.two_factor_disabled" => "Two-factor authentication turned off".into(),
        "user.recovery_code_used" => "A recovery code was used".into(),
        "access.denied" => "Something was refused".into(),
        other => {
            let (_, name) = other.rsplit_once('.').unwrap_or(("", other));
            let name = name.replace('_', " ");
            let mut letters = name.chars();
            letters.next().map_or_else(String::new, |first| {
                first.to_uppercase().chain(letters).collect()
            })
        }
    }
}
