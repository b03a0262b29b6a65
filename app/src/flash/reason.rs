//! How a session ended, in words for the person who held it. Says only what the store says.

use accounts::{audit::Action, device, sessions};

use super::{Because, Reason};

impl From<&sessions::Ended> for Reason {
    fn from(ended: &sessions::Ended) -> Self {
        use sessions::Because as From;
        let by = match ended.by.as_deref() {
            Some("operator") => Some("the command line".to_owned()),
            Some(_) => ended
                .by_user_agent
                .as_deref()
                .map(|agent| device::of(agent).label()),
            None => None,
        };
        let because = match ended.because {
            From::SignedOut => Because::SignedOut,
            From::RemoteLogout => Because::RemoteLogout,
            From::PasswordChanged => Because::PasswordChanged,
            From::Expired => Because::Expired,
            From::Limit => Because::Limit,
            From::Reused => Because::Reused,
            From::Disabled => Because::Disabled,
            From::Removed => Because::Removed,
            From::TwoFactorChanged => Because::TwoFactorChanged,
            From::EndedElsewhere => Because::EndedElsewhere,
            From::Curfew => Because::Curfew,
        };
        let (before, after, ask) = if let Some(name) = &ended.by_name {
            by_somebody(because, name)
        } else {
            let (before, after, ask) = words(because, by.as_deref(), ended.action.as_deref());
            (before.to_owned(), after, ask)
        };
        Self {
            because,
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
fn by_somebody(because: Because, name: &str) -> (String, String, bool) {
    let (did, then) = match because {
        Because::Disabled => (
            "disabled your account at ",
            ". Until it is enabled again you cannot sign in.",
        ),
        Because::Removed => (
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

/// How it is told to the person who held the session: before the time, after it, and whether to
/// ask if it was them. Says only what the store says.
fn words(because: Because, by: Option<&str>, action: Option<&str>) -> (&'static str, String, bool) {
    let from = by.map(|by| format!(" from {by}")).unwrap_or_default();
    let was_it_you = format!("{from}. Was this you?");
    match because {
        Because::RemoteLogout => ("Signed out by Remote logout at ", was_it_you, true),
        Because::EndedElsewhere => ("This device was signed out at ", was_it_you, true),
        Because::PasswordChanged => ("The password was changed at ", was_it_you, true),
        Because::TwoFactorChanged => {
            let before = if action == Some(Action::TwoFactorDisabled.name()) {
                "Two-factor authentication was turned off at "
            } else {
                "Two-factor authentication was turned on at "
            };
            (before, was_it_you, true)
        }
        Because::Removed => ("This account was deleted at ", ".".into(), false),
        Because::Expired => ("This session ran out at ", ".".into(), false),
        Because::Limit => (
            "More devices were signed in than are allowed; this one was unused the longest and was signed out at ",
            ".".into(),
            false,
        ),
        Because::Reused => (
            "The saved sign-in of this device was used a second time, as if somebody had copied it. Its sessions ended at ",
            ". If that is not you, change your password.".into(),
            true,
        ),
        Because::Disabled => (
            "This account was disabled at ",
            ". Ask whoever runs this Curfew.".into(),
            false,
        ),
        Because::Curfew => (
            "Your curfew ended this session at ",
            ". Sign in again to go on.".into(),
            false,
        ),
        Because::SignedOut => ("Signed out at ", ".".into(), false),
    }
}
