//! Counting: a permit is taken in one conditional statement, so that attempts at once cannot both take the last one.

use std::time::Duration;

use crate::{execute, known_devices::Browser, on, operation::Operation, time::UnixMillis};

/// What an attempt counts against.
#[derive(Debug, Clone)]
pub struct Permit {
    /// None for a user who did not have to try, because they have just signed up.
    pub(super) user: Option<String>,
    /// None for a known device: a stranger's failures from the same address must not lock it out.
    pub(super) address: Option<String>,
}

impl Permit {
    /// Of a user who did not have to try.
    pub(crate) fn none() -> Self {
        Self {
            user: None,
            address: None,
        }
    }

    /// Whether the browser is one that the user has signed in on before.
    pub(crate) fn is_of_known_device(&self) -> bool {
        self.user.is_some() && self.address.is_none()
    }
}

/// Too many failures; try again after this long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimited {
    pub retry_after: Duration,
}

/// Takes a permit of the device's own count. When that is used up, by a thief who has copied its cookie for one, the
/// device counts as a stranger's.
pub(super) async fn take_own_or(
    op: &mut Operation,
    browser: &Browser,
    own: Option<String>,
    shared: Permit,
) -> Result<Result<Permit, RateLimited>, sqlx::Error> {
    let (Some(known), Some(own)) = (&browser.known, own) else {
        return take(op, shared).await;
    };
    let limits = op.limits;
    let most = if known.forgotten {
        limits.attempts_per_forgotten_device
    } else {
        limits.attempts_per_user
    };
    let Err(used_up) = count(op, &own, most, limits.attempt_window).await? else {
        return Ok(Ok(Permit {
            user: Some(own),
            address: None,
        }));
    };
    let taken = take(op, shared).await?;
    Ok(taken.map_err(|shared| RateLimited {
        retry_after: shared.retry_after.min(used_up.retry_after),
    }))
}

pub(super) async fn take(
    op: &mut Operation,
    permit: Permit,
) -> Result<Result<Permit, RateLimited>, sqlx::Error> {
    let limits = op.limits;
    for (subject, most) in [
        (&permit.user, limits.attempts_per_user),
        (&permit.address, limits.attempts_per_address),
    ] {
        if let Some(subject) = subject
            && let Err(rate_limited) = count(op, subject, most, limits.attempt_window).await?
        {
            return Ok(Err(rate_limited));
        }
    }
    Ok(Ok(permit))
}

/// Checks and counts.
pub(super) async fn count(
    op: &mut Operation,
    subject: &str,
    most: i64,
    window: Duration,
) -> Result<Result<(), RateLimited>, sqlx::Error> {
    let now = op.now;
    let counted = execute!(op, "insert into rate_limits (subject, failures, window_ends_at) values ($1, 1, $2)
         on conflict (subject) do update set
             failures = case when rate_limits.window_ends_at <= $3 then 1 else rate_limits.failures + 1 end,
             window_ends_at = case when rate_limits.window_ends_at <= $3 then $2 else rate_limits.window_ends_at end
         where rate_limits.window_ends_at <= $3 or rate_limits.failures < $4", subject, now.at + window, now.at, most)?;
    if counted == 1 {
        return Ok(Ok(()));
    }
    let ends: UnixMillis = on!(op, c => sqlx::query_scalar("select window_ends_at from rate_limits where subject = $1")
        .bind(subject)
        .fetch_one(c)
        .await)?;
    Ok(Err(RateLimited {
        retry_after: now.at.until(ends),
    }))
}
