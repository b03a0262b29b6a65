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
    /// Something was done, in the words the server found for it.
    Note(Note),
}

/// A word to the reader, and perhaps something that is shown this once.
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
        }
    }

    /// With a sentence or two.
    #[must_use]
    pub fn with(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
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
    /// The name of whoever did it, when it was not the person themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
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
    Removed,
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
                    From::Removed => Because::Removed,
                },
                at: ended.at.into(),
                by,
                who: ended.by_name.clone(),
            }
        }
    }
}
