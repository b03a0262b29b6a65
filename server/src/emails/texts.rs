//! What each email says. The plain text and the HTML are both written from this, and everything that a browser or a
//! user chose is text in both.

use accounts::{
    applications::Told,
    device,
    emails::{AskedBy, Due, EmailTemplate},
    text::visible,
    time::UnixMillis,
};
use app::{counted::all_counted, time::Time};
use jiff::Timestamp;

use super::applications::at_applications;

/// What an email says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text {
    pub subject: String,
    /// What happened, a sentence or two each.
    pub paragraphs: Vec<String>,
    pub button: Option<Button>,
    /// When, on which device, from which address.
    pub facts: Vec<Fact>,
    /// What to do when it was not the reader.
    pub otherwise: &'static str,
    /// Where the install is.
    pub install: String,
}

/// A link: what it says, and where it leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Button {
    pub label: &'static str,
    pub link: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fact {
    pub name: &'static str,
    pub value: String,
}

/// What one template says: the rest is the same in every email.
struct Body {
    subject: &'static str,
    paragraphs: Vec<String>,
    button: Option<Button>,
    otherwise: &'static str,
}

const NOT_YOU: &str = "If this wasn’t you, sign in, press “Remote logout” under Profile → Security, and change your password.";
/// The same on a plan without remote logout.
const NOT_YOU_WITHOUT: &str = "If this wasn’t you, sign in and change your password under Profile → Password: that signs out all your other devices. Under Profile → Security you can sign out devices one by one.";
const NOT_ASKED: &str =
    "If you didn’t ask for this, ignore this email: nothing changes without the link.";
const NOTHING_TO_DO: &str = "You don’t need to do anything.";
const FORGOT: &str =
    "If this wasn’t you, choose a new password with “Forgot your password?” on the sign-in page.";

/// The text of an email of the install at that address; `told` is what applications were told of what it tells of.
pub(super) fn of(due: &Due, told: &[Told], install: &str) -> Text {
    let body = body(due, told, install);
    let shown = |text: String| visible(&text).into_owned();
    let facts = facts(due).into_iter().map(|fact| Fact {
        value: shown(fact.value),
        ..fact
    });
    Text {
        subject: body.subject.into(),
        paragraphs: body.paragraphs.into_iter().map(shown).collect(),
        button: body.button,
        facts: facts.collect(),
        otherwise: body.otherwise,
        install: install.into(),
    }
}

fn body(due: &Due, told: &[Told], install: &str) -> Body {
    let page = |label, path: &str| {
        let link = format!("{install}{path}");
        Some(Button { label, link })
    };
    let link = |label, path: &str| {
        let token = due.token.as_ref().map_or("", |token| token.expose());
        page(label, &format!("{path}={token}"))
    };
    let without = due.email.without_remote_logout;
    let not_you = if without { NOT_YOU_WITHOUT } else { NOT_YOU };
    // Where the advice is followed.
    let devices = || {
        if without {
            page("Change your password", "/profile/password")
        } else {
            page("See your devices", "/profile/security")
        }
    };
    let sign_in = || page("Sign in", "/sign-in");
    match &due.email.template {
        EmailTemplate::ResetPassword => Body {
            subject: "Choose a new password",
            paragraphs: vec!["A new password was requested for your account. The link works once, for 30 minutes. It doesn’t sign you in.".into()],
            button: link("Choose a new password", "/reset-password?token"),
            otherwise: NOT_ASKED,
        },
        EmailTemplate::ConfirmEmail => Body {
            subject: "Confirm your new email address",
            paragraphs: vec!["Confirm that your account should use this address from now on. The link works once, for 30 minutes.".into()],
            button: link("Confirm this address", "/confirm-email?token"),
            otherwise: NOT_ASKED,
        },
        EmailTemplate::EmailTaken => Body {
            subject: "Your email address was entered for another account",
            paragraphs: vec!["A user who is signed in to another account tried to use this address for it. The address belongs to your account, so nothing was changed.".into()],
            button: None,
            otherwise: NOTHING_TO_DO,
        },
        EmailTemplate::EmailChangeRequested { email } => Body {
            subject: "A new email address was requested",
            paragraphs: vec![format!("{email} was requested as the new address of your account, in a session of yours. The change takes effect once the link sent there is used. Until then, sign in with this address.")],
            button: devices(),
            otherwise: not_you,
        },
        EmailTemplate::EmailChanged { email } => Body {
            subject: "Your email address was changed",
            paragraphs: vec![format!("Your account uses {email} from now on: sign in with that address.")],
            button: None,
            otherwise: "If this wasn’t you, write to the operator of this Curfew at once.",
        },
        EmailTemplate::PasswordChanged => Body {
            subject: "Your password was changed",
            paragraphs: vec!["Every other session and all remembered devices have ended.".into()],
            button: devices(),
            otherwise: FORGOT,
        },
        EmailTemplate::PasswordReset => Body {
            subject: "You have a new password",
            paragraphs: vec!["It was set with a link from an email to this address. Every session and all remembered devices have ended.".into()],
            button: sign_in(),
            otherwise: "If this wasn’t you, someone else can read your email: secure your mailbox first, then choose a new password again.",
        },
        EmailTemplate::TwoFactorOn => Body {
            subject: "Two-factor authentication is on",
            paragraphs: vec!["From now on, signing in asks for a code from your authenticator app. Keep your recovery codes where you can find them without your phone.".into()],
            button: devices(),
            otherwise: not_you,
        },
        EmailTemplate::TwoFactorOff => Body {
            subject: "Two-factor authentication is off",
            paragraphs: vec!["From now on, signing in asks for your password only. The recovery codes you had no longer work.".into()],
            button: devices(),
            otherwise: not_you,
        },
        EmailTemplate::RecoveryCodesReplaced => Body {
            subject: "You have new recovery codes",
            paragraphs: vec!["The recovery codes you had before no longer work.".into()],
            button: devices(),
            otherwise: not_you,
        },
        EmailTemplate::RecoveryCodeUsed { left } => Body {
            subject: "A recovery code was used",
            paragraphs: vec![match left {
                0 => "Your last recovery code was used to sign in. Create new ones now.".into(),
                1 => "One of your recovery codes was used to sign in. One is left: create new ones now.".into(),
                n => format!("One of your recovery codes was used to sign in. {n} are left."),
            }],
            button: devices(),
            otherwise: not_you,
        },
        EmailTemplate::AuthenticatorOff => Body {
            subject: "Your authenticator app was switched off",
            paragraphs: vec!["Too many wrong codes were entered in a row, each after your correct password. Sign in with a recovery code, or on a device that you have signed in on before. Then change your password, and set up two-factor authentication again.".into()],
            button: sign_in(),
            otherwise: "If you didn’t enter these codes, someone else knows your password: change it.",
        },
        EmailTemplate::AuthenticatorLost => Body {
            subject: "Your authenticator app no longer works here",
            paragraphs: vec![
                "The operator of this Curfew has lost the key that the secret of your authenticator app was stored under. Signing in still asks for a second factor: use one of your recovery codes.".into(),
                "Then turn two-factor authentication off under Profile → Security, and set it up again.".into(),
            ],
            button: sign_in(),
            otherwise: "If you have no recovery code left, write to the operator. You don’t need to change your password.",
        },
        EmailTemplate::WebhookSecretLost => Body {
            subject: "Your webhook needs a new secret",
            paragraphs: vec![
                "The operator of this Curfew has lost the key that the secret of your account’s webhook was stored under. Deliveries are signed with a new secret from now on, which your receiver does not know and will refuse.".into(),
                "Create another secret in the settings of the audit log, and give it to the receiver.".into(),
            ],
            button: page("See the webhook", "/settings/audit-log"),
            otherwise: "Events are in the audit log whether they were delivered or not.",
        },
        EmailTemplate::TokenMade { kind, name } => Body {
            subject: "An access token was created",
            paragraphs: vec![format!("The {kind} token “{name}” acts for you from now on, until it’s revoked or expires. Remote logout doesn’t end it.")],
            button: page(
                "See your tokens",
                if kind == "API" { "/settings/api" } else { "/settings/mcp" },
            ),
            otherwise: if without {
                "If this wasn’t you, revoke it there, and change your password under Profile → Password: that signs out all your other devices."
            } else {
                "If this wasn’t you, revoke it there, press “Remote logout” under Profile → Security, and change your password."
            },
        },
        EmailTemplate::Invitation { by, account, role } => Body {
            subject: "You are invited",
            paragraphs: vec![format!("{by} invites you to the account “{account}”. Your role there will be {role}. The link works once, for seven days.")],
            button: link("Join", "/join?invite"),
            otherwise: "If you don’t know who that is, ignore this email.",
        },
        EmailTemplate::NewDevice => Body {
            subject: "Your account was signed in to on a new device",
            paragraphs: vec!["This browser hasn’t signed in to your account before. If it was you, you don’t need to do anything.".into()],
            button: link("This wasn’t me", "/not-me?token"),
            otherwise: "If this wasn’t you, the button leads to a page that logs out everywhere, without signing in. It works once, for seven days. Opening the page changes nothing.",
        },
        EmailTemplate::ConfirmSignUp => Body {
            subject: "Finish signing up",
            paragraphs: vec!["Confirm that this mailbox is yours. You are asked for the password you chose. The link works once, for 30 minutes.".into()],
            button: link("Finish signing up", "/confirm-sign-up?token"),
            otherwise: NOT_ASKED,
        },
        EmailTemplate::AlreadyHere => Body {
            subject: "You already have an account",
            paragraphs: vec!["This address was used to sign up. It belongs to your account, so nothing was changed.".into()],
            button: sign_in(),
            otherwise: "If that was you and you no longer know your password, choose a new one with “Forgot your password?” on the sign-in page. If it wasn’t, you don’t need to do anything.",
        },
        EmailTemplate::RememberedDeviceReused => Body {
            subject: "A saved sign-in was used twice",
            paragraphs: vec!["The “Remember me” cookie of one of your devices was used a second time, as if it had been copied. That device and its sessions were signed out.".into()],
            button: devices(),
            otherwise: if without {
                "If you didn’t restore a backup of that browser, change your password under Profile → Password: that signs out all your other devices. Under Profile → Security you can sign out devices one by one."
            } else {
                "If you didn’t restore a backup of that browser, press “Remote logout” under Profile → Security, and change your password."
            },
        },
        EmailTemplate::RemoteLogout {
            sessions,
            remembered_devices,
            asked_by,
        } => {
            let mut body = signed_out_everywhere(asked_by, &page);
            let nowhere = told.is_empty();
            body.paragraphs.push(ended_by_remote_logout(*sessions, *remembered_devices, nowhere));
            body.paragraphs.extend(at_applications(told));
            body.paragraphs.push("API tokens, MCP tokens and two-factor authentication weren’t affected.".into());
            let proof = due.email.proof.as_deref().unwrap_or_default();
            body.paragraphs.push(format!("Proof, the hash of this event in the audit log: {proof}"));
            body
        }
    }
}

/// By whom, and what to do when that should not have been.
fn signed_out_everywhere(
    asked_by: &AskedBy,
    page: &dyn Fn(&'static str, &str) -> Option<Button>,
) -> Body {
    let (who, button, otherwise) = match asked_by {
        AskedBy::You => (
            "You logged out from all devices.".to_owned(),
            page("Sign in", "/sign-in"),
            "If this wasn’t you, sign in and change your password.",
        ),
        AskedBy::Member { name, role } => (
            format!(
                "{name}, {} of your account, logged you out from all devices.",
                role.to_lowercase()
            ),
            page("Sign in", "/sign-in"),
            "You can sign in again. If you don’t know why, ask them.",
        ),
        AskedBy::Operator => (
            "The operator of this Curfew logged you out from all devices.".to_owned(),
            page("Sign in", "/sign-in"),
            "You can sign in again. If you don’t know why, ask the operator.",
        ),
        AskedBy::Token { id, kind, name } => (
            format!("A program logged you out from all devices with your {kind} token “{name}”."),
            page(
                "Revoke this token",
                &format!(
                    "/settings/{}/revoke?token={}",
                    kind.to_lowercase(),
                    id.as_str()
                ),
            ),
            "If it shouldn’t have, sign in and revoke the token: it keeps working until then. Then change your password.",
        ),
    };
    Body {
        subject: "You are signed out everywhere",
        paragraphs: vec![who],
        button,
        otherwise,
    }
}

/// `nowhere`: no sign-in at an application has ended either.
fn ended_by_remote_logout(sessions: i64, remembered_devices: i64, nowhere: bool) -> String {
    let there = all_counted(&[
        (sessions.unsigned_abs(), "session", "sessions"),
        (
            remembered_devices.unsigned_abs(),
            "remembered device",
            "remembered devices",
        ),
    ]);
    match there {
        Some(there) => format!("Remote logout ended {there}."),
        None if nowhere => "Remote logout was used. You weren’t signed in anywhere.".into(),
        None => "Remote logout was used.".into(),
    }
}

fn facts(due: &Due) -> Vec<Fact> {
    let fact = |name, value| Fact { name, value };
    let mut facts = vec![fact("When", when(due.at, due.zone.as_deref()))];
    // Where another user was is nothing the reader needs to know.
    if let EmailTemplate::RemoteLogout {
        asked_by: AskedBy::Member { .. } | AskedBy::Operator,
        ..
    } = &due.email.template
    {
        return facts;
    }
    // The command line has neither.
    if !due.email.user_agent.is_empty() {
        let device = device::of(&due.email.user_agent).label();
        facts.push(fact("Device", device));
    }
    if !due.email.ip.is_empty() {
        facts.push(fact("IP address", due.email.ip.clone()));
    }
    facts
}

/// "22 Nov 2026, 15:02 (Europe/Berlin)", or "22 Nov 2026, 14:02 UTC" where the reader's zone is not known: an email cannot
/// ask.
fn when(at: UnixMillis, zone: Option<&str>) -> String {
    let stamp = Timestamp::from_millisecond(at.0).ok();
    let local = zone.and_then(|zone| {
        let here = stamp?.in_tz(zone).ok()?;
        Some(format!("{} ({zone})", here.strftime("%-d %b %Y, %H:%M")))
    });
    local.unwrap_or_else(|| Time::from(at).utc)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_said_in_the_readers_zone_where_that_is_known() {
        let at = UnixMillis(1_795_356_120_000);
        for (zone, said) in [
            (Some("Europe/Berlin"), "22 Nov 2026, 15:02 (Europe/Berlin)"),
            (Some("Asia/Tokyo"), "22 Nov 2026, 23:02 (Asia/Tokyo)"),
            (Some("Nowhere/Land"), "22 Nov 2026, 14:02 UTC"),
            (None, "22 Nov 2026, 14:02 UTC"),
        ] {
            assert_eq!(when(at, zone), said);
        }
    }
}
