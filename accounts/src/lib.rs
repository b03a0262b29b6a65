//! The rules: who users are and what they may do. No web framework in here.
//!
//! An operation is a function. It takes a connection or a transaction first, then who, what and the
//! [`Moment`](time::Moment) it happens in; only the outermost caller commits.
//!
//! | module | holds |
//! |---|---|
//! | [`db`] | the one place that knows there are two databases |
//! | [`time`], [`secret`], [`limits`] | the clock and randomness, secrets and their hashes, every number one may set |
//! | [`users`], [`passwords`], [`plans`] | users, their passwords, what their plan has |
//! | [`permissions`] | who may do what: one table of every address |
//! | [`account`], [`members`], [`invites`] | an account's name and plan, its users, and how they come in |
//! | [`attempts`], [`sign_up`], [`sign_in`], [`change_password`] | a new user, from an email and a password to a session, and a new password |
//! | [`sessions`], [`remember_me`] | what is signed in, and **remote logout**: [`sessions::end_all`] |
//! | [`curfew`] | the daily time at which sessions end by themselves |
//! | [`second_factor`], [`step_up`] | authenticator and recovery codes, and "confirm it is you" |
//! | [`emails`], [`email_links`] | what is told by mail, and the links in it |
//! | [`reset_password`], [`change_email`], [`not_me`] | what those links do |
//! | [`keys`], [`key_rotation`] | the instance's key, which seals what must be given back |
//! | [`tokens`] | API and MCP tokens, which remote logout leaves alone |
//! | [`audit`] | what happened, in a chain that shows tampering |
//! | [`webhook`] | where an account's events are sent as they happen |
//! | [`device`] | what a user agent is called on the screen |
//! | [`sweep`] | what is deleted, and when |
//! | [`sample`] | users and sessions for a demonstration or a benchmark |

pub mod account;
pub mod audit;
pub mod audit_retention;
pub mod change_email;
pub mod change_password;
pub mod cleanup;
pub mod client;
pub mod curfew;
pub mod curfew_schedule;
pub mod db;
pub mod device;
pub mod email_links;
pub mod emails;
pub mod end_reason;
pub mod ids;
pub mod instance;
pub mod invitations;
pub mod key_rotation;
pub mod keys;
pub mod known_devices;
pub mod limits;
mod live;
pub mod locks;
pub mod members;
mod names;
pub mod not_me;
pub mod operation;
pub mod passwords;
pub mod permissions;
pub mod plans;
pub mod profile;
pub mod programs;
pub mod rate_limits;
pub mod remember_me;
pub mod reset_password;
mod retry;
pub mod roles;
pub mod sample;
pub mod second_factor;
pub mod secret;
pub mod sessions;
pub mod sign_in;
pub mod sign_up;
pub mod step_up;
mod text;
pub mod time;
pub mod tokens;
pub mod users;
pub mod webhook_settings;
pub mod webhooks;
