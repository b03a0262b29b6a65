//! Deleting the user's own account: the user is removed, and when they were its only member, the whole account.

use serde_json::json;

use super::{
    MemberError,
    act::{begin, other_owners},
    remove::remove_locked,
};
use crate::{
    audit::Actor,
    email_address::clean_email,
    execute,
    ids::{AccountId, UserId},
    members::invitations,
    on,
    operation::Operation,
    permissions::Permission,
    roles::Role,
    signed_in::SignedIn,
    webhooks,
};

/// What was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// The user was its only member.
    pub whole_account: bool,
}

/// Deletes the user signed in. `typed` must be their email address.
///
/// # Errors
/// See [`MemberError`]; in each case nothing has changed. The last owner of an account with other members cannot leave.
pub async fn leave(op: &mut Operation, who: &SignedIn, typed: &str) -> Result<Left, MemberError> {
    let now = op.now;
    let me = begin(op, who, Permission::DeleteOwnUser).await?;
    if clean_email(typed).ok().as_ref() != Some(&me.email) {
        return Err(MemberError::NotConfirmed);
    }
    let whole_account = others(op, &me.account_id, &me.id).await? == 0;
    if !whole_account && me.role == Role::Owner && other_owners(op, &me).await? == 0 {
        return Err(MemberError::LastOwner);
    }
    if whole_account {
        invitations::revoke_all(op, &me.account_id).await?;
        webhooks::forget(op, &me.account_id).await?;
        execute!(
            op,
            "update accounts set closed_at = $2 where id = $1",
            &me.account_id,
            now.at
        )?;
    }
    let details = json!({
        "name": me.name, "email": me.email, "role": me.role.key(), "whole_account": whole_account,
    });
    remove_locked(op, &me, Actor::User(&me.id), details).await?;
    Ok(Left { whole_account })
}

async fn others(op: &mut Operation, account: &AccountId, me: &UserId) -> Result<i64, sqlx::Error> {
    on!(op, c => sqlx::query_scalar(
        "select count(*) from users where account_id = $1 and removed_at is null and id <> $2")
        .bind(account)
        .bind(me)
        .fetch_one(c)
        .await)
}
