//! The account's events in words, for its owners and admins: each says who did it.

use accounts::{
    audit::{Action, Shown},
    permissions::Permission,
    text::visible,
};

use super::titles::category;
use crate::{
    counted::counted,
    error::listed,
    pages::event_details::{Details, is_own},
};

/// Who did it.
pub(super) fn actor(actor: &str, name: Option<&str>) -> String {
    match (actor, name) {
        (_, Some(name)) => visible(name).into_owned(),
        ("operator", None) => "The command line".into(),
        ("system", None) => "Curfew itself".into(),
        ("anonymous", None) => "An anonymous visitor".into(),
        (other, None) => other.to_owned(),
    }
}

/// Whom it was done to; empty when it was done to no user.
pub(super) fn subject(id: Option<&str>, name: Option<&str>) -> String {
    visible(name.or(id).unwrap_or_default()).into_owned()
}

/// One sentence. An action that this version does not know is shown by its name.
pub(super) fn of(shown: &Shown) -> String {
    let event = &shown.event;
    let details = Details::of(event);
    let sentence = Sentence {
        who: actor(&event.actor, shown.actor_name.as_deref()),
        whom: subject(event.subject.as_deref(), shown.subject_name.as_deref()),
        own: is_own(event),
        details: &details,
    };
    match Action::named(&event.action) {
        Some(action) => sentence.of(action),
        None => format!("{}: {}", event.action, sentence.who),
    }
}

struct Sentence<'a> {
    who: String,
    whom: String,
    own: bool,
    details: &'a Details,
}

impl Sentence<'_> {
    fn of(&self, action: Action) -> String {
        let Self {
            who,
            whom,
            own,
            details,
        } = self;
        let (own, ended) = (*own, details.ended());
        match action {
            Action::UserCreated => format!("{who} signed up"),
            Action::Login if details.text("superseded_session").is_some() => format!(
                "{who} was signed in again by a remembered device, in place of an answer that was never used"
            ),
            Action::Login if details.text("how") == Some("remembered") => {
                format!("{who} was signed in by a remembered device")
            }
            Action::Login => format!("{who} signed in"),
            Action::LoginFailed if whom.is_empty() => "A sign-in failed".into(),
            Action::LoginFailed if details.text("what") == Some("second_factor") => {
                format!("A sign-in as {whom} was stopped by the second factor")
            }
            Action::LoginFailed => format!("A sign-in as {whom} failed"),
            Action::Logout => format!("{who} signed out"),
            Action::SessionInvalidated if own => {
                format!("{who} logged out from all devices{ended}")
            }
            Action::SessionInvalidated => {
                format!("{who} logged {whom} out from all devices{ended}")
            }
            Action::PasswordChanged if details.text("how") == Some("reset") => {
                format!("{who} reset their password{ended}")
            }
            Action::PasswordChanged => format!("{who} changed their password{ended}"),
            Action::PasswordResetRequested => {
                format!("A password reset was requested for {whom}")
            }
            Action::EmailChangeRequested => format!(
                "{who} asked to change their email address to {}",
                details.required("to")
            ),
            Action::EmailChangeCancelled => format!(
                "{who} cancelled the change of their email address to {}",
                details.required("to")
            ),
            Action::EmailChanged => {
                format!("{who} changed their email address{}", details.change())
            }
            Action::TwoFactorEnabled => {
                format!("{who} turned on two-factor authentication{ended}")
            }
            Action::TwoFactorDisabled if own => {
                format!("{who} turned off two-factor authentication{ended}")
            }
            Action::TwoFactorDisabled => {
                format!("{who} turned off two-factor authentication for {whom}{ended}")
            }
            Action::RecoveryCodesReplaced => format!("{who} replaced their recovery codes"),
            Action::RecoveryCodeUsed => format!("{who} signed in with a recovery code"),
            Action::AuthenticatorOff if details.text("why") == Some("key_lost") => {
                format!(
                    "The authenticator app of {whom} was turned off, because the key of this Curfew was lost"
                )
            }
            Action::AuthenticatorOff => {
                format!("The authenticator app of {whom} was turned off after too many wrong codes")
            }
            Action::Confirmed => format!("{who} confirmed their identity"),
            Action::RememberedDeviceReused => format!(
                "The saved sign-in of a device of {whom} was used a second time, as if it had been copied"
            ),
            Action::SessionEnded => {
                format!("{} of {whom} was signed out", details.required("device"))
            }
            Action::DeviceEnded => {
                format!("{who} signed out {}{ended}", details.required("device"))
            }
            Action::OtherDevicesEnded => {
                format!("{who} signed out all their other devices{ended}")
            }
            Action::DeviceRenamed => match details.text("device") {
                Some(name) => format!("{who} named a device {name}"),
                None => format!("{who} removed the name of a device"),
            },
            Action::CurfewSet => format!("{who} {}", details.curfew("their")),
            Action::UserUnlocked => "Wrong passwords and codes were forgotten".into(),
            Action::InstanceEpochRaised => format!("{who} signed everyone out"),
            Action::AccountCurfewSet => format!("{who} {}", details.curfew("the account’s")),
            Action::SecondFactorRequired => format!(
                "{who} required a second factor of every member; {} had none",
                counted(
                    details.number("members_without").unwrap_or(0),
                    "member",
                    "members"
                )
            ),
            Action::SecondFactorOptional => {
                format!("{who} stopped requiring a second factor of members")
            }
            Action::ApiTokenCreated => format!("{who} {}", details.token("created", "API")),
            Action::McpTokenCreated => format!("{who} {}", details.token("created", "MCP")),
            Action::ApiTokenDeleted => format!("{who} {}", details.token("revoked", "API")),
            Action::McpTokenDeleted => format!("{who} {}", details.token("revoked", "MCP")),
            Action::MemberInvited => match details.text("email") {
                Some(email) => format!("{who} invited {email} as {}", details.role("role")),
                None => format!("{who} created an invitation as {}", details.role("role")),
            },
            Action::InvitationConfirmed => format!("{who} confirmed an invitation"),
            Action::InvitationRevoked => match details.number("invitations") {
                Some(n) => format!(
                    "{who} revoked {} with a remote logout",
                    counted(n, "invitation", "invitations")
                ),
                None => format!("{who} revoked an invitation"),
            },
            Action::MemberJoined => format!(
                "{who} joined as {}, invited by {}",
                details.role("role"),
                details.required("invited_by")
            ),
            Action::MemberRoleChanged => format!(
                "{who} changed the role of {whom} from {} to {}",
                details.role("from"),
                details.role("to")
            ),
            Action::MemberDisabled => format!("{who} disabled {whom}"),
            Action::MemberEnabled => format!("{who} enabled {whom}"),
            Action::MemberRemoved if own => format!("{who} deleted their account"),
            Action::MemberRemoved => format!("{who} removed {whom}"),
            Action::AccountRenamed => {
                format!("{who} renamed the account{}", details.change())
            }
            Action::PlanChanged => format!(
                "{who} changed the plan from {} to {}",
                details.plan("from"),
                details.plan("to")
            ),
            Action::ApplicationRegistered => {
                format!("{who} registered {}", details.required("name"))
            }
            Action::ApplicationChanged => format!("{who} changed {}", details.required("name")),
            Action::ApplicationSecretMade => {
                format!("{who} made a new secret for {}", details.required("name"))
            }
            Action::ApplicationSecretRevoked => {
                format!(
                    "{who} revoked the old secret of {}",
                    details.required("name")
                )
            }
            Action::ApplicationRemoved => format!("{who} removed {}", details.required("name")),
            Action::ApplicationSignedIn => {
                format!("{who} signed in to {}", details.required("name"))
            }
            Action::ApplicationSignedOut => {
                format!("{who} ended their sign-in at {}", details.required("name"))
            }
            Action::ApplicationSessionEnded => {
                format!(
                    "The sign-in of {whom} at {} has ended",
                    details.required("name")
                )
            }
            Action::ApplicationTokenReused => format!(
                "A token of {whom} at {} was used a second time, as if it had been copied",
                details.required("name")
            ),
            Action::ApplicationRefused if details.has_refused_notice() => format!(
                "{} refused to sign {whom} out there",
                details.required("name")
            ),
            Action::ApplicationRefused => format!(
                "{} never said that it signed {whom} out there",
                details.required("name")
            ),
            Action::RetentionChanged => {
                let days = details.number("to_days");
                let kept = days.map_or("forever".into(), |days| format!("for {days} days"));
                format!("{who} set events to be kept {kept}")
            }
            Action::EventsDeleted => {
                let n = details.number("events").unwrap_or_default();
                counted(
                    n,
                    "event older than the retention period was deleted",
                    "events older than the retention period were deleted",
                )
            }
            Action::WebhookChanged if details.text("why") == Some("key_lost") => {
                "The webhook has a new secret, because the key of this Curfew was lost".into()
            }
            Action::WebhookChanged if details.says("new_secret") => {
                format!("{who} created a new secret for the webhook")
            }
            Action::WebhookChanged => {
                format!(
                    "{who} set the webhook to send {} to {}",
                    self.sent(),
                    details.required("to")
                )
            }
            Action::WebhookRemoved => {
                format!("{who} removed the webhook to {}", details.required("from"))
            }
            Action::AccessDenied => format!("{who} {}{}", self.refused(), self.times()),
        }
    }

    /// Which events a webhook sends.
    fn sent(&self) -> String {
        let categories: Vec<String> = self
            .details
            .list("categories")
            .map(|name| category(name).to_lowercase())
            .collect();
        let events = if categories.is_empty() {
            "all events".to_owned()
        } else {
            format!("events about {}", listed(&categories))
        };
        match self.details.text("severity") {
            None | Some("info") => events,
            Some("alert") => format!("{events} (alerts only)"),
            Some(severity) => format!("{events} (from {severity} up)"),
        }
    }

    /// How often, where refusals were counted together.
    fn times(&self) -> String {
        let n = self.details.number("count");
        n.map_or_else(String::new, |n| {
            format!(", {} in one minute", counted(n, "more time", "more times"))
        })
    }

    fn refused(&self) -> String {
        let what = self.details.required("what");
        match (what, Permission::named(what)) {
            ("step_up", _) => "entered a wrong password or code to confirm their identity".into(),
            ("change_password", _) => "entered a wrong password to change the password".into(),
            (_, Some(permission)) => {
                let why = match self.details.text("why") {
                    Some("plan_required") => ", which the plan doesn’t include",
                    _ => ", which their role doesn’t allow",
                };
                format!("tried to {}{why}", tried(permission))
            }
            (other, None) => format!("was refused: {other}"),
        }
    }
}

/// What a permission lets another user do.
fn tried(permission: Permission) -> &'static str {
    match permission {
        Permission::OwnProfile => "see and change their profile",
        Permission::OwnSessions => "see where they are signed in, and sign out there",
        Permission::DeleteOwnUser => "delete their account",
        Permission::OwnTokens => "see and revoke their tokens",
        Permission::EndSessionsByApi => "end their sessions by the API",
        other => other.what(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_user_tried_is_not_told_as_the_readers_own() {
        for permission in Permission::ALL {
            let words: Vec<&str> = tried(*permission).split(' ').collect();
            assert!(!words.contains(&"your"), "{permission:?}");
        }
    }
}
