//! What is sent: emails, and tests of a webhook.

use std::time::Duration;

use super::count::{Permit, RateLimited, count, take};
use crate::{
    ids::AccountId,
    operation::{LockedUser, Operation},
};

/// How many tests of its webhook an account may send in [`TEST_WINDOW`].
const WEBHOOK_TESTS: i64 = 5;

/// Tests are limited because each keeps a connection open for up to ten seconds, to any address the account chose.
const TEST_WINDOW: Duration = Duration::from_mins(1);

/// Takes a permit for a request that sends an email: so many for one mailbox, whether a user has it or not, and
/// so many from one address.
///
/// # Errors
/// When the database is unavailable; the inner error when there is none.
pub(crate) async fn permit_email(
    op: &mut Operation,
    email: &str,
) -> Result<Result<Permit, RateLimited>, sqlx::Error> {
    let permit = Permit {
        user: Some(format!("email-to:{email}")),
        address: Some(format!("emails-from:{}", op.client().network())),
    };
    take(op, permit).await
}

/// Takes a permit for an email about signing up: so many for one mailbox, whether a user has it or not.
/// Counted apart from other emails, so that a stranger's sign-ups do not keep its user from a new password.
///
/// # Errors
/// When the database is unavailable; the inner error when there is none.
pub(crate) async fn permit_sign_up_email(
    op: &mut Operation,
    email: &str,
) -> Result<Result<(), RateLimited>, sqlx::Error> {
    let limits = op.limits;
    let (most, window) = (limits.attempts_per_user, limits.attempt_window);
    count(op, &format!("sign-up-email:{email}"), most, window).await
}

/// Takes a permit for an invitation by email: so many for one mailbox, and so many from one account.
///
/// # Errors
/// When the database is unavailable; the inner error when there is none.
pub(crate) async fn permit_invitation(
    op: &mut Operation,
    account: &AccountId,
    email: &str,
) -> Result<Result<Permit, RateLimited>, sqlx::Error> {
    let permit = Permit {
        user: Some(format!("email-to:{email}")),
        address: Some(format!("invitations:{}", account.0)),
    };
    take(op, permit).await
}

/// Takes a permit for an email about a new device. Without a limit a thief who knows the password could send any number.
/// Counted anew under each epoch: the first sign-ins after a remote logout are those that its user must hear of.
///
/// # Errors
/// When the database is unavailable.
pub(crate) async fn may_tell_of_a_new_device(
    op: &mut Operation,
    user: &LockedUser,
) -> Result<bool, sqlx::Error> {
    let limits = op.limits;
    let (most, window) = (limits.attempts_per_user, limits.attempt_window);
    let subject = format!("new-device:{}:{}", user.id.0, user.epoch);
    let counted = count(op, &subject, most, window).await?;
    Ok(counted.is_ok())
}

/// Takes a permit for a test of the account's webhook. It is not returned, whether the test succeeds or not.
///
/// # Errors
/// When the database is unavailable; the inner error when there is none.
pub(crate) async fn permit_webhook_test(
    op: &mut Operation,
    account: &AccountId,
) -> Result<Result<(), RateLimited>, sqlx::Error> {
    let subject = format!("webhook-test:{}", account.0);
    count(op, &subject, WEBHOOK_TESTS, TEST_WINDOW).await
}
