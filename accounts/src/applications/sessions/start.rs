//! Starting an application session: when a code is redeemed.

use crate::{
    applications::Scope,
    execute,
    ids::{ApplicationId, ApplicationSessionId, SessionId},
    operation::{LockedUser, Operation},
    secret::Token,
    sessions::SecondFactor,
    time::UnixMillis,
};

/// What an application session starts from. The caller has found, under the user's lock, that the session is live and that
/// the user may use the application.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewApplicationSession<'a> {
    pub user: &'a LockedUser,
    pub session: &'a SessionId,
    pub application: &'a ApplicationId,
    pub scope: &'a Scope,
    pub is_offline: bool,
    pub authenticated_at: UnixMillis,
    pub second_factor: Option<SecondFactor>,
}

/// Starts one. Its id is random, never derived from the session's, because every application of the session learns one.
pub(crate) async fn start(
    op: &mut Operation,
    new: NewApplicationSession<'_>,
) -> Result<ApplicationSessionId, sqlx::Error> {
    op.holds(new.user)?;
    let now = op.now.at;
    let id = ApplicationSessionId(Token::random().expose()[..22].to_owned());
    execute!(
        op,
        "insert into application_sessions (id, application_id, user_id, session_id, epoch, scope, is_offline,
                                           authenticated_at, second_factor, has_refreshed, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        &id,
        new.application,
        &new.user.id,
        new.session,
        new.user.epoch,
        new.scope.to_string(),
        new.is_offline,
        new.authenticated_at,
        new.second_factor,
        false,
        now
    )?;
    Ok(id)
}
