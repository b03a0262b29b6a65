//! Whom an email goes to.

use crate::ids::UserId;

/// Whom an email goes to.
#[derive(Debug)]
pub(crate) struct Recipient {
    /// Empty for an email that is never sent.
    pub(super) address: String,
    /// The user it is about; looked up by the address where none is named.
    pub(super) user: Option<UserId>,
}

impl Recipient {
    /// The user, at an address that is not theirs yet, or no longer.
    pub(crate) fn at(user: &UserId, address: &str) -> Self {
        Self {
            address: address.to_owned(),
            user: Some(user.clone()),
        }
    }
}

impl From<&str> for Recipient {
    fn from(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            user: None,
        }
    }
}

impl From<&String> for Recipient {
    fn from(address: &String) -> Self {
        Self::from(address.as_str())
    }
}
