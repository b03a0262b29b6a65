//! Applications: what signs in with Curfew, and is logged out by it.
//!
//! An account's owners and admins register them. Two kinds: an OpenID Connect application signs its users in by codes and
//! tokens; a gate's application stands behind a reverse proxy that asks Curfew at each request. Who may use one is
//! looked up at each use ([`may_use`]), so that a lost role counts at once. What a user holds at an application ends with what
//! it came from ([`Cause`] is the table), and the application is sent a notice.

pub mod access_tokens;
mod answers;
mod application;
mod change;
pub mod claims;
pub mod codes;
mod count_ended;
mod declared;
mod declared_check;
mod details;
mod find;
mod grants;
mod last_answer;
mod logout_token;
mod manage;
mod mine;
mod notice_answers;
mod notices;
mod open_paths;
mod receipt;
mod redirects;
pub mod refresh_tokens;
mod register;
mod scope;
mod secrets;
pub mod sessions;
mod signed_in_there;
pub mod signing_keys;
pub mod tokens;
mod told;
mod who_may;

pub use crate::application_endings::{Cause, Ends, causes_table};
pub use answers::{answer, answered_at};
pub use application::{Application, Kind, SigningAlgorithm};
pub use change::{add_redirect, change};
pub use count_ended::{count_ended, count_ended_of_everyone};
pub use declared::{Applied, Declared, DeclaredError, Wanted, WantedApplication, apply_declared};
pub use declared_check::check_declared;
pub use details::{Access, Details, LONGEST_OWN_SESSION, OwnHost, SHORTEST_OWN_SESSION};
pub use find::{find, find_gate, hosts, list, redirects};
pub use grants::{Granted, InvalidGrant};
pub use last_answer::{LastAnswer, last_answer};
pub use logout_token::{LOGOUT_TOKEN_TYPE, LogoutClaims};
pub use manage::{
    change_secret, for_test, of_account, remove, remove_by_operator, revoke_old_secret,
};
pub use mine::{Class, Mine, SignedOutThere, mine, sign_out};
pub use notice_answers::Outcome;
pub use notices::{
    Answer, DueNotice, Lane, ListedNotice, any_notice_due, lease_notice, note_answer,
    recent_notices,
};
pub(crate) use open_paths::OpenPaths;
pub use receipt::{
    RECEIPT_LASTS, Receipt, leave_receipt, receipt_of, receipt_of_event, receipts_of,
};
pub use redirects::{redirect_matches, redirect_refusal};
pub use register::{
    ApplicationError, Registered, first_account, may_register, register, register_by_operator,
};
pub use scope::{Scope, ScopeName};
pub use secrets::{
    ClientSecret, count_secrets, is_secret_of, made_elsewhere, make_secret, revoke_old_secrets,
    stored_hash,
};
pub use signed_in_there::{
    CountThere, OfEveryone, SignedInThere, count_there, of_everyone, signed_in_there,
};
pub use told::{LogoutScope, Told, ToldHow, told, told_of_members};
pub use who_may::{access, has_shown_second_factor, may_use};
