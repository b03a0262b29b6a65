//! How a session ended, in words for the user who held it. Says only what the database says.

use accounts::{audit::Action, device, sessions};

use super::{EndReason, Reason};

impl From<&sessions::Ended> for Reason {
    fn from(ended: &sessions::Ended) -> Self {
        use sessions::EndReason as From;
        let by = match ended.by.as_deref() {
            Some("operator") => Some("the command line".to_owned()),
            Some(_) => ended
                .by_user_agent
                .as_deref()
                .map(|agent| device::of(agent).label()),
            None => None,
        };
        let end_reason = match ended.end_reason {
            From::SignedOut => EndReason::SignedOut,
            From::RemoteLogout => EndReason::RemoteLogout,
            From::PasswordChanged => EndReason::PasswordChanged,
            From::Expired => EndReason::Expired,
            From::Limit => EndReason::Limit,
            From::Reused => EndReason::Reused,
            From::Disabled => EndReason::Disabled,
            From::Removed => EndReason::Removed,
            From::TwoFactorChanged => EndReason::TwoFactorChanged,
            From::EndedElsewhere => EndReason::EndedElsewhere,
            From::Curfew => EndReason::Curfew,
        };
        let (before, after, ask) = if let Some(name) = &ended.by_name {
            by_somebody(end_reason, name)
        } else {
            let (before, after, ask) = words(end_reason, by.as_deref(), ended.action.as_deref());
            (before.to_owned(), after, ask)
        };
        Self {
            end_reason,
            at: ended.at.into(),
            by,
            who: ended.by_name.clone(),
            before,
            after,
            ask,
        }
    }
}

/// Somebody else did it, who may: an owner or an admin of the account.
fn by_somebody(end_reason: EndReason, name: &str) -> (String, String, bool) {
    let (did, then) = match end_reason {
        EndReason::Disabled => (
            "disabled your account at ",
            ". Until it is enabled again you cannot sign in.",
        ),
        EndReason::Removed => (
            "removed you from the account at ",
            ". You cannot sign in with it any more.",
        ),
        _ => (
            "signed you out on all devices at ",
            ". You can sign in again.",
        ),
    };
    (format!("{name} {did}"), then.to_owned(), false)
}

/// How it is told to the user who held the session: before the time, after it, and whether to
/// ask if it was them. Says only what the database says.
fn words(
    end_reason: EndReason,
    by: Option<&str>,
    action: Option<&str>,
) -> (&'static str, String, bool) {
    let from = by.map(|by| format!(" from {by}")).unwrap_or_default();
    let was_it_you = format!("{from}. Was this you?");
    match end_reason {
        EndReason::RemoteLogout => ("Signed out by Remote logout at ", was_it_you, true),
        EndReason::EndedElsewhere => ("This device was signed out at ", was_it_you, true),
        EndReason::PasswordChanged => ("The password was changed at ", was_it_you, true),
        EndReason::TwoFactorChanged => {
            let before = if action == Some(Action::TwoFactorDisabled.name()) {
                "Two-factor authentication was turned off at "
            } else {
                "Two-factor authentication was turned on at "
            };
            (before, was_it_you, true)
        }
        EndReason::Removed => ("This account was deleted at ", ".".into(), false),
        EndReason::Expired => ("This session ran out at ", ".".into(), false),
        EndReason::Limit => (
            "More devices were signed in than are allowed; this one was unused the longest and was signed out at ",
            ".".into(),
            false,
        ),
        EndReason::Reused => (
            "The saved sign-in of this device was used a second time, as if somebody had copied it. Its sessions ended at ",
            ". If that is not you, change your password.".into(),
            true,
        ),
        EndReason::Disabled => (
            "This account was disabled at ",
            ". Ask whoever runs this Curfew.".into(),
            false,
        ),
        EndReason::Curfew => (
            "Your curfew ended this session at ",
            ". Sign in again to go on.".into(),
            false,
        ),
        EndReason::SignedOut => ("Signed out at ", ".".into(), false),
    }
}
