//! From a request to a user: by a session cookie ([`session`]) or by a token ([`bearer`]). There is no other way.

pub mod bearer;
mod client;
mod cookies;
pub mod session;

pub(crate) use client::is_trusted;
pub(crate) use cookies::{session_token, token_of};
