//! Ids: text that names a row, in lists, logs and addresses. An id is never a secret and opens nothing.

use serde::{Deserialize, Serialize};

/// A newtype over text that is stored and sent as the plain text.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type,
        )]
        #[sqlx(transparent)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}

id!(
    /// A user's id.
    UserId
);
id!(
    /// An account's id.
    AccountId
);
id!(
    /// A session's id. Not the cookie's value.
    SessionId
);
id!(
    /// The id of an API or MCP token. Not its value.
    TokenId
);
id!(
    /// An application's id; of an OpenID Connect application, its client id too.
    ApplicationId
);
id!(
    /// The id of one sign-in at an application: the `sid` of its tokens and logout notices.
    ApplicationSessionId
);
id!(
    /// An audit event's id.
    EventId
);

/// Whether a text from outside has the shape of an id. A text without that shape names no row, so neither database
/// need be asked; and PostgreSQL takes no NUL in a text.
#[must_use]
pub fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}
