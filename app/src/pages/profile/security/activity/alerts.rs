//! The few events of a user that they should look at, for Home.

use accounts::{
    audit::recent_alerts, db::DatabaseError, instance::Reader, time::UnixMillis, users::User,
};

use super::{read::surface, words};
use crate::alert::Alert;

/// Rows shown on Home.
const SHOWN: i64 = 3;

/// The newest warnings and alerts since then, newest first.
pub(crate) async fn read(
    conn: &mut Reader,
    user: &User,
    since: UnixMillis,
) -> Result<Vec<Alert>, DatabaseError> {
    let events = recent_alerts(conn, &user.account_id, &user.id, since, SHOWN).await?;
    let alert = |event| Alert {
        what: words::of(event),
        from: surface(event),
        at: event.at.into(),
    };
    Ok(events.iter().map(alert).collect())
}
