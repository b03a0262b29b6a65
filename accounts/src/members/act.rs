//! Beginning an operation: the locks, and whether whoever asks may.

use sqlx::FromRow;

use super::MemberError;
use crate::{
    db::{Conn, Tx},
    limits::Limits,
    on, permissions,
    plans::Plan,
    sessions::{self, SignedIn},
    time::{Moment, UnixMillis},
    users::{self, AccountId, Role, UserId},
};

/// Somebody as they stand under the lock.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct Standing {
    pub id: UserId,
    pub account_id: AccountId,
    pub plan: Plan,
    pub role: Role,
    pub name: String,
    pub email: String,
    pub epoch: i64,
    pub disabled_at: Option<UnixMillis>,
    pub removed_at: Option<UnixMillis>,
}

/// Locks the account's row until the transaction ends: members come, go and change one operation at a time.
/// Accounts are locked before users, users before audit chains. SQLite has one writer anyway.
pub(crate) async fn lock_account(tx: &mut Tx, account: &AccountId) -> Result<(), sqlx::Error> {
    match &mut **tx {
        Conn::Sqlite(_) => Ok(()),
        Conn::Postgres(held) => sqlx::query("select 1 from accounts where id = $1 for update")
            .bind(account)
            .execute(&mut **held)
            .await
            .map(|_| ()),
    }
}

/// Begins an operation to the account itself.
pub(crate) async fn begin(
    tx: &mut Tx,
    who: &SignedIn,
    address: &'static str,
    limits: &Limits,
    now: Moment,
) -> Result<Standing, MemberError> {
    lock_account(tx, &who.user.account_id).await?;
    users::lock(tx, &who.user.id).await?;
    may(tx, who, address, limits, now).await
}

/// Begins an operation to a member: whoever does it, and the member.
pub(super) async fn begin_on(
    tx: &mut Tx,
    who: &SignedIn,
    member: &UserId,
    address: &'static str,
    limits: &Limits,
    now: Moment,
) -> Result<(Standing, Standing), MemberError> {
    // A user never changes accounts, so this may be asked before the lock.
    if of_account(tx, member).await?.as_ref() != Some(&who.user.account_id) {
        return Err(MemberError::NotFound);
    }
    lock_account(tx, &who.user.account_id).await?;
    let mut both = [&who.user.id, member];
    both.sort_by(|a, b| a.0.cmp(&b.0));
    for person in both {
        users::lock(tx, person).await?;
    }
    let me = may(tx, who, address, limits, now).await?;
    let member = standing(tx, member)
        .await?
        .filter(|m| m.removed_at.is_none())
        .ok_or(MemberError::NotFound)?;
    if member.role == Role::Owner && me.role != Role::Owner {
        return Err(MemberError::NotAllowed(
            "Only an owner may do this to an owner.",
        ));
    }
    Ok((me, member))
}

/// Whether the session is alive and its user may, as they stand now.
pub(super) async fn may(
    tx: &mut Tx,
    who: &SignedIn,
    address: &'static str,
    limits: &Limits,
    now: Moment,
) -> Result<Standing, MemberError> {
    let me = standing(tx, &who.user.id)
        .await?
        .filter(|me| me.disabled_at.is_none())
        .ok_or(MemberError::Ended)?;
    if !sessions::is_live(tx, &who.session, me.epoch, limits, now).await? {
        return Err(MemberError::Ended);
    }
    permissions::check(me.role, me.plan, address)?;
    Ok(me)
}

pub(super) async fn standing(tx: &mut Tx, user: &UserId) -> Result<Option<Standing>, sqlx::Error> {
    on!(tx, c => sqlx::query_as(
        "select u.id, u.account_id, a.plan, u.role, u.name, u.email, u.epoch, u.disabled_at, u.removed_at
         from users u join accounts a on a.id = u.account_id where u.id = $1")
        .bind(user)
        .fetch_optional(c)
        .await)
}

async fn of_account(tx: &mut Tx, user: &UserId) -> Result<Option<AccountId>, sqlx::Error> {
    on!(tx, c => sqlx::query_scalar("select account_id from users where id = $1")
        .bind(user)
        .fetch_optional(c)
        .await)
}

/// Owners of the account who are neither disabled nor this one. Asked under the account's lock.
pub(super) async fn other_owners(tx: &mut Tx, one: &Standing) -> Result<i64, sqlx::Error> {
    on!(tx, c => sqlx::query_scalar(
        "select count(*) from users
         where account_id = $1 and role = 'owner' and disabled_at is null and id <> $2")
        .bind(&one.account_id)
        .bind(&one.id)
        .fetch_one(c)
        .await)
}
