//! The second factor: an authenticator app's codes (TOTP, RFC 6238) and 16 recovery codes.
//!
//! | module | holds |
//! |---|---|
//! | [`totp`] | the secret and its codes |
//! | [`recovery_codes`] | their text, their hashes, how many are left |
//! | [`draft`] | a set-up, or a new set of codes, that is shown and not in force yet |
//! | [`turn_on`], [`turn_off`] | bringing a draft into force, and turning two-factor authentication off |
//! | [`check`] | a code that a user presents |

pub(crate) mod check;
pub mod draft;
pub mod recovery_codes;
pub mod totp;
mod turn_off;
mod turn_on;

pub use check::WrongCode;
pub use draft::{Draft, begin, begin_new_codes};
pub use turn_off::turn_off;
pub(crate) use turn_off::turn_off_for;
pub use turn_on::{turn_on, use_new_codes};

use crate::{keys::CannotOpen, plans::Plan, rate_limits::RateLimited};

/// Why nothing about the second factor has changed.
#[derive(Debug, thiserror::Error)]
pub enum TwoFactorError {
    #[error("this needs the plan {}", .0.iter().map(|p| p.name()).collect::<Vec<_>>().join(", "))]
    PlanRequired(Vec<Plan>),
    #[error("two-factor authentication is on already")]
    AlreadyOn,
    #[error("two-factor authentication is not on")]
    NotOn,
    /// The set-up was abandoned, took too long, or a remote logout came in between.
    #[error("there is nothing to bring into force")]
    NoDraft,
    #[error("the code is not right")]
    Wrong(WrongCode),
    #[error("this is no code")]
    Malformed,
    #[error("too many attempts")]
    RateLimited(RateLimited),
    /// A remote logout or another change came first; this session may have ended.
    #[error("conflict")]
    Conflict,
    #[error(transparent)]
    Sealed(#[from] CannotOpen),
    #[error("the database is unavailable")]
    Database(#[from] sqlx::Error),
}
