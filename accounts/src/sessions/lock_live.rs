//! How every operation of somebody signed in begins: under their lock, with a session that is alive there.

use super::{SignedIn, find::is_live};
use crate::{
    db::Tx,
    limits::Limits,
    time::Moment,
    users::{self, Locked},
};

/// Locks the user and looks whether the session that asks is still alive. None when a remote logout, or
/// another end, was faster: whatever the door saw no longer holds.
///
/// # Errors
/// When the database is unavailable.
pub(crate) async fn lock_live(
    tx: &mut Tx,
    who: &SignedIn,
    limits: &Limits,
    now: Moment,
) -> Result<Option<Locked>, sqlx::Error> {
    let locked = users::lock(tx, &who.user.id).await?;
    let Some(locked) = locked.filter(|locked| locked.disabled_at.is_none()) else {
        return Ok(None);
    };
    let alive = is_live(tx, &who.session, locked.epoch, limits, now).await?;
    Ok(alive.then_some(locked))
}
