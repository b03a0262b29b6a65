//! What ended with the user's other sessions: counted when it is done, sign-ins at applications too.

use accounts::{applications, ids::UserId, sessions::RotatedSession};

use crate::{context::reader, counted::OthersEnded};

/// What ended besides the session that did it. That is done whether or not applications can be looked up.
pub(super) async fn others_of(user: &UserId, rotated: &RotatedSession) -> OthersEnded {
    OthersEnded {
        sessions: rotated.sessions.unsigned_abs(),
        remembered_devices: rotated.remembered_devices.unsigned_abs(),
        applications: count_applications(user, rotated).await,
    }
}

async fn count_applications(user: &UserId, rotated: &RotatedSession) -> Option<u64> {
    let mut conn = reader().await.ok()?;
    applications::count_ended(&mut conn, user, &rotated.event)
        .await
        .ok()
}
