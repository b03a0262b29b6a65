//! What the next page has to say, once: a receipt, a reason, or what was wrong with a form.
//!
//! It travels in a cookie of a minute that no script can read, so nothing personal is in an
//! address. It is only ever shown as text and grants nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{counted::OthersEnded, error::AppError, reason::Reason, time::Time};

/// What the next page says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flash {
    /// After a remote logout: what ended.
    Receipt(Receipt),
    /// After being refused: how the session ended.
    Ended(Reason),
    /// A form sent without script was refused.
    Form(Refused),
    /// Something was done.
    Done(Done),
    /// Something was done, in the words the server found for it.
    Note(Note),
    /// A token was created: its value, for the one page that shows it.
    Made(CreatedToken),
}

/// A sentence for the reader, and perhaps a secret that is shown only once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// It is bad news.
    #[serde(default)]
    pub bad: bool,
    /// What ended members’ sessions: the next page looks up what applications were told of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logged_out: Option<LoggedOut>,
}

/// An operation of an owner or admin that ended sessions of members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedOut {
    /// The id of its event; of one of them, where it ended everyone’s.
    pub event: String,
    #[serde(default)]
    pub everyone: bool,
}

impl Note {
    /// Good news without details.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            text: None,
            secret: None,
            bad: false,
            logged_out: None,
        }
    }

    /// With a sentence or two.
    #[must_use]
    pub fn with(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }
}

/// A token that was created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreatedToken {
    /// The token's id: its page shows the value only to the user who has this token.
    pub id: String,
    pub value: Value,
}

impl CreatedToken {
    /// The page that shows it.
    #[must_use]
    pub fn page(&self) -> &'static str {
        if self.value.0.starts_with("cfw_mcp_") {
            "/settings/mcp"
        } else {
            "/settings/api"
        }
    }
}

/// A token's value on its way to the user who created it. Does not print itself.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Value(String);

impl Value {
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text itself. Not for logs and addresses.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Value(…)")
    }
}

/// What a remote logout ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    pub sessions: u64,
    pub remembered_devices: u64,
    /// Invitations of the user that wait for a confirmation now.
    #[serde(default)]
    pub invitations: u64,
    /// Sign-ins at applications, where it was of everyone, whether some of them may still be open there, whether an answer
    /// may still come, and whether any was behind a gate. Of the user's own, the receipt itself is looked up.
    #[serde(default)]
    pub applications: u64,
    #[serde(default)]
    pub may_be_open: bool,
    #[serde(default)]
    pub being_told: bool,
    #[serde(default)]
    pub behind_gate: bool,
    pub at: Time,
    /// The hash of the audit log's event.
    pub event: String,
    /// Tokens that were revoked too; none when that was not asked for.
    pub api_tokens: Option<u64>,
    pub mcp_tokens: Option<u64>,
}

/// A form that was refused, with what was typed; never a password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The server function's name.
    pub form: String,
    /// The page to go back to, where it is not the one that shows this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// Nothing was wrong with it: a password or a code is asked for.
    #[serde(default)]
    pub asked: bool,
    pub error: AppError,
    pub typed: BTreeMap<String, String>,
}

/// Something that was done, for a success notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    SignedOut,
    ProfileSaved,
    TokenRevoked,
    PasswordChanged(OthersEnded),
    TwoFactorOn(OthersEnded),
    TwoFactorOff(OthersEnded),
    NewRecoveryCodes,
    /// An email was sent, if a user has the address.
    EmailSent,
    PasswordReset,
    EmailChanged,
    EmailChangeCancelled,
    /// There was none to cancel.
    EmailChangeGone,
    /// A sign-in took too long, or was ended meanwhile.
    SignInExpired,
}

#[cfg(feature = "ssr")]
mod server_side {
    use data_encoding::BASE64URL_NOPAD;

    use super::{Done, Flash};

    /// Browsers keep cookies up to 4 KB.
    const LONGEST: usize = 3_500;

    impl Flash {
        /// Whether the sign-in page says it: why one is there, or what was wrong with its form.
        #[must_use]
        pub fn is_for_sign_in(&self) -> bool {
            match self {
                Self::Receipt(_) | Self::Ended(_) | Self::Note(_) => true,
                Self::Form(refused) => refused.page.is_none(),
                Self::Done(done) => matches!(
                    done,
                    Done::SignedOut
                        | Done::PasswordReset
                        | Done::EmailChanged
                        | Done::SignInExpired
                ),
                Self::Made(_) => false,
            }
        }

        /// Whether it is a form for `/profile/confirm`, which continues there and may be loaded more than once.
        #[must_use]
        pub fn waits_for_confirmation(&self) -> bool {
            matches!(self, Self::Form(refused) if refused.page.is_some())
        }

        /// The cookie's value. What was typed is left out when it would be too long.
        #[must_use]
        pub fn to_cookie(&self) -> String {
            let text = serde_json::to_vec(self).unwrap_or_default();
            if text.len() > LONGEST / 4 * 3
                && let Self::Form(refused) = self
            {
                let mut short = refused.clone();
                short.typed.clear();
                return BASE64URL_NOPAD
                    .encode(&serde_json::to_vec(&Self::Form(short)).unwrap_or_default());
            }
            BASE64URL_NOPAD.encode(&text)
        }

        /// Reads a cookie's value; nonsense is nothing.
        #[must_use]
        pub fn from_cookie(value: &str) -> Option<Self> {
            let bytes = BASE64URL_NOPAD.decode(value.as_bytes()).ok()?;
            serde_json::from_slice(&bytes).ok()
        }
    }
}
