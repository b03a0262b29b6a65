//! Deleting one's own account: the user goes, and where they were alone, the whole account.

use serde_json::json;

use super::{
    MemberError,
    act::{begin, other_owners},
    remove::remove_locked,
};
use crate::{
    audit::{Actor, Client},
    db::Tx,
    invites,
    limits::Limits,
    on,
    sessions::SignedIn,
    time::Moment,
    users::{AccountId, Role, UserId},
    webhook,
};

/// What went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// Nobody else was in it.
    pub whole_account: bool,
}

/// Deletes the user signed in. `typed` must be their email address.
///
/// # Errors
/// See [`MemberError`]; whatever it is, nothing has changed. The last owner of others cannot go.
pub async fn leave(
    tx: &mut Tx,
    who: &SignedIn,
    typed: &str,
    client: &Client,
    limits: &Limits,
    now: Moment,
) -> Result<Left, MemberError> {
    let me = begin(tx, who, "/api/fn/delete_account", limits, now).await?;
    if typed.trim().to_lowercase() != me.email {
        return Err(MemberError::NotConfirmed);
    }
    let whole_account = others(tx, &me.account_id, &me.id).await? == 0;
    if !whole_account && me.role == Role::Owner && other_owners(tx, &me).await? == 0 {
        return Err(MemberError::LastOwner);
    }
    if whole_account {
        invites::revoke_all(tx, &me.account_id, now).await?;
        webhook::forget(tx, &me.account_id).await?;
        on!(tx, c => sqlx::query("update accounts set closed_at = $2 where id = $1")
            .bind(&me.account_id)
            .bind(now.at)
            .execute(c)
            .await
            .map(|_| ()))?;
    }
    let details = json!({
        "name": me.name, "email": me.email, "role": me.role.key(), "whole_account": whole_account,
    });
    remove_locked(tx, &me, Actor::User(&me.id), details, client, limits, now).await?;
    Ok(Left { whole_account })
}

async fn others(tx: &mut Tx, account: &AccountId, me: &UserId) -> Result<i64, sqlx::Error> {
    on!(tx, c => sqlx::query_scalar(
        "select count(*) from users where account_id = $1 and removed_at is null and id <> $2")
        .bind(account)
        .bind(me)
        .fetch_one(c)
        .await)
}
