//! The pages before you are signed in, and those of links in emails.

mod code;
mod confirm_sign_up;
mod email;
mod form;
mod link_expired;
mod not_me;
mod password;
mod why_here;

pub use code::Code;
pub use confirm_sign_up::ConfirmSignUp;
pub use email::ConfirmEmail;
pub use form::SignIn;
pub use not_me::NotMe;
pub use password::{Forgot, Reset};
