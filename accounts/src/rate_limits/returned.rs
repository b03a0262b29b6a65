//! After a right attempt, or one that was never checked: permits come back, and failures are forgotten.

use super::count::Permit;
use crate::{
    client::Client,
    execute,
    ids::UserId,
    instance::Instance,
    operation::{LockedUser, Operation},
    time::Moment,
};

/// After a right attempt: forgets the user's failures, and returns the address its permit.
///
/// # Errors
/// When the database is unavailable.
pub async fn clear_failures(op: &mut Operation, permit: &Permit) -> Result<(), sqlx::Error> {
    execute!(
        op,
        "delete from rate_limits where subject = $1",
        permit.user.as_deref()
    )?;
    decrement(op, permit.address.as_deref()).await
}

/// Forgets the failures of an email address, because its user has a new password.
///
/// # Errors
/// When the database is unavailable.
pub(crate) async fn clear_email_failures(
    op: &mut Operation,
    email: &str,
) -> Result<(), sqlx::Error> {
    execute!(
        op,
        "delete from rate_limits where subject = $1",
        format!("email:{email}")
    )?;
    Ok(())
}

/// Forgets the wrong passwords typed while signed in: the user has just signed in and so knows the password,
/// whatever a thief's session has tried.
///
/// # Errors
/// When the database is unavailable.
pub(crate) async fn clear_password_failures(
    op: &mut Operation,
    user: &UserId,
) -> Result<(), sqlx::Error> {
    execute!(
        op,
        "delete from rate_limits where subject = $1",
        format!("password:{}", user.0)
    )?;
    Ok(())
}

/// Returns both permits of an attempt that was never checked, through no fault of the user.
///
/// # Errors
/// When the database is unavailable.
pub async fn return_permit(op: &mut Operation, permit: &Permit) -> Result<(), sqlx::Error> {
    decrement(op, permit.user.as_deref()).await?;
    decrement(op, permit.address.as_deref()).await
}

/// As [`return_permit`], in an operation of its own: no password was hashed, because too many wait or there is no memory.
///
/// # Errors
/// When the database is unavailable.
pub(crate) async fn return_unchecked(
    instance: &Instance,
    client: &Client,
    now: Moment,
    permit: &Permit,
) -> Result<(), sqlx::Error> {
    let mut op = Operation::begin(instance, client, now).await?;
    return_permit(&mut op, permit).await?;
    op.commit().await?;
    Ok(())
}

async fn decrement(op: &mut Operation, subject: Option<&str>) -> Result<(), sqlx::Error> {
    let Some(subject) = subject else {
        return Ok(());
    };
    execute!(
        op,
        "update rate_limits set failures = failures - 1 where subject = $1 and failures > 0",
        subject
    )?;
    Ok(())
}

/// Forgets every failure that is counted against a user, on any browser: passwords, codes, and what was asked for by email.
/// What is counted against addresses stays.
pub(crate) async fn forget_failures_of(
    op: &mut Operation,
    user: &LockedUser,
) -> Result<u64, sqlx::Error> {
    let mut counts = 0;
    for whose in [user.email.as_str(), user.id.as_str()] {
        // The end of the subject is the email or the id. It is no pattern, because an email may hold % and _.
        let sql = "delete from rate_limits
                   where substr(subject, length(subject) - length($1)) = ':' || $1
                     and (subject like 'email:%' or subject like 'device:%' or subject like 'password:%'
                          or subject like 'code:%' or subject like 'email-to:%')";
        counts += execute!(op, sql, whose)?;
    }
    Ok(counts)
}
