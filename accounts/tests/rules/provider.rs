//! Signing in at applications: codes, access tokens, refresh tokens, and the keys that their tokens are signed with.

mod access;
mod asked;
mod codes;
mod refreshing;
mod signing;

pub use asked::{OFFLINE, SIGN_IN, redemption};
