//! Numbers with their noun.

use serde::{Deserialize, Serialize};

/// "10,000".
#[must_use]
pub fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// What happens to invitations whose user is logged out, as a sentence with a space before it; nothing without any.
#[cfg(feature = "ssr")]
pub(crate) fn waiting(invitations: u64) -> String {
    match invitations {
        0 => String::new(),
        1 => " 1 pending invitation won’t work until it’s confirmed.".into(),
        n => format!(" {n} pending invitations won’t work until they’re confirmed."),
    }
}

/// "4 sessions and 1 remembered device", without what there is none of; none when there is nothing at all. A zero beside
/// a number hides the number.
#[must_use]
pub fn all_counted(counts: &[(u64, &str, &str)]) -> Option<String> {
    let there: Vec<String> = counts
        .iter()
        .filter(|(n, ..)| *n > 0)
        .map(|(n, one, many)| counted(*n, one, many))
        .collect();
    (!there.is_empty()).then(|| crate::error::listed(&there))
}

/// "4 sessions and 1 remembered device ended"; none when nothing did.
#[must_use]
pub fn ended(sessions: u64, remembered_devices: u64) -> Option<String> {
    let devices = ("remembered device", "remembered devices");
    let there = all_counted(&[
        (sessions, "session", "sessions"),
        (remembered_devices, devices.0, devices.1),
    ]);
    there.map(|there| format!("{there} ended"))
}

/// What ended besides the session that did it, which continues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OthersEnded {
    pub sessions: u64,
    pub remembered_devices: u64,
    /// Sign-ins at applications; none when that could not be looked up.
    pub applications: Option<u64>,
}

/// "1 other session and 2 sign-ins at applications ended. You stay signed in here."
#[must_use]
pub fn others_ended(ended: OthersEnded) -> String {
    let (devices, applications) = (
        ("remembered device", "remembered devices"),
        ("sign-in at an application", "sign-ins at applications"),
    );
    let there = all_counted(&[
        (ended.sessions, "other session", "other sessions"),
        (ended.remembered_devices, devices.0, devices.1),
        (
            ended.applications.unwrap_or(0),
            applications.0,
            applications.1,
        ),
    ]);
    match (there, ended.applications) {
        (Some(there), _) => format!("{there} ended. You stay signed in here."),
        (None, Some(_)) => "You weren’t signed in anywhere else. You stay signed in here.".into(),
        // No more is said than is known.
        (None, None) => "You stay signed in here.".into(),
    }
}

/// "1 session", "4 sessions".
#[must_use]
pub fn counted(n: u64, one: &str, many: &str) -> String {
    if n == 1 {
        format!("1 {one}")
    } else {
        format!("{n} {many}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zero_is_left_out() {
        assert_eq!(ended(0, 0), None);
        assert_eq!(ended(1, 0).as_deref(), Some("1 session ended"));
        assert_eq!(ended(0, 2).as_deref(), Some("2 remembered devices ended"));
        let both = ended(2, 1);
        assert_eq!(
            both.as_deref(),
            Some("2 sessions and 1 remembered device ended")
        );
    }

    /// "You weren’t signed in anywhere else" is never said beside an application that ends, nor unless it is known.
    #[test]
    fn what_ended_elsewhere_counts_applications_too() {
        let said = |remembered_devices, applications| {
            others_ended(OthersEnded {
                sessions: 0,
                remembered_devices,
                applications,
            })
        };
        for (devices, applications, words) in [
            (1, None, "1 remembered device ended. "),
            (0, Some(1), "1 sign-in at an application ended. "),
            (
                1,
                Some(2),
                "1 remembered device and 2 sign-ins at applications ended. ",
            ),
            (0, Some(0), "You weren’t signed in anywhere else. "),
            (0, None, ""),
        ] {
            let words = format!("{words}You stay signed in here.");
            assert_eq!(said(devices, applications), words);
        }
    }
}
