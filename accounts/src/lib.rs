//! The rules: who users are and what they may do. No web framework in here.
//!
//! A read takes a [`Reader`](instance::Reader). A change takes an [`Operation`](operation::Operation), which holds the
//! transaction, who asks and the [`Moment`](time::Moment) it happens in; only the outermost caller commits it. What
//! must hash a password first takes the [`Instance`](instance::Instance), because it begins more than one operation.
//!
//! | module | holds |
//! |---|---|
//! | [`db`] | the one place that knows there are two databases |
//! | [`ids`], [`client`], [`time`], [`secret`], [`limits`] | ids, who asks, the clock and randomness, secrets and their hashes, every number that an operator may set |
//! | [`instance`], [`operation`] | what every request shares; one change from begin to commit, with the proofs that a row is locked |
//! | [`copy_to`] | an install moves from SQLite to PostgreSQL, or back |
//! | [`instance_epoch`] | everything of every user ends: after a restore, before another PostgreSQL |
//! | [`users`], [`profile`], [`passwords`], [`plans`] | users, their names, their passwords, what their plan has |
//! | [`permissions`], [`roles`], [`denials`] | who may do what: one table of permissions; what was refused, recorded or counted |
//! | [`account`], [`members`], [`invitations`] | an account's name and plan, its users, and how they join |
//! | [`sign_up`], [`setup_code`], [`sign_in`], [`change_password`] | a new user, what the first of an install shows, from an email and a password to a session, and a new password |
//! | [`rate_limits`], [`known_devices`] | how often something may be tried, and the browsers that are counted apart |
//! | [`sessions`], [`remember_me`], [`end_reason`] | what is signed in, why it ended, and **remote logout**: [`sessions::end_all`] |
//! | [`curfew`], [`curfew_schedule`] | the daily time at which sessions end by themselves |
//! | [`second_factor`], [`step_up`] | authenticator and recovery codes, and a password or code asked for again |
//! | [`emails`], [`email_links`] | what a user is told by email, and the one-time links in it |
//! | [`reset_password`], [`change_email`], [`not_me`] | what those links do |
//! | [`keys`], [`instance_keys`], [`sealed`], [`key_rotation`], [`key_loss`] | the instance's key, which one its database knows, what it seals because it must be given back, and what is done with a new or a lost one |
//! | [`files`] | why a file cannot be used, in words for the operator |
//! | [`gate`] | which requests for an application behind a proxy are let through, and how a sign-in reaches its host |
//! | [`applications`] | what signs in with Curfew: what is registered, who may use it, what each is told |
//! | [`tokens`], [`programs`] | API and MCP tokens, which remote logout leaves alone, and what programs do with them |
//! | [`audit`], [`audit_retention`] | what happened, in a chain that shows tampering, and how long it is kept |
//! | [`webhooks`], [`webhook_settings`] | where an account's events are sent as they happen, and how that is set |
//! | `application_endings` | how what a user holds at applications ends with a session, and who is owed a notice |
//! | `live`, `names`, `signed_in`, `text`, `retry` | what the others share: "is it live?", names and addresses as they may be, who is signed in, texts, a transaction tried again |
//! | [`device`] | what a user agent is called on the screen |
//! | [`cleanup`] | what is deleted, and when |
//! | [`sample`] | users and sessions for a demonstration or a benchmark |

pub mod account;
mod application_endings;
pub mod applications;
pub mod audit;
pub mod audit_retention;
pub mod change_email;
pub mod change_password;
pub mod cleanup;
pub mod client;
pub mod copy_to;
pub mod curfew;
pub mod curfew_schedule;
pub mod db;
pub mod denials;
pub mod device;
pub mod email_address;
pub mod email_links;
pub mod emails;
pub mod end_reason;
pub mod figures;
pub mod files;
pub mod gate;
pub mod ids;
pub mod instance;
pub mod instance_epoch;
pub mod instance_keys;
pub mod key_loss;
pub mod key_rotation;
pub mod keys;
pub mod known_devices;
pub mod limits;
mod live;
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
pub mod sealed;
pub mod second_factor;
pub mod secret;
pub mod sessions;
pub mod setup_code;
pub mod sign_in;
pub mod sign_up;
mod signed_in;
pub mod step_up;
pub mod text;
pub mod time;
pub mod tokens;
pub mod users;
pub mod webhook_settings;
pub mod webhooks;

pub use members::invitations;
