//! The OpenID provider as applications and browsers meet it.

mod abuses;
mod asking;
mod flow;
mod foreign;
mod other_sites;
pub mod relying;
mod signing_out;
mod strangers;
mod tokens;
