//! Emails: what a user is told by email. They are written in the transaction of the operation they tell of, so that
//! neither exists without the other; they are sent afterwards, and again when that failed.

mod due;
mod outgoing;
mod recipient;
mod template;

pub use due::{Due, EmailError, failed, lease, sent};
pub(crate) use outgoing::{Link, Outgoing, insert};
pub(crate) use recipient::Recipient;
pub use template::{AskedBy, Email, EmailTemplate};
