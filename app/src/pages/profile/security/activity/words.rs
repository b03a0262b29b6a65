//! The user's own events in words, for that user.

use accounts::{
    audit::{Action, Stored},
    permissions::Permission,
};

use crate::{
    counted::counted,
    pages::event_details::{Details, is_own},
};

/// What happened. An action that this version does not know is shown by its name.
pub(super) fn of(event: &Stored) -> String {
    let details = Details::of(event);
    let sentence = Sentence {
        who: match &*event.actor {
            _ if is_own(event) => "You",
            "operator" => "The operator",
            "system" => "Curfew",
            "anonymous" => "An anonymous visitor",
            _ => "An owner or admin",
        },
        own: is_own(event),
        details: &details,
    };
    match Action::named(&event.action) {
        Some(action) => sentence.of(action),
        None => event.action.clone(),
    }
}

struct Sentence<'a> {
    who: &'static str,
    own: bool,
    details: &'a Details,
}

impl Sentence<'_> {
    fn of(&self, action: Action) -> String {
        let (who, own, details) = (self.who, self.own, self.details);
        let ended = details.ended();
        match action {
            Action::UserCreated => "You signed up".into(),
            Action::Login if details.text("how") == Some("remembered") => {
                "You were signed in by “Remember me”".into()
            }
            Action::Login => "You signed in".into(),
            Action::LoginFailed if details.text("what") == Some("second_factor") => {
                "Your password was right, and the code after it was wrong".into()
            }
            Action::LoginFailed => "A sign-in failed".into(),
            Action::Logout => "You signed out".into(),
            Action::SessionInvalidated if own => format!("Remote logout{ended}"),
            Action::SessionInvalidated => {
                format!("{who} logged you out from all devices{ended}")
            }
            Action::PasswordChanged if details.text("how") == Some("reset") => {
                format!("You reset your password{ended}")
            }
            Action::PasswordChanged => format!("You changed your password{ended}"),
            Action::PasswordResetRequested => "A password reset was requested for you".into(),
            Action::EmailChangeRequested => format!(
                "You asked to change your email address to {}",
                details.required("to")
            ),
            Action::EmailChangeCancelled => format!(
                "You cancelled the change of your email address to {}",
                details.required("to")
            ),
            Action::EmailChanged => {
                format!("You changed your email address{}", details.change())
            }
            Action::TwoFactorEnabled => {
                format!("You turned on two-factor authentication{ended}")
            }
            Action::TwoFactorDisabled => {
                format!("{who} turned off two-factor authentication{ended}")
            }
            Action::RecoveryCodesReplaced => "You replaced your recovery codes".into(),
            Action::RecoveryCodeUsed => "You signed in with a recovery code".into(),
            Action::AuthenticatorOff if details.text("why") == Some("key_lost") => {
                "Your authenticator app was turned off, because the key of this Curfew was lost"
                    .into()
            }
            Action::AuthenticatorOff => {
                "Your authenticator app was turned off after too many wrong codes".into()
            }
            Action::Confirmed => "You confirmed your identity".into(),
            Action::RememberedDeviceReused => {
                "A saved sign-in was used twice, as if it had been copied. Its sessions ended"
                    .into()
            }
            Action::SessionEnded => {
                format!("{} was signed out", details.required("device"))
            }
            Action::DeviceEnded => {
                format!("You signed out {}{ended}", details.required("device"))
            }
            Action::OtherDevicesEnded => {
                format!("You signed out all your other devices{ended}")
            }
            Action::DeviceRenamed => match details.text("device") {
                Some(name) => format!("You named a device {name}"),
                None => "You removed the name of a device".into(),
            },
            Action::CurfewSet => format!("You {}", details.curfew("your")),
            Action::UserUnlocked => "Wrong passwords and codes were forgotten".into(),
            Action::InstanceEpochRaised => format!("{who} signed everyone out"),
            Action::AccountCurfewSet => format!("{who} {}", details.curfew("the account’s")),
            Action::SecondFactorRequired => {
                format!("{who} required a second factor of every member")
            }
            Action::SecondFactorOptional => {
                format!("{who} stopped requiring a second factor of members")
            }
            Action::ApiTokenCreated => format!("You {}", details.token("created", "API")),
            Action::McpTokenCreated => format!("You {}", details.token("created", "MCP")),
            Action::ApiTokenDeleted => format!("You {}", details.token("revoked", "API")),
            Action::McpTokenDeleted => format!("You {}", details.token("revoked", "MCP")),
            Action::MemberInvited => match details.text("email") {
                Some(email) => format!("{who} invited {email} as {}", details.role("role")),
                None => format!("{who} created an invitation as {}", details.role("role")),
            },
            Action::InvitationConfirmed => "You confirmed an invitation".into(),
            Action::InvitationRevoked => match details.number("invitations") {
                Some(n) => format!(
                    "A remote logout revoked {}",
                    counted(n, "invitation", "invitations")
                ),
                None => format!("{who} revoked an invitation"),
            },
            Action::MemberJoined => {
                format!("You joined the account as {}", details.role("role"))
            }
            Action::MemberRoleChanged => format!(
                "{who} changed your role from {} to {}",
                details.role("from"),
                details.role("to")
            ),
            Action::MemberDisabled => format!("{who} disabled you"),
            Action::MemberEnabled => format!("{who} enabled you again"),
            Action::MemberRemoved if own => "You deleted your account".into(),
            Action::MemberRemoved => format!("{who} removed you from the account"),
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
            Action::ApplicationSignedIn => format!("You signed in to {}", details.required("name")),
            Action::ApplicationSignedOut => {
                format!("You ended your sign-in at {}", details.required("name"))
            }
            Action::ApplicationSessionEnded => {
                format!("Your sign-in at {} has ended", details.required("name"))
            }
            Action::ApplicationTokenReused => format!(
                "A token at {} was used a second time, as if it had been copied. Your sign-in there has ended",
                details.required("name")
            ),
            Action::ApplicationRefused if details.has_refused_notice() => {
                format!("{} refused to sign you out there", details.required("name"))
            }
            Action::ApplicationRefused => {
                format!(
                    "{} never said that it signed you out there",
                    details.required("name")
                )
            }
            Action::RetentionChanged => format!("{who} changed how long events are kept"),
            Action::EventsDeleted => "Old events were deleted".into(),
            Action::WebhookChanged => format!("{who} changed the webhook"),
            Action::WebhookRemoved => format!("{who} removed the webhook"),
            Action::AccessDenied => self.refused(),
        }
    }

    /// What was refused, and why.
    fn refused(&self) -> String {
        let what = self.details.required("what");
        match (what, Permission::named(what)) {
            ("step_up", _) => {
                "A wrong password or code was entered to confirm your identity".into()
            }
            ("change_password", _) => "A wrong password was entered to change your password".into(),
            (_, Some(permission)) => {
                let why = match self.details.text("why") {
                    Some("plan_required") => ", which the plan doesn’t include",
                    _ => ", which your role doesn’t allow",
                };
                format!("You tried to {}{why}", permission.what())
            }
            (other, None) => format!("You were refused: {other}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use accounts::time::UnixMillis;
    use serde_json::{Value, json};

    use super::*;

    fn said(action: Action, actor: &str, details: &Value) -> String {
        of(&Stored {
            id: String::new(),
            parent: None,
            chain: String::new(),
            seq: 1,
            at: UnixMillis(1),
            action: action.name().into(),
            category: String::new(),
            severity: "notice".into(),
            actor: actor.into(),
            subject: Some("ada".into()),
            ip: None,
            user_agent: None,
            request_id: None,
            details: details.to_string(),
            prev_hash: String::new(),
            hash: String::new(),
        })
    }

    #[test]
    fn a_refusal_says_what_it_was() {
        for (what, why, words) in [
            (
                "step_up",
                "wrong_password_or_code",
                "A wrong password or code was entered to confirm your identity",
            ),
            (
                "ViewMembers",
                "forbidden",
                "You tried to see the members, which your role doesn’t allow",
            ),
            (
                "CreateApiToken",
                "plan_required",
                "You tried to create an API token, which the plan doesn’t include",
            ),
            ("NotThere", "", "You were refused: NotThere"),
        ] {
            let details = json!({ "what": what, "why": why });
            assert_eq!(said(Action::AccessDenied, "user:ada", &details), words);
        }
    }

    #[test]
    fn what_another_did_is_not_told_as_your_own() {
        let details = json!({ "sessions": 2, "remembered_devices": 1 });
        for (actor, words) in [
            ("user:ada", "Remote logout: "),
            (
                "user:bob",
                "An owner or admin logged you out from all devices: ",
            ),
            ("operator", "The operator logged you out from all devices: "),
        ] {
            let said = said(Action::SessionInvalidated, actor, &details);
            assert_eq!(
                said,
                format!("{words}2 sessions and 1 remembered device ended")
            );
        }
    }
}
