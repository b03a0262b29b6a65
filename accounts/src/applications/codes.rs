//! Authorization codes (RFC 6749, 4.1): a minute long, once, for one application, one redirect address and one challenge
//! (RFC 7636, S256). Each carries the session and the epoch that it was issued under.

mod issue;
mod redeem;

pub use issue::{CodeRequest, IssueError, issue};
pub use redeem::{Redemption, redeem};

use std::time::Duration;

/// How long a code is good.
const GOOD_FOR: Duration = Duration::from_mins(1);
