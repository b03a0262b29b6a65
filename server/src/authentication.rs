//! From a request to a user: by a session cookie ([`session`]) or by a token ([`bearer`]). There is no other way.

pub mod bearer;
mod client;
mod cookies;
mod navigation;
mod remembered;
pub mod session;

pub(crate) use client::{is_trusted, of as client_of};
pub(crate) use cookies::{session_token, token_of};
