//! The curfew: a daily time at which a user's sessions end by themselves, with the reason "curfew".
//!
//! A session is no longer live from the first curfew after it started, whether its row is marked or not. So the
//! curfew holds on every node and needs no job; [`end_due`] only marks the rows. A remembered device from before
//! ends too, because it would sign its browser in again.

use serde_json::json;

use crate::{
    audit::{Action, Actor, Event},
    client::Client,
    curfew_schedule::{Curfew, Schedule},
    end_reason::EndReason,
    execute,
    ids::UserId,
    instance::{Instance, Reader},
    on,
    operation::Operation,
    signed_in::SignedIn,
    time::Moment,
};

/// Why a curfew has not changed.
#[derive(Debug, thiserror::Error)]
pub enum CurfewError {
    /// Only owners and admins set the curfew of their account.
    #[error("this takes an owner or an admin")]
    NotAllowed,
    #[error("this session has ended already")]
    AlreadyEnded,
    #[error("the database is unavailable")]
    Database(#[from] sqlx::Error),
}

/// The user's own curfew and their account's.
///
/// # Errors
/// When the database is unavailable.
pub async fn of(
    conn: &mut Reader,
    user: &UserId,
) -> Result<(Option<Curfew>, Option<Curfew>), sqlx::Error> {
    let schedule = Schedule::of(conn, user).await?;
    Ok((schedule.own(), schedule.account()))
}

/// For whom a curfew is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    User,
    /// Every member of the account.
    Account,
}

/// Sets or removes a curfew. It holds from the next time on: setting it signs no one out.
///
/// # Errors
/// [`CurfewError::NotAllowed`], [`CurfewError::AlreadyEnded`]; nothing has changed then.
pub async fn set(
    op: &mut Operation,
    me: &SignedIn,
    scope: Scope,
    curfew: Option<&Curfew>,
) -> Result<(), CurfewError> {
    let now = op.now;
    let members = match scope {
        Scope::User => Vec::new(),
        Scope::Account => {
            let account = op.lock_account(&me.user.account_id).await?;
            op.lock_members(&account).await?
        }
    };
    // A removed user is none of those just locked, and is not locked out of order.
    if scope == Scope::Account && !members.iter().any(|member| member.id == me.user.id) {
        return Err(CurfewError::AlreadyEnded);
    }
    let live = op.lock_live(&me.user.id, &me.session).await?;
    let live = live.ok_or(CurfewError::AlreadyEnded)?;
    // Checked under the lock, because the role may have changed since the request was authenticated.
    if scope == Scope::Account && !live.user.role.manages() {
        return Err(CurfewError::NotAllowed);
    }
    let users: Vec<UserId> = match scope {
        Scope::User => vec![me.user.id.clone()],
        Scope::Account => members.into_iter().map(|member| member.id).collect(),
    };
    // What the old curfew has ended stays ended, whether its row was marked or not.
    for user in &users {
        end_passed(op, user).await?;
    }
    let (at, zone) = (curfew.map(Curfew::minutes), curfew.map(Curfew::zone));
    match scope {
        Scope::User => execute!(
            op,
            "update users set curfew_at = $2, curfew_zone = $3 where id = $1",
            &me.user.id,
            at,
            zone
        )?,
        Scope::Account => execute!(
            op,
            "update accounts set curfew_at = $2, curfew_zone = $3 where id = $1",
            &me.user.account_id,
            at,
            zone
        )?,
    };
    for user in &users {
        let next = Schedule::of(op, user).await?.ends_after(now.at);
        for sql in [
            "update sessions set curfew_ends_at = $2
             where user_id = $1 and ended_at is null and epoch = (select epoch from users where id = $1)",
            "update remembered_devices set curfew_ends_at = $2
             where user_id = $1 and ended_at is null and epoch = (select epoch from users where id = $1)",
        ] {
            execute!(op, sql, user, next)?;
        }
    }
    let details = match curfew {
        Some(curfew) => json!({ "time": curfew.time(), "zone": curfew.zone() }),
        None => json!({ "time": null }),
    };
    let action = match scope {
        Scope::User => Action::CurfewSet,
        Scope::Account => Action::AccountCurfewSet,
    };
    let mut event = Event::of(action, Actor::User(&me.user.id))
        .in_account(&live.user.account_id)
        .with(details);
    if scope == Scope::User {
        event = event.about(&me.user.id);
    }
    op.record(event);
    Ok(())
}

/// Marks what a curfew has ended, so that reports agree. Safe on several nodes at once.
///
/// # Errors
/// When the database is unavailable. Rows that were marked before stay marked.
pub async fn end_due(instance: &Instance, now: Moment) -> Result<u64, sqlx::Error> {
    let mut conn = instance.read(now).await?;
    let users: Vec<UserId> = on!(&mut conn, c => sqlx::query_scalar(
        "select s.user_id from sessions s join users u on u.id = s.user_id and u.epoch = s.epoch
         where s.ended_at is null and s.curfew_ends_at <= $1
         union select d.user_id from remembered_devices d join users u on u.id = d.user_id and u.epoch = d.epoch
         where d.ended_at is null and d.curfew_ends_at <= $1")
        .bind(now.at)
        .fetch_all(c)
        .await)?;
    drop(conn);
    let mut ended = 0;
    for user in users {
        let mut op = Operation::begin(instance, &Client::default(), now).await?;
        op.lock_user(&user).await?;
        ended += end_passed(&mut op, &user).await?;
        op.commit().await?;
    }
    Ok(ended)
}

/// Marks what a user's curfew has ended. The caller has locked the user.
async fn end_passed(op: &mut Operation, user: &UserId) -> Result<u64, sqlx::Error> {
    let now = op.now;
    let mut ended = 0;
    for sql in [
        "update sessions set ended_at = curfew_ends_at, end_reason = $3
         where user_id = $1 and ended_at is null and curfew_ends_at <= $2
           and epoch = (select epoch from users where id = $1)",
        "update remembered_devices set ended_at = curfew_ends_at, end_reason = $3
         where user_id = $1 and ended_at is null and curfew_ends_at <= $2
           and epoch = (select epoch from users where id = $1)",
    ] {
        ended += execute!(op, sql, user, now.at, EndReason::Curfew)?;
    }
    Ok(ended)
}
