//! Key rotation: after a new key was put first in the key file, everything that is sealed is sealed anew with it.

use sqlx::FromRow;

use crate::{
    db::Tx,
    execute,
    keys::{CannotOpen, Keys, Purpose, Sealed},
    on,
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

/// Seals with the newest key what was sealed with an older one. Returns how many rows it was.
///
/// # Errors
/// See [`RotationError`].
pub async fn seal_anew(tx: &mut Tx, keys: &Keys) -> Result<u64, RotationError> {
    let mut rows = 0;
    for (purpose, select, update) in [
        (
            Purpose::Authenticator,
            "select user_id as owner, key_id, secret as text from authenticators where key_id <> $1",
            "update authenticators set key_id = $2, secret = $3 where user_id = $1 and secret = $4",
        ),
        (
            Purpose::TwoFactorDraft,
            "select user_id as owner, key_id, sealed as text from two_factor_drafts where key_id <> $1",
            "update two_factor_drafts set key_id = $2, sealed = $3 where user_id = $1 and sealed = $4",
        ),
        (
            Purpose::Email,
            "select id as owner, key_id, sealed as text from emails where sealed is not null and key_id <> $1",
            "update emails set key_id = $2, sealed = $3 where id = $1 and sealed = $4",
        ),
        (
            Purpose::Webhook,
            "select account_id as owner, key_id, secret as text from webhooks where key_id <> $1",
            "update webhooks set key_id = $2, secret = $3 where account_id = $1 and secret = $4",
        ),
    ] {
        let old: Vec<Row> = on!(tx, c => sqlx::query_as(select)
            .bind(keys.newest())
            .fetch_all(c)
            .await)?;
        for row in old {
            let before = Sealed {
                key_id: row.key_id,
                text: row.text,
            };
            let plain = keys.open(purpose, &row.owner, &before)?;
            let after = keys.seal(purpose, &row.owner, &plain);
            // Its user may have changed it in the meantime: then it is sealed with the newest key already.
            rows += execute!(
                tx,
                update,
                &row.owner,
                &after.key_id,
                &after.text,
                &before.text
            )?;
        }
    }
    Ok(rows)
}
