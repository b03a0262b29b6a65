//! Applications: what signs in with Curfew, and is logged out by it.
//!
//! An account's owners and admins register them. Two kinds: an OpenID Connect application signs its users in by codes and
//! tokens; a gate's application stands behind a reverse proxy that asks Curfew at each request. Who may use one is
//! looked up at each use ([`who_may`]), so that a lost role counts at once.

pub mod access_tokens;
mod answers;
mod application;
pub mod claims;
pub mod codes;
mod details;
mod find;
mod grants;
mod redirects;
pub mod refresh_tokens;
mod register;
mod scope;
mod secrets;
pub mod sessions;
pub mod signing_keys;
pub mod tokens;
mod who_may;

pub use answers::{answer, answered_at};
pub use application::{Application, Kind, SigningAlgorithm};
pub use details::{Access, Details, LONGEST_OWN_SESSION, OwnHost, SHORTEST_OWN_SESSION};
pub use find::{find, find_gate, hosts, list, redirects};
pub use grants::{Granted, InvalidGrant};
pub use redirects::{redirect_matches, redirect_refusal};
pub use register::{ApplicationError, Registered, may_register, register, register_by_operator};
pub use scope::{Scope, ScopeName};
pub use secrets::{ClientSecret, count_secrets, is_secret_of, make_secret, revoke_old_secrets};
pub use who_may::{access, may_use};
