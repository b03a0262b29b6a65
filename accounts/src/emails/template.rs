//! What an email tells, and where the operation came from that it tells of.

use serde::{Deserialize, Serialize};

use crate::{
    client::Client,
    ids::{EventId, TokenId},
};

/// What an email tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "snake_case")]
pub enum EmailTemplate {
    /// Carries a link.
    ResetPassword,
    /// Carries a link; goes to the new address.
    ConfirmEmail,
    /// A user wanted to change to the address of another user, who is told so.
    EmailTaken,
    /// To the old address and to the new one.
    EmailChanged {
        email: String,
    },
    /// To the old address, before it is confirmed.
    EmailChangeRequested {
        email: String,
    },
    PasswordChanged,
    PasswordReset,
    TwoFactorOn,
    TwoFactorOff,
    RecoveryCodesReplaced,
    RecoveryCodeUsed {
        left: i64,
    },
    AuthenticatorOff,
    /// The key that its secret was sealed with is lost.
    AuthenticatorLost,
    /// As above, of the account's webhook; to its owners and admins.
    WebhookSecretLost,
    TokenMade {
        /// "API" or "MCP".
        kind: String,
        name: String,
    },
    /// Carries a link with which everything is logged out, unless the plan has no remote logout.
    NewDevice,
    /// Carries a link; goes to a visitor who wants to sign up.
    ConfirmSignUp,
    /// A visitor wanted to sign up with the address of a user, who is told so.
    AlreadyHere,
    /// Carries a link; goes to a stranger who is no user yet.
    Invitation {
        /// The name of the user who invites.
        by: String,
        account: String,
        /// The role's name.
        role: String,
    },
    RememberedDeviceReused,
    RemoteLogout {
        sessions: i64,
        remembered_devices: i64,
        asked_by: AskedBy,
    },
}

/// Who asked for a remote logout, as its email tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "who", rename_all = "snake_case")]
pub enum AskedBy {
    /// The user who is told.
    You,
    /// An owner or admin of the account.
    Member {
        name: String,
        /// The role's name.
        role: String,
    },
    Operator,
    /// A program, with a token of the user who is told.
    Token {
        id: TokenId,
        /// "API" or "MCP".
        kind: String,
        name: String,
    },
}

impl EmailTemplate {
    /// Whether it advises remote logout, which its reader's plan may lack. Asked for these alone, because an email that a
    /// visitor asks for takes as long for an unknown address as for a known one.
    pub(super) fn advises_remote_logout(&self) -> bool {
        matches!(
            self,
            Self::EmailChangeRequested { .. }
                | Self::TwoFactorOn
                | Self::TwoFactorOff
                | Self::RecoveryCodesReplaced
                | Self::RecoveryCodeUsed { .. }
                | Self::TokenMade { .. }
                | Self::RememberedDeviceReused
        )
    }

    /// Its name, as the log has it: `remote_logout`.
    #[must_use]
    pub fn name(&self) -> String {
        let fields = serde_json::to_value(self).unwrap_or_default();
        fields["about"].as_str().unwrap_or_default().to_owned()
    }
}

/// An email: what it tells, and where the operation came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Email {
    pub template: EmailTemplate,
    /// The hash of the audit event that the email tells of, where it quotes one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<String>,
    /// That event: what applications were told of it is looked up when the email is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<EventId>,
    /// The plan of its reader has no remote logout: what the email advises is something else.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub without_remote_logout: bool,
    /// Empty when unknown.
    pub ip: String,
    pub user_agent: String,
}

impl Email {
    /// An email to a stranger, who is not told from which browser the operation came.
    #[must_use]
    pub fn to_stranger(template: EmailTemplate) -> Self {
        Self {
            template,
            proof: None,
            event: None,
            without_remote_logout: false,
            ip: String::new(),
            user_agent: String::new(),
        }
    }

    /// An email about an operation of that browser.
    #[must_use]
    pub fn new(template: EmailTemplate, client: &Client) -> Self {
        Self {
            template,
            proof: None,
            event: None,
            without_remote_logout: false,
            ip: client.ip_text(),
            user_agent: client.user_agent.clone(),
        }
    }
}
