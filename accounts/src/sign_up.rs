//! Signing up: a new user with an account of their own. Either at once, or when the user has shown with an emailed link
//! that the mailbox is theirs: then no stranger learns from signing up which addresses have a user already.

mod by_link;
mod new_user;
mod policy;

pub use by_link::{ConfirmError, Confirmation, Waiting, ask, confirm, waiting};
pub use policy::{FirstUser, Opening, Policy, SignUp, opening};

use crate::{
    client::Client,
    ids::UserId,
    instance::Instance,
    operation::Operation,
    plans::Plan,
    setup_code,
    time::Moment,
    users::{NewUser, UserError, is_without_users, taken},
};
use new_user::{Ready, SETUP_CODE, checked, insert};
use policy::one_sign_up_at_a_time;

const EMAIL_TAKEN: &str = "There is already an account with this email address.";

/// Creates a user and a new account they own. Signs no user in.
///
/// # Errors
/// The field that is wrong, or [`UserError::Closed`].
pub async fn sign_up(
    instance: &Instance,
    client: &Client,
    now: Moment,
    policy: &Policy<'_>,
    new: NewUser<'_>,
) -> Result<UserId, UserError> {
    let (op, ready, opening) = begun(instance, client, now, policy, new).await?;
    if opening == Opening::Closed {
        return Err(UserError::Closed);
    }
    create(op, ready, policy.plan).await
}

/// As [`sign_up`], but only while the install has no user: who gets it may have its email to set up yet, and is sent no
/// link.
///
/// # Errors
/// As [`sign_up`]; [`UserError::Closed`] too when another user was first.
pub async fn sign_up_first(
    instance: &Instance,
    client: &Client,
    now: Moment,
    policy: &Policy<'_>,
    new: NewUser<'_>,
) -> Result<UserId, UserError> {
    let (op, ready, opening) = begun(instance, client, now, policy, new).await?;
    if opening != Opening::First {
        return Err(UserError::Closed);
    }
    create(op, ready, policy.plan).await
}

/// Checks a user who may be created, and then what a visitor may do while no other sign-up runs.
async fn begun(
    instance: &Instance,
    client: &Client,
    now: Moment,
    policy: &Policy<'_>,
    new: NewUser<'_>,
) -> Result<(Operation, Ready, Opening), UserError> {
    let ready = checked(instance, client, now, policy, new).await?;
    let mut op = Operation::begin(instance, client, now).await?;
    one_sign_up_at_a_time(&mut op).await?;
    let opening = opening(&mut op, policy.sign_up).await?;
    Ok((op, ready, opening))
}

async fn create(mut op: Operation, ready: Ready, plan: Plan) -> Result<UserId, UserError> {
    // The last user may have been deleted since it was looked at whether there is one.
    if !ready.may_be_first && is_without_users(&mut op).await? {
        return Err(UserError::field(SETUP_CODE, setup_code::MISSING));
    }
    let user = insert(&mut op, &ready.user, plan)
        .await
        .map_err(|e| taken(e, UserError::field("email", EMAIL_TAKEN)))?;
    op.commit().await?;
    Ok(user)
}
