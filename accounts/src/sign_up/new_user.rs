//! A user who may be created: checked, limited, and with their password hashed.

use super::policy::{FirstUser, Opening, Policy, opening};
use crate::{
    audit::{Action, Actor, Event},
    client::Client,
    ids::UserId,
    instance::Instance,
    operation::Operation,
    plans::Plan,
    rate_limits::{self, Permit},
    roles::Role,
    setup_code,
    time::Moment,
    users::{CleanUser, NewUser, UserError, insert_account, insert_user},
};

/// The field of the form.
pub(super) const SETUP_CODE: &str = "setup_code";

/// A user who may be created.
pub(super) struct Ready {
    pub(super) user: CleanUser,
    /// They are at the machine, or have shown the setup code.
    pub(super) may_be_first: bool,
}

pub(super) async fn checked(
    instance: &Instance,
    client: &Client,
    now: Moment,
    policy: &Policy<'_>,
    new: NewUser<'_>,
) -> Result<Ready, UserError> {
    // Checked before the costly hash; the operation that creates the user checks it again.
    let mut conn = instance.read(now).await?;
    let opening = opening(&mut conn, policy.sign_up).await?;
    drop(conn);
    let refusal = match (opening, policy.first) {
        (Opening::Closed, _) => return Err(UserError::Closed),
        (Opening::First, FirstUser::Shows(code)) => {
            setup_code::refusal(instance, client, now, code).await?
        }
        (Opening::First, FirstUser::AtTheMachine) | (Opening::Open, _) => None,
    };
    let may_be_first = opening == Opening::First || matches!(policy.first, FirstUser::AtTheMachine);
    let hasher = instance.hasher.stranger(client);
    let clean = new.clean(&hasher, instance.limits.password_min).await;
    let (name, email) = and_code(clean, refusal)?;
    let mut permit = Permit::none();
    if client.ip.is_some() {
        // A request, and not an operator on the machine itself, who is not limited.
        let mut op = Operation::begin(instance, client, now).await?;
        permit = rate_limits::permit_sign_up(&mut op)
            .await?
            .map_err(UserError::RateLimited)?;
        op.commit().await?;
    }
    match hasher.hash(new.password).await {
        Ok(password_hash) => {
            let user = CleanUser {
                name,
                email,
                password_hash,
            };
            Ok(Ready { user, may_be_first })
        }
        Err(failed) => {
            rate_limits::return_unchecked(instance, client, now, &permit).await?;
            Err(failed.into())
        }
    }
}

/// Every field that is wrong, the setup code's last.
fn and_code<T>(clean: Result<T, UserError>, refusal: Option<&str>) -> Result<T, UserError> {
    let Some(why) = refusal else {
        return clean;
    };
    Err(match clean {
        Ok(_) => UserError::field(SETUP_CODE, why),
        Err(UserError::Fields(mut wrong)) => {
            wrong.push((SETUP_CODE, why.to_owned()));
            UserError::Fields(wrong)
        }
        Err(other) => other,
    })
}

pub(super) async fn insert(
    op: &mut Operation,
    new: &CleanUser,
    plan: Plan,
) -> Result<UserId, sqlx::Error> {
    let account = insert_account(op, &format!("{}’s account", new.name), plan).await?;
    let user = insert_user(op, &account, Role::Owner, new).await?;
    let event = Event::of(Action::UserCreated, Actor::User(&user))
        .in_account(&account)
        .about(&user);
    op.record(event);
    Ok(user)
}
