//! What each email says, as plain text and as HTML from the same words. Everything that a browser or
//! a user chose is text in both.

use accounts::{
    device,
    emails::{Due, EmailTemplate},
};
use app::time::Time;

/// An email's words.
pub(super) struct Words {
    pub subject: String,
    /// What happened, a sentence or two.
    says: Vec<String>,
    /// What the button says, and where it leads.
    button: Option<(&'static str, String)>,
    /// Who, when and where.
    facts: Vec<(&'static str, String)>,
    /// What to do when it was somebody else.
    otherwise: &'static str,
    install: String,
}

const NOT_YOU: &str = "If this was not you, sign in, press “Remote logout” under Profile → Security, and change your password.";
const NOT_ASKED: &str =
    "If you did not ask for this, leave this email be: nothing changes without the link.";

/// The words of an email.
pub(super) fn of(due: &Due, install: &str) -> Words {
    let at = Time::from(due.at).utc;
    let link = |page: &str| {
        let token = due.token.as_ref().map_or("", |t| t.expose());
        format!("{install}{page}={token}")
    };
    let page = |page: &str| format!("{install}{page}");
    let security = ("See your devices", page("/profile/security"));
    let (subject, says, button, otherwise) = match &due.email.template {
        EmailTemplate::ResetPassword => (
            "Choose a new password",
            vec!["Somebody asked for a new password for your account. The link works once, for 30 minutes. It does not sign anybody in.".into()],
            Some(("Choose a new password", link("/reset-password?token"))),
            NOT_ASKED,
        ),
        EmailTemplate::ConfirmEmail => (
            "Confirm your new email address",
            vec!["Confirm that your account may use this address from now on. The link works once, for 30 minutes.".into()],
            Some(("Confirm this address", link("/confirm-email?token"))),
            NOT_ASKED,
        ),
        EmailTemplate::EmailTaken => (
            "Somebody wanted to use your email address",
            vec!["Somebody who is signed in to another account wanted to use this address for it. It belongs to your account, so nothing was changed.".into()],
            None,
            "You need not do anything.",
        ),
        EmailTemplate::EmailChangeRequested { email } => (
            "A new email address was asked for",
            vec![format!("Somebody signed in to your account asked to use {email} for it. It counts once the link that was sent there is used; until then you sign in with this address.")],
            Some(security),
            NOT_YOU,
        ),
        EmailTemplate::EmailChanged { email } => (
            "Your email address was changed",
            vec![format!("Your account uses {email} from now on: sign in with that.")],
            None,
            "If this was not you, write to whoever runs this Curfew at once.",
        ),
        EmailTemplate::PasswordChanged => (
            "Your password was changed",
            vec!["Every other session and all remembered devices have ended.".into()],
            Some(security),
            "If this was not you, choose a new password with “Forgot your password?” on the sign-in page.",
        ),
        EmailTemplate::PasswordReset => (
            "You have a new password",
            vec!["It was set with a link from a email to this address. Every session and all remembered devices have ended.".into()],
            Some(("Sign in", page("/sign-in"))),
            "If this was not you, somebody reads your mail: secure your mailbox first, then choose a new password again.",
        ),
        EmailTemplate::TwoFactorOn => (
            "Two-factor authentication is on",
            vec!["Signing in asks for a code of your authenticator app from now on. Keep your recovery codes where you find them without your phone.".into()],
            Some(security),
            NOT_YOU,
        ),
        EmailTemplate::TwoFactorOff => (
            "Two-factor authentication is off",
            vec!["Signing in asks for your password alone. The recovery codes you had are void.".into()],
            Some(security),
            NOT_YOU,
        ),
        EmailTemplate::RecoveryCodesReplaced => (
            "You have new recovery codes",
            vec!["The recovery codes you had before are void.".into()],
            Some(security),
            NOT_YOU,
        ),
        EmailTemplate::RecoveryCodeUsed { left } => (
            "A recovery code was used",
            vec![match left {
                0 => "Somebody signed in with your last recovery code. Make new ones now.".into(),
                1 => "Somebody signed in with one of your recovery codes. One is left: make new ones now.".into(),
                n => format!("Somebody signed in with one of your recovery codes. {n} are left."),
            }],
            Some(security),
            NOT_YOU,
        ),
        EmailTemplate::AuthenticatorOff => (
            "Your authenticator app was switched off",
            vec!["Too many wrong codes were tried in a row, by somebody who knows your password. Sign in with a recovery code, or on a device that you have signed in on before. Then change your password, and set two-factor authentication up again.".into()],
            Some(("Sign in", page("/sign-in"))),
            "If you did not try these codes, your password is known to somebody: change it.",
        ),
        EmailTemplate::TokenMade { kind, name } => (
            "An access token was made",
            vec![format!("An {kind} token named “{name}” acts for you from now on, until it is revoked or runs out. Remote logout does not end it.")],
            Some((
                "See your tokens",
                page(if kind == "API" { "/settings/api" } else { "/settings/mcp" }),
            )),
            "If this was not you, revoke it there, press “Remote logout” under Profile → Security, and change your password.",
        ),
        EmailTemplate::Invitation { by, account, role } => (
            "You are invited",
            vec![format!("{by} invites you to the account “{account}”. Your role there will be {role}. The link works once, for seven days.")],
            Some(("Join", link("/join?invite"))),
            "If you do not know who that is, leave this email be.",
        ),
        EmailTemplate::NewDevice => (
            "Your account was signed in to on a new device",
            vec!["This browser has not signed in to your account before. If it was you, you need not do anything.".into()],
            // Where the plan has no remote logout there is no link.
            due.token.as_ref().map(|_| ("This wasn’t me", link("/not-me?token"))),
            if due.token.is_some() {
                "If this was not you, the button leads to a page that logs out everywhere, without signing in. It works once, for seven days. Nothing changes by looking."
            } else {
                "If this was not you, choose a new password with “Forgot your password?” on the sign-in page: that signs out every device."
            },
        ),
        EmailTemplate::ConfirmSignUp => (
            "Finish signing up",
            vec!["Confirm that this mailbox is yours. You are asked for the password you chose. The link works once, for 30 minutes.".into()],
            Some(("Finish signing up", link("/confirm-sign-up?token"))),
            NOT_ASKED,
        ),
        EmailTemplate::AlreadyHere => (
            "You have an account already",
            vec!["Somebody wanted to sign up with this address. It belongs to your account, so nothing was changed.".into()],
            Some(("Sign in", page("/sign-in"))),
            "If that was you and you do not know your password any more, choose a new one with “Forgot your password?” on the sign-in page. If it was not, you need not do anything.",
        ),
        EmailTemplate::RememberedDeviceReused => (
            "A saved sign-in was used twice",
            vec!["The “Remember me” cookie of one of your devices was used a second time, as if somebody had copied it. That device and its sessions were signed out.".into()],
            Some(security),
            "If you did not restore a backup of that browser, press “Remote logout” under Profile → Security, and change your password.",
        ),
        EmailTemplate::RemoteLogout {
            sessions,
            remembered_devices,
            proof,
        } => (
            "You are signed out everywhere",
            vec![
                format!("Remote logout ended {} and {}.", count(*sessions, "session"), count(*remembered_devices, "remembered device")),
                "API tokens, MCP tokens and two-factor authentication are as they were.".into(),
                format!("Proof, as the audit log has it: {proof}"),
            ],
            Some(("Sign in", page("/sign-in"))),
            "If this was not you, sign in and change your password.",
        ),
    };
    Words {
        subject: subject.into(),
        says,
        button,
        facts: facts(due, at),
        otherwise,
        install: install.into(),
    }
}

fn facts(due: &Due, at: String) -> Vec<(&'static str, String)> {
    let mut facts = vec![("When", at)];
    // The command line has neither.
    if !due.email.user_agent.is_empty() {
        facts.push(("Device", device::of(&due.email.user_agent).label()));
    }
    if !due.email.ip.is_empty() {
        facts.push(("IP address", due.email.ip.clone()));
    }
    facts
}

fn count(n: i64, what: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{n} {what}{s}")
}

impl Words {
    /// For readers of plain text.
    pub(super) fn text(&self) -> String {
        let says = self.says.join("\n\n");
        let button = match &self.button {
            Some((label, link)) => format!("\n{label}:\n{link}\n"),
            None => String::new(),
        };
        let facts: Vec<String> = self
            .facts
            .iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        format!(
            "{}\n\n{says}\n{button}\n{}\n\n{}\n\n-- \nCurfew, {}\n",
            self.subject,
            facts.join("\n"),
            self.otherwise,
            self.install
        )
    }

    /// The same, for the others. Nothing is loaded from anywhere.
    pub(super) fn html(&self) -> String {
        let paragraph = |p: &String| format!("<p style=\"margin:0 0 16px\">{}</p>", escaped(p));
        let says: Vec<String> = self.says.iter().map(paragraph).collect();
        let button = match &self.button {
            Some((label, link)) => format!(
                "<p style=\"margin:24px 0\"><a href=\"{}\" style=\"{BUTTON}\">{}</a></p>",
                escaped(link),
                escaped(label)
            ),
            None => String::new(),
        };
        let fact = |(name, value): &(&str, String)| {
            format!(
                "<tr><td style=\"padding:2px 16px 2px 0;color:{SOFT}\">{}</td><td style=\"padding:2px 0\">{}</td></tr>",
                escaped(name),
                escaped(value)
            )
        };
        let facts: Vec<String> = self.facts.iter().map(fact).collect();
        format!(
            "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"color-scheme\" content=\"light dark\">\
             <title>{subject}</title></head><body style=\"margin:0;padding:24px;font:16px/1.5 system-ui,sans-serif\">\
             <div style=\"max-width:520px;margin:0 auto\"><h1 style=\"font-size:20px;margin:0 0 16px\">{subject}</h1>{says}{button}\
             <table role=\"presentation\" style=\"border-collapse:collapse;font-size:14px;margin:0 0 16px\">{facts}</table>\
             <p style=\"font-size:14px;color:{SOFT};margin:0 0 16px\">{otherwise}</p>\
             <p style=\"font-size:13px;color:{SOFT};margin:0\">Curfew, {install}</p></div></body></html>",
            subject = escaped(&self.subject),
            says = says.concat(),
            facts = facts.concat(),
            otherwise = escaped(self.otherwise),
            install = escaped(&self.install),
        )
    }
}

/// A grey that is read on white and on black.
const SOFT: &str = "#6f7977";

const BUTTON: &str = "display:inline-block;padding:12px 20px;border-radius:8px;background:#30509f;\
                      color:#ffffff;text-decoration:none;font-weight:600";

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
