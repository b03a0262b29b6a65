//! The rules: who people are and what they may do. No web framework in here.
//!
//! A deed is a function. It takes a connection or a transaction first, then who, what and the
//! [`Moment`](time::Moment) it happens in; only the outermost caller commits.
//!
//! | module | holds |
//! |---|---|
//! | [`db`] | the one place that knows there are two databases |
//! | [`time`], [`secret`], [`limits`] | the clock and randomness, secrets and their hashes, every number one may set |
//! | [`users`], [`passwords`], [`plans`] | people, their passwords, what their plan has |
//! | [`attempts`], [`sign_in`], [`change_password`] | from an e-mail and a password to a session, and a new password |
//! | [`sessions`], [`remember_me`] | what is signed in, and **remote logout**: [`sessions::end_all`] |
//! | [`curfew`] | the daily time at which sessions end by themselves |
//! | [`tokens`] | API and MCP tokens, which remote logout leaves alone |
//! | [`audit`] | what happened, in a chain that shows tampering |
//! | [`device`] | what a user agent is called on the screen |
//! | [`sweep`] | what is deleted, and when |
//! | [`sample`] | people and sessions for a demonstration or a benchmark |

pub mod attempts;
pub mod audit;
pub mod change_password;
pub mod curfew;
pub mod db;
pub mod device;
pub mod limits;
pub mod passwords;
pub mod plans;
pub mod remember_me;
pub mod sample;
pub mod secret;
pub mod sessions;
pub mod sign_in;
pub mod sweep;
pub mod time;
pub mod tokens;
pub mod users;
