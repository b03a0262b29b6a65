//! The pages of the way in.

mod code;
mod email;
mod form;
mod over;
mod password;
mod why_here;

pub use code::Code;
pub use email::ConfirmEmail;
pub use form::SignIn;
pub use password::{Forgot, Reset};
