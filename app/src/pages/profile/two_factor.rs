//! Two-factor authentication: setting it up, new recovery codes, turning it off. Each step is an
//! address of its own and a plain form.

mod card;
#[cfg(feature = "ssr")]
mod codes;
#[cfg(feature = "ssr")]
mod draft;
#[cfg(feature = "ssr")]
mod functions;
#[cfg(feature = "ssr")]
mod off;
#[cfg(feature = "ssr")]
mod set_up;

#[cfg(feature = "ssr")]
pub use card::JustDone;
pub use card::{TwoFactor, TwoFactorState};
#[cfg(feature = "ssr")]
pub use codes::NewCodes;
#[cfg(feature = "ssr")]
pub use off::Off;
#[cfg(feature = "ssr")]
pub use set_up::{App, SetUp};
