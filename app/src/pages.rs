//! The pages, one file an address.

#[cfg(feature = "ssr")]
pub mod error_page;
#[cfg(feature = "ssr")]
mod event_details;
#[cfg(feature = "ssr")]
pub mod gate_confirm;
#[cfg(feature = "ssr")]
pub mod gate_page;
pub mod home;
#[cfg(feature = "ssr")]
pub mod join;
#[cfg(feature = "ssr")]
pub mod look_again;
#[cfg(feature = "ssr")]
pub mod not_found;
#[cfg(feature = "ssr")]
pub mod oauth;
pub mod profile;
#[cfg(feature = "ssr")]
pub mod receipt;
#[cfg(feature = "ssr")]
pub mod reference;
#[cfg(feature = "ssr")]
pub mod refused;
#[cfg(feature = "ssr")]
pub mod settings;
#[cfg(feature = "ssr")]
pub mod sign_in;
#[cfg(feature = "ssr")]
pub mod sign_up;
