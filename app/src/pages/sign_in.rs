//! The pages before you are signed in, and those of links in emails.

#[cfg(feature = "ssr")]
mod code;
#[cfg(feature = "ssr")]
mod confirm_sign_up;
#[cfg(feature = "ssr")]
mod email;
mod form;
#[cfg(feature = "ssr")]
mod link_expired;
#[cfg(feature = "ssr")]
mod not_me;
#[cfg(feature = "ssr")]
mod password;
mod why_here;

#[cfg(feature = "ssr")]
pub use code::Code;
#[cfg(feature = "ssr")]
pub use confirm_sign_up::ConfirmSignUp;
#[cfg(feature = "ssr")]
pub use email::ConfirmEmail;
pub use form::SignIn;
#[cfg(feature = "ssr")]
pub use not_me::NotMe;
#[cfg(feature = "ssr")]
pub use password::{Forgot, Reset};
