//! What a token may end. Each count has the token in its subject.

use std::time::Duration;

use super::count::{RateLimited, count};
use crate::{
    ids::{TokenId, UserId},
    operation::Operation,
};

/// Takes a permit for a token's remote logout of a user. Without a limit a token in wrong hands would sign its owner out
/// as fast as they sign in, and they could not revoke it.
///
/// # Errors
/// When the database is unavailable; the inner error when there is none.
pub(crate) async fn permit_remote_logout(
    op: &mut Operation,
    token: &TokenId,
    user: &UserId,
) -> Result<Result<(), RateLimited>, sqlx::Error> {
    let subject = format!("remote-logout:{}:{}", token.0, user.0);
    let most = op.limits.remote_logouts_per_token;
    count(op, &subject, most, Duration::from_hours(1)).await
}

/// Takes a permit for a token's end of one session. Without a limit a token in wrong hands would do one by one what
/// [`permit_remote_logout`] keeps it from doing at once.
///
/// # Errors
/// When the database is unavailable; the inner error when there is none.
pub(crate) async fn permit_ending_a_session(
    op: &mut Operation,
    token: &TokenId,
) -> Result<Result<(), RateLimited>, sqlx::Error> {
    let subject = format!("ended-by-token:{}", token.0);
    let most = op.limits.sessions_ended_per_token;
    count(op, &subject, most, Duration::from_hours(1)).await
}
