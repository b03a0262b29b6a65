//! Profile: the name and the username.

use crate::{
    execute,
    ids::UserId,
    names::{clean_name, clean_username},
    operation::Operation,
    signed_in::SignedIn,
    users::{UserError, taken, wrong},
};

/// Changes the name and the username of the user signed in; an empty username removes it.
///
/// # Errors
/// The fields that are wrong, or [`UserError::Ended`].
pub async fn update_profile(
    op: &mut Operation,
    who: &SignedIn,
    name: &str,
    username: &str,
) -> Result<(), UserError> {
    let live = op.lock_live(&who.user.id, &who.session).await?;
    live.ok_or(UserError::Ended)?;
    set_names(op, &who.user.id, name, username).await
}

/// Sets a user's name and username.
pub(crate) async fn set_names(
    op: &mut Operation,
    id: &UserId,
    name: &str,
    username: &str,
) -> Result<(), UserError> {
    let (name, username) = match (clean_name(name), clean_username(username)) {
        (Ok(name), Ok(username)) => (name, username),
        (name, username) => {
            return Err(wrong([
                ("name", name.err().map(str::to_owned)),
                ("username", username.err().map(str::to_owned)),
            ]));
        }
    };
    execute!(
        op,
        "update users set name = $2, username = $3 where id = $1",
        id,
        name,
        username
    )
    .map_err(|e| taken(e, UserError::field("username", "This username is taken.")))?;
    Ok(())
}
