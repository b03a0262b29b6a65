//! Key rotation: after a new key was put first in the key file, everything that is sealed is sealed anew with it.

use sqlx::FromRow;

use crate::{
    db::Tx,
    execute, instance_keys,
    keys::{CannotOpen, Keys, Sealed},
    on,
    sealed::PLACES,
    time::Moment,
};

/// Why not everything was sealed anew; nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    #[error(transparent)]
    Sealed(#[from] CannotOpen),
    #[error("the database is unavailable")]
    Database(#[from] sqlx::Error),
}

#[derive(FromRow)]
struct Row {
    owner: String,
    key_id: String,
    text: String,
}

/// Seals with the newest key what was sealed with an older one and is still of use, and makes it the key that every start
/// needs. Returns how many rows it was.
///
/// # Errors
/// See [`RotationError`].
pub async fn seal_anew(tx: &mut Tx, keys: &Keys, now: Moment) -> Result<u64, RotationError> {
    let mut rows = 0;
    for place in &PLACES {
        let old: Vec<Row> = on!(tx, c => sqlx::query_as(place.select)
            .bind(now.at)
            .bind(keys.newest())
            .fetch_all(c)
            .await)?;
        for row in old {
            let before = Sealed {
                key_id: row.key_id,
                text: row.text,
            };
            let plain = keys.open(place.purpose, &row.owner, &before)?;
            let after = keys.seal(place.purpose, &row.owner, &plain);
            // Its user may have changed it in the meantime: then it is sealed with the newest key already.
            rows += execute!(
                tx,
                place.update,
                &row.owner,
                &after.key_id,
                &after.text,
                &before.text
            )?;
        }
    }
    instance_keys::use_only_the_newest(tx, keys).await?;
    Ok(rows)
}
