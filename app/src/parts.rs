//! The parts that screens are built of. No business words in here; see `docs/STYLE.md`.

pub mod avatar;
pub mod button;
pub mod change_plan;
#[cfg(feature = "ssr")]
pub mod copy;
pub mod dialog;
pub mod error_summary;
pub mod field;
pub mod form;
pub mod form_fields;
pub mod icon;
#[cfg(feature = "ssr")]
pub mod layout;
pub mod link;
#[cfg(feature = "ssr")]
pub mod loaded;
pub mod loading;
pub mod notice;
#[cfg(feature = "ssr")]
pub mod plain;
