//! Recent activity: the user's own last events in words.

use accounts::{audit::Stored, device, permissions, time::UnixMillis};
use leptos::prelude::*;
use serde_json::Value;

use crate::{
    flash::counted,
    time::{Show, When},
};

/// Rows shown.
const SHOWN: usize = 15;

pub(super) fn section(events: Vec<Stored>) -> impl IntoView {
    let rows = grouped(events)
        .into_iter()
        .take(SHOWN)
        .map(row)
        .collect_view();
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

/// The same thing, so many times in a row: a guesser must not push everything else out of sight.
struct Row {
    what: String,
    /// Somebody was kept out: from wherever it came, it counts as the same.
    refused: bool,
    alert: bool,
    /// From where, the last first.
    from: Vec<String>,
    times: u64,
    first: UnixMillis,
    last: UnixMillis,
}

/// Newest first, as the events come.
fn grouped(events: Vec<Stored>) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for event in events {
        let (what, from) = (in_words(&event), surface(&event));
        let same = rows.last_mut().filter(|row| {
            row.what == what && (row.refused || row.from.iter().all(|other| *other == from))
        });
        if let Some(row) = same {
            row.times += 1;
            row.first = event.at;
            if !row.from.contains(&from) {
                row.from.push(from);
            }
        } else {
            rows.push(Row {
                what,
                refused: matches!(&*event.action, "user.login_failed" | "access.denied"),
                alert: matches!(&*event.severity, "warning" | "alert"),
                from: vec![from],
                times: 1,
                first: event.at,
                last: event.at,
            });
        }
    }
    rows
}

fn row(row: Row) -> impl IntoView {
    let class = if row.alert {
        "activity__row activity__row--alert"
    } else {
        "activity__row"
    };
    let n = row.times;
    let what = if n == 1 {
        row.what
    } else if row.what == A_SIGN_IN_FAILED {
        format!("{n} failed sign-ins")
    } else {
        format!("{}, {n} times", row.what)
    };
    let others = row.from.len() as u64 - 1;
    let mut from = row.from.into_iter().next().unwrap_or_default();
    if others > 0 {
        from = format!(
            "{from} and {}",
            counted(others, "other place", "other places")
        );
    }
    let since = (row.first != row.last).then(|| {
        view! {
            <When at=row.first show=Show::Full />
            " to "
        }
    });
    view! {
        <li class=class>
            <p class="activity__what">{what}</p>
            <p class="activity__from">{from}</p>
            <p class="activity__when">{since} <When at=row.last show=Show::Full /></p>
        </li>
    }
}

fn surface(event: &Stored) -> String {
    let device = match (&*event.actor, &event.user_agent) {
        ("operator", _) => "The command line".to_owned(),
        (_, Some(agent)) if !agent.is_empty() => device::of(agent).label(),
        _ => "Unknown device".into(),
    };
    match &event.ip {
        Some(ip) if !ip.is_empty() => format!("{device}, {ip}"),
        _ => device,
    }
}

const A_SIGN_IN_FAILED: &str = "A sign-in failed";

/// What happened, for the user it happened to. An action that is not known here shows by its name.
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
        "user.login_failed" => A_SIGN_IN_FAILED.into(),
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
        "user.email_change_requested" if !text("to").is_empty() => {
            format!("Email change to {} requested", text("to"))
        }
        "user.email_changed" if !text("to").is_empty() => {
            format!("Email changed from {} to {}", text("from"), text("to"))
        }
        "access.denied" => refused(&text("what"), &text("why")),
        other => {
            let (_, name) = other.rsplit_once('.').unwrap_or(("", other));
            let name = name.replace('_', " ");
            let mut emails = name.chars();
            emails.next().map_or_else(String::new, |first| {
                first.to_uppercase().chain(emails).collect()
            })
        }
    }
}

/// What was refused, and why where it helps.
fn refused(what: &str, why: &str) -> String {
    match what {
        "" => return "Something was refused".into(),
        "step_up" => return "A wrong password or code was given to confirm something".into(),
        "change_password" => {
            return "A wrong password was given to change the password".into();
        }
        _ => {}
    }
    let operation = permissions::row(what).map_or_else(
        || {
            let name = what.trim_start_matches("/api/fn/").trim_matches('/');
            name.replace(['_', '-', '/'], " ")
        },
        |row| {
            row.what
                .replace("oneself", "yourself")
                .replace("one’s", "your")
                .replace("one's", "your")
        },
    );
    let why = match why {
        "plan_required" => ", which the plan does not have",
        "forbidden" => ", which your role may not",
        _ => "",
    };
    format!("Something was refused: {operation}{why}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(action: &str, details: &str, ip: &str, at: i64) -> Stored {
        Stored {
            id: String::new(),
            chain: String::new(),
            seq: at,
            at: UnixMillis(at),
            action: action.into(),
            category: String::new(),
            severity: "notice".into(),
            actor: "anonymous".into(),
            subject: None,
            ip: Some(ip.into()),
            user_agent: None,
            details: details.into(),
            prev_hash: String::new(),
            hash: String::new(),
        }
    }

    #[test]
    fn what_is_the_same_in_a_row_is_one_row() {
        let failed = |ip, at| event("user.login_failed", "{}", ip, at);
        let login = |ip, at| event("user.login", "{}", ip, at);
        let rows = grouped(vec![
            failed("192.0.2.1", 9),
            failed("192.0.2.2", 8),
            failed("192.0.2.1", 7),
            login("192.0.2.1", 6),
            login("192.0.2.2", 5),
            login("192.0.2.2", 4),
            failed("192.0.2.1", 3),
        ]);
        let seen: Vec<_> = rows
            .iter()
            .map(|row| (row.times, row.from.len(), row.first.0, row.last.0))
            .collect();
        assert_eq!(
            seen,
            [(3, 2, 7, 9), (1, 1, 6, 6), (2, 1, 4, 5), (1, 1, 3, 3)]
        );
    }

    #[test]
    fn a_refusal_says_what_it_was() {
        for (what, why, words) in [
            (
                "step_up",
                "wrong_password_or_code",
                "A wrong password or code was given to confirm something",
            ),
            (
                "/settings/members",
                "forbidden",
                "Something was refused: see the members, which your role may not",
            ),
            (
                "/api/fn/create_api_token",
                "plan_required",
                "Something was refused: make an API token, which the plan does not have",
            ),
            ("/api/fn/not_there", "", "Something was refused: not there"),
            ("", "", "Something was refused"),
        ] {
            assert_eq!(refused(what, why), words);
        }
    }
}
