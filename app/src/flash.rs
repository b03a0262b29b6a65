//! What the next page has to say, once: a receipt, a reason, or what was wrong with a form.
//!
//! It travels in a cookie of a minute that no script can read, so nothing personal stands in an
//! address. It is only ever shown as text and grants nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{error::AppError, time::Time};

/// What the next page says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flash {
    /// After a press: what ended.
    Receipt(Receipt),
    /// After being refused: how the session ended.
    Ended(Reason),
    /// A form sent without script was refused.
    Form(Refused),
    /// Something was done.
    Done(Done),
    /// A token was made: its value, for the one page that shows it.
    Made(Made),
}

/// A token that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// The token's id: its page shows the value to nobody who has no such token.
    pub id: String,
    pub value: Value,
}

impl Made {
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

/// A token's value on its way to the person it is made for. Does not print itself.
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

/// What a press ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    pub sessions: u64,
    pub remembered_devices: u64,
    pub at: Time,
}

/// How a session ended, in words for the person who held it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    pub because: Because,
    pub at: Time,
    /// "Firefox on Linux", or "the command line"; none when nobody in particular did it.
    pub by: Option<String>,
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    SignedOut,
    RemoteLogout,
    PasswordChanged,
    Expired,
    Limit,
    Reused,
    Disabled,
    TwoFactorChanged,
}

/// A form that was refused, with what was typed; never a password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The server function's name.
    pub form: String,
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
    PasswordChanged {
        sessions: i64,
        remembered_devices: i64,
    },
    TwoFactorOn {
        sessions: i64,
        remembered_devices: i64,
    },
    TwoFactorOff {
        sessions: i64,
        remembered_devices: i64,
    },
    NewRecoveryCodes,
    /// A letter is on its way, if there is anybody to get it.
    LetterSent,
    PasswordReset,
    EmailChanged,
    /// A sign-in took too long, or was ended meanwhile.
    HalfSignInOver,
}

/// "1 session", "4 sessions".
#[must_use]
pub fn counted(n: u64, one: &str, many: &str) -> String {
    if n == 1 {
        format!("1 {one}")
    } else {
        format!("{n} {many}")
    }
}

#[cfg(feature = "ssr")]
mod server_side {
    use accounts::{device, sessions};
    use data_encoding::BASE64URL_NOPAD;

    use super::{Because, Flash, Reason};

    /// Browsers keep cookies up to 4 KB.
    const LONGEST: usize = 3_500;

    impl Flash {
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
            Self {
                because: match ended.because {
                    From::SignedOut => Because::SignedOut,
                    From::RemoteLogout => Because::RemoteLogout,
                    From::PasswordChanged => Because::PasswordChanged,
                    From::Expired => Because::Expired,
                    From::Limit => Because::Limit,
                    From::Reused => Because::Reused,
                    From::Disabled => Because::Disabled,
                    From::TwoFactorChanged => Because::TwoFactorChanged,
                },
                at: ended.at.into(),
                by,
            }
        }
    }
}
