//! Account Settings.

pub mod tokens;
