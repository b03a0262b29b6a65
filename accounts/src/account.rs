//! The account itself: its name and its plan.

use serde_json::json;

use crate::{
    audit::{Action, Actor, Event},
    execute,
    ids::{AccountId, UserId},
    live::requires_second_factor,
    members::{MemberError, begin},
    names::clean_name,
    on,
    operation::Operation,
    permissions::Permission,
    plans::{Feature, Plan},
    signed_in::SignedIn,
    users::account_of,
};

/// Why the account has not changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    #[error("{0}")]
    Name(&'static str),
    #[error(transparent)]
    Refused(#[from] MemberError),
}

impl From<sqlx::Error> for AccountError {
    fn from(error: sqlx::Error) -> Self {
        Self::Refused(error.into())
    }
}

/// Gives the account another name; the same name changes nothing and records nothing.
///
/// # Errors
/// See [`AccountError`].
pub async fn rename(op: &mut Operation, who: &SignedIn, name: &str) -> Result<(), AccountError> {
    let name = clean_name(name).map_err(|why| match why {
        "Enter your name." => AccountError::Name("Enter a name for the account."),
        other => AccountError::Name(other),
    })?;
    let me = begin(op, who, Permission::RenameAccount).await?;
    let before: String = on!(op, c => sqlx::query_scalar("select name from accounts where id = $1")
        .bind(&me.account_id)
        .fetch_one(c)
        .await)?;
    if before == name {
        return Ok(());
    }
    execute!(
        op,
        "update accounts set name = $2 where id = $1",
        &me.account_id,
        &name
    )?;
    let event = Event::of(Action::AccountRenamed, Actor::User(&me.id))
        .in_account(&me.account_id)
        .with(json!({ "from": before, "to": name }));
    op.record(event);
    Ok(())
}

/// Puts the account on another plan; the same plan changes nothing and records nothing. Returns the plan it had.
///
/// # Errors
/// See [`MemberError`].
pub async fn change_plan(
    op: &mut Operation,
    who: &SignedIn,
    plan: Plan,
) -> Result<Plan, MemberError> {
    // Before the user who asks is locked: others come in the order of their ids.
    lock_for(op, &who.user.account_id, plan).await?;
    let me = begin(op, who, Permission::ChangePlan).await?;
    if me.plan != plan {
        let actor = Actor::User(&me.id);
        set_plan(op, &me.id, plan, actor).await?;
    }
    Ok(me.plan)
}

/// Sets an account's plan by the id of one of its members. Returns the plan it had; none when there is no such user.
///
/// # Errors
/// When the database is unavailable.
pub async fn set_plan(
    op: &mut Operation,
    member: &UserId,
    plan: Plan,
    actor: Actor<'_>,
) -> Result<Option<Plan>, sqlx::Error> {
    let Some(account) = account_of(op, member).await? else {
        return Ok(None);
    };
    lock_for(op, &account, plan).await?;
    let Some(user) = op.lock_user(member).await? else {
        return Ok(None);
    };
    // What is signed in now keeps remote logout on a plan without it; a second downgrade takes it from nothing older.
    let now = op.now.at;
    let loses = user.plan.has(Feature::RemoteLogout) && !plan.has(Feature::RemoteLogout);
    let has = plan.has(Feature::RemoteLogout);
    execute!(
        op,
        "update accounts set plan = $2,
                remote_logout_lost_at = case when $3 then null when $4 then $5 else remote_logout_lost_at end
         where id = $1",
        &user.account_id,
        plan,
        has,
        loses,
        now
    )?;
    let event = Event::of(Action::PlanChanged, actor)
        .in_account(&user.account_id)
        .with(json!({ "from": user.plan, "to": plan }));
    op.record(event);
    Ok(Some(user.plan))
}

/// Locks an account for another plan. Where that puts its second factor in force again, its members too: the commit follows
/// up at the applications of those who have none.
async fn lock_for(op: &mut Operation, account: &AccountId, plan: Plan) -> Result<(), sqlx::Error> {
    let account = op.lock_account(account).await?;
    let rests: i64 = on!(op, c => sqlx::query_scalar(concat!(
        "select count(*) from accounts a where a.id = $1 and a.second_factor_required_since is not null and not ",
        requires_second_factor!("a")))
        .bind(&account.id)
        .fetch_one(c)
        .await)?;
    if rests > 0 && plan.has(Feature::TwoFactor) {
        op.lock_members(&account).await?;
    }
    Ok(())
}
