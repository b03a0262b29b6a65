//! What an answer to a logout notice means (OpenID Connect Back-Channel Logout 1.0, 2.8).

use crate::text::visible;

/// What became of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Outcome {
    LoggedOut,
    HadNoSession,
    Refused,
    GivenUp,
    Dropped,
}

/// Longest part of an answer that is kept, in characters.
const KEPT: usize = 200;

/// What an answer settles; none for one after which the notice is tried again.
pub(super) fn outcome(preset: Option<&str>, status: u16, body: &str) -> Option<Outcome> {
    match status {
        200 | 204 => Some(Outcome::LoggedOut),
        400 if had_no_session(preset, body) => Some(Outcome::HadNoSession),
        400 => Some(Outcome::Refused),
        _ => None,
    }
}

/// Whether it is what that application is known to answer when it has no such session. Only where a preset says so: another
/// application may mean something else by the same words.
fn had_no_session(preset: Option<&str>, body: &str) -> bool {
    let known: &[&str] = match preset {
        Some("nextcloud") => &["The sid of the logout token was not found"],
        _ => &[],
    };
    known.iter().any(|answer| body.contains(answer))
}

/// A status that is no success, in words, with the beginning of what was said.
pub(super) fn why(status: u16, body: &str) -> Option<String> {
    let said: String = visible(body.trim()).chars().take(KEPT).collect();
    let said = if said.is_empty() {
        said
    } else {
        format!(" {said}")
    };
    match status {
        200 | 204 => None,
        300..=399 => Some(format!(
            "It answered {status}: a redirect, which Curfew doesn’t follow."
        )),
        _ => Some(format!("It answered {status}.{said}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_200_and_204_are_a_logout_and_only_400_is_final() {
        for (status, meaning) in [
            (200, Some(Outcome::LoggedOut)),
            (204, Some(Outcome::LoggedOut)),
            (400, Some(Outcome::Refused)),
            (201, None),
            (202, None),
            (302, None),
            (401, None),
            (404, None),
            (429, None),
            (500, None),
            (503, None),
        ] {
            assert_eq!(outcome(None, status, ""), meaning, "{status}");
            assert_eq!(
                why(status, "").is_none(),
                meaning == Some(Outcome::LoggedOut)
            );
        }
    }

    #[test]
    fn no_session_is_what_its_preset_is_known_to_answer() {
        let body = r#"{"error":"invalid SID","error_description":"The sid of the logout token was not found"}"#;
        assert_eq!(
            outcome(Some("nextcloud"), 400, body),
            Some(Outcome::HadNoSession)
        );
        assert_eq!(outcome(Some("immich"), 400, body), Some(Outcome::Refused));
        assert_eq!(outcome(None, 400, body), Some(Outcome::Refused));
        assert_eq!(outcome(Some("nextcloud"), 500, body), None);
    }
}
