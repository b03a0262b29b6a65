//! The account itself: its name and its plan.

use serde_json::json;

use crate::{
    audit::{self, Action, Actor, Client, Event},
    db::Tx,
    limits::Limits,
    members::{MemberError, begin},
    on,
    plans::Plan,
    sessions::SignedIn,
    time::Moment,
    users,
};

/// Why the account is as it was.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    #[error("{0}")]
    Name(&'static str),
    #[error(transparent)]
    Refused(#[from] MemberError),
}

/// Gives the account another name; the same one is no operation.
///
/// # Errors
/// See [`AccountError`].
pub async fn rename(
    tx: &mut Tx,
    who: &SignedIn,
    name: &str,
    client: &Client,
    limits: &Limits,
    now: Moment,
) -> Result<(), AccountError> {
    let name = users::clean_name(name).map_err(|why| match why {
        "Enter your name." => AccountError::Name("Enter a name for the account."),
        other => AccountError::Name(other),
    })?;
    let me = begin(tx, who, "/api/fn/rename_account", limits, now).await?;
    let before: String = on!(tx, c => sqlx::query_scalar("select name from accounts where id = $1")
        .bind(&me.account_id)
        .fetch_one(c)
        .await)
    .map_err(MemberError::Database)?;
    if before == name {
        return Ok(());
    }
    on!(tx, c => sqlx::query("update accounts set name = $2 where id = $1")
        .bind(&me.account_id)
        .bind(&name)
        .execute(c)
        .await
        .map(|_| ()))
    .map_err(MemberError::Database)?;
    let event = Event::of(Action::AccountRenamed, Actor::User(&me.id), client)
        .in_account(&me.account_id)
        .with(json!({ "from": before, "to": name }));
    audit::record(tx, event, now)
        .await
        .map_err(MemberError::Database)?;
    Ok(())
}

/// Puts the account on another plan; the same one is no operation. Returns the plan it had.
///
/// # Errors
/// See [`MemberError`].
pub async fn change_plan(
    tx: &mut Tx,
    who: &SignedIn,
    plan: Plan,
    client: &Client,
    limits: &Limits,
    now: Moment,
) -> Result<Plan, MemberError> {
    let me = begin(tx, who, "/api/fn/change_plan", limits, now).await?;
    if me.plan != plan {
        let actor = Actor::User(&me.id);
        users::set_plan(tx, &me.id, plan, actor, client, now).await?;
    }
    Ok(me.plan)
}
