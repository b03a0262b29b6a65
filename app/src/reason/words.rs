//! How a session ended, in words for the user who held it. Says only what the database says.

use accounts::{audit::Action, device, sessions, text::visible};

use super::{EndReason, Reason};

impl From<&sessions::Ended> for Reason {
    fn from(ended: &sessions::Ended) -> Self {
        use accounts::end_reason::EndReason as Rule;
        let by = match ended.by.as_deref() {
            Some("operator") => Some("the command line".to_owned()),
            Some(_) => ended
                .by_user_agent
                .as_deref()
                .map(|agent| device::of(agent).label()),
            None => None,
        };
        let end_reason = match ended.end_reason {
            Rule::SignedOut => EndReason::SignedOut,
            Rule::RemoteLogout => EndReason::RemoteLogout,
            Rule::PasswordChanged => EndReason::PasswordChanged,
            Rule::Expired => EndReason::Expired,
            Rule::Limit => EndReason::Limit,
            Rule::Reused => EndReason::Reused,
            Rule::Superseded => EndReason::Superseded,
            Rule::Disabled => EndReason::Disabled,
            Rule::Removed => EndReason::Removed,
            Rule::TwoFactorChanged => EndReason::TwoFactorChanged,
            Rule::EndedElsewhere => EndReason::EndedElsewhere,
            Rule::Curfew => EndReason::Curfew,
            Rule::InstanceEpochRaised => EndReason::InstanceEpochRaised,
        };
        let who = ended
            .by_name
            .as_deref()
            .map(|name| visible(name).into_owned());
        let (before, after, ask) = if let Some(name) = &who {
            by_another_user(end_reason, name)
        } else {
            let (before, after, ask) = words(end_reason, by.as_deref(), ended.action.as_deref());
            (before.to_owned(), after, ask)
        };
        Self {
            end_reason,
            at: ended.at.into(),
            by,
            who,
            before,
            after,
            ask,
        }
    }
}

/// An owner or an admin of the account did it.
fn by_another_user(end_reason: EndReason, name: &str) -> (String, String, bool) {
    let (did, then) = match end_reason {
        EndReason::Disabled => (
            "disabled your account at ",
            ". You can’t sign in until it’s enabled again.",
        ),
        EndReason::Removed => (
            "removed you from the account at ",
            ". You can’t sign in to it any more.",
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
        EndReason::Expired => ("This session expired at ", ".".into(), false),
        EndReason::Limit => (
            "Too many devices were signed in. This one had been unused the longest and was signed out at ",
            ".".into(),
            false,
        ),
        EndReason::Reused => (
            "The saved sign-in of this device was used a second time, as if it had been copied. Its sessions ended at ",
            ". Was this you?".into(),
            true,
        ),
        EndReason::Superseded => (
            "The saved sign-in of this device was used again at ",
            ", so this one no longer counts. Was this you?".into(),
            true,
        ),
        EndReason::Disabled => (
            "This account was disabled at ",
            ". Ask the operator of this Curfew.".into(),
            false,
        ),
        EndReason::Curfew => (
            "Your curfew ended this session at ",
            ". Sign in again to continue.".into(),
            false,
        ),
        EndReason::InstanceEpochRaised => (
            "The operator of this Curfew signed everyone out at ",
            ", as is done after a backup is restored. Sign in again to continue.".into(),
            false,
        ),
        EndReason::SignedOut => ("Signed out at ", ".".into(), false),
    }
}
