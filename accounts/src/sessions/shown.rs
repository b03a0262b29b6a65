//! What a page showed when its form was drawn. A form that is sent later, when the epoch has risen since, would end
//! sessions that its page never showed.

use crate::{
    ids::UserId,
    operation::{LockedUser, Operation},
};

/// The epoch that the user had when a form was drawn. None from a program, which was shown no page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ShownEpoch(pub Option<i64>);

impl ShownEpoch {
    /// Whether the user still has it, which only their lock can tell.
    pub(crate) fn fits(self, user: &LockedUser) -> bool {
        self.0.is_none_or(|shown| shown == user.epoch)
    }
}

/// Why a form is not acted on.
#[derive(Debug, thiserror::Error)]
pub enum ShownError {
    /// The epoch has risen since the form was drawn.
    #[error("what the form was drawn with is no longer so")]
    Stale,
    #[error("the database is unavailable")]
    Database(#[from] sqlx::Error),
}

/// Refuses a form of the user that was drawn under another epoch. The lock it takes holds until the operation ends, so
/// the answer stays right for whatever the operation does next.
///
/// # Errors
/// See [`ShownError`].
pub async fn check_shown(
    op: &mut Operation,
    user: &UserId,
    shown: ShownEpoch,
) -> Result<(), ShownError> {
    if shown.0.is_none() {
        return Ok(());
    }
    match op.lock_user(user).await? {
        Some(user) if shown.fits(&user) => Ok(()),
        _ => Err(ShownError::Stale),
    }
}
