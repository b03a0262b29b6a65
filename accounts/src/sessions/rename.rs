//! A name that a user gives to a device.

use serde_json::json;

use super::{DeviceRef, EndOneError, SignedIn};
use crate::{
    audit::{Action, Actor, Event},
    execute,
    operation::Operation,
    text::hides_something,
};

/// Most characters a name may have.
pub const LONGEST_NAME: usize = 60;

/// Why the name has not changed.
#[derive(Debug, thiserror::Error)]
pub enum RenameError {
    #[error("{0}")]
    Name(&'static str),
    #[error(transparent)]
    Device(#[from] EndOneError),
}

impl From<sqlx::Error> for RenameError {
    fn from(error: sqlx::Error) -> Self {
        Self::Device(error.into())
    }
}

/// Gives a device of the user signed in a name; an empty one removes it. A remembered device keeps it for the sessions
/// it starts later. The list shows the browser's own name beside it.
///
/// # Errors
/// See [`RenameError`].
pub async fn rename(
    op: &mut Operation,
    me: &SignedIn,
    device: DeviceRef<'_>,
    name: &str,
) -> Result<Option<String>, RenameError> {
    let name = clean(name).map_err(RenameError::Name)?;
    let live = op
        .lock_live(&me.user.id, &me.session)
        .await?
        .ok_or(EndOneError::AlreadyEnded)?;
    let (sqls, id): (&[&'static str], &str) = match device {
        DeviceRef::Session(id) => (
            &[
                "update remembered_devices set label = $4
                 where user_id = $2 and epoch = $3 and ended_at is null
                   and id = (select remembered_device_id from sessions where id = $1 and user_id = $2)",
                "update sessions set label = $4
                 where id = $1 and user_id = $2 and epoch = $3 and ended_at is null",
            ],
            id.0.as_str(),
        ),
        DeviceRef::Remembered(id) => (
            &["update remembered_devices set label = $4
               where id = $1 and user_id = $2 and epoch = $3 and ended_at is null"],
            id,
        ),
    };
    let mut renamed = 0;
    for sql in sqls {
        renamed = execute!(op, *sql, id, &me.user.id, live.user.epoch, &name)?;
    }
    if renamed == 0 {
        return Err(EndOneError::NotThere.into());
    }
    let event = Event::of(Action::DeviceRenamed, Actor::User(&me.user.id))
        .in_account(&live.user.account_id)
        .about(&me.user.id)
        .with(json!({ "device": name }));
    op.record(event);
    Ok(name)
}

fn clean(name: &str) -> Result<Option<String>, &'static str> {
    let name = name.trim();
    match name.chars().count() {
        0 => Ok(None),
        n if n > LONGEST_NAME => Err("Use 60 characters or fewer."),
        // Characters that turn the direction of the text would let a name pass for another.
        _ if hides_something(name) => Err("A name has no control characters."),
        _ => Ok(Some(name.to_owned())),
    }
}
