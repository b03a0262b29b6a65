//! A second factor that an account requires of its members.
//!
//! It is a column of the account, read with the user at every request and again under their lock
//! ([`live`](crate::live)): a member who has none reaches only what [`permissions`](crate::permissions) leave them. On a plan
//! without two-factor authentication it rests, because members could not set one up.

use serde_json::json;
use sqlx::FromRow;

use super::{MemberError, act::may};
use crate::{
    audit::{Action, Actor, Event},
    db::Conn,
    execute,
    ids::AccountId,
    on,
    operation::Operation,
    permissions::Permission,
    plans::{Feature, Plan},
    signed_in::SignedIn,
    time::UnixMillis,
};

/// What an account asks of its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct SecondFactorRule {
    /// Since when a second factor is required; on a plan without two-factor authentication it rests.
    pub since: Option<UnixMillis>,
    /// Members who have none, without those who are disabled.
    pub without: i64,
}

/// Why the account's rule has not changed.
#[derive(Debug, thiserror::Error)]
pub enum RequireError {
    /// The owner who asks has no second factor, and would lock themselves out.
    #[error("the owner who asks has no second factor")]
    YoursFirst,
    #[error(transparent)]
    Refused(#[from] MemberError),
}

impl From<sqlx::Error> for RequireError {
    fn from(error: sqlx::Error) -> Self {
        Self::Refused(error.into())
    }
}

/// The rule of an account, and how many members it concerns.
///
/// # Errors
/// When the database is unavailable.
pub async fn second_factor_rule(
    conn: &mut Conn,
    account: &AccountId,
) -> Result<SecondFactorRule, sqlx::Error> {
    on!(conn, c => sqlx::query_as(
        "select a.second_factor_required_since as since,
                (select count(*) from users u where u.account_id = a.id and u.removed_at is null
                    and u.disabled_at is null and u.two_factor_since is null) as without
         from accounts a where a.id = $1")
        .bind(account)
        .fetch_one(c)
        .await)
}

/// Requires a second factor of every member, or does so no longer; what is so already changes nothing and records nothing.
/// Members without one are signed out of their applications in the same commit; their sessions here stay, and lead to the
/// set-up. Returns the rule as it is then.
///
/// # Errors
/// See [`RequireError`]; nothing has changed then.
pub async fn require_second_factor(
    op: &mut Operation,
    who: &SignedIn,
    required: bool,
) -> Result<SecondFactorRule, RequireError> {
    let account = op.lock_account(&who.user.account_id).await?;
    if required {
        // The commit follows up at their applications.
        let members = op.lock_members(&account).await?;
        // A removed user is none of those just locked, and is not locked out of order.
        if !members.iter().any(|member| member.id == who.user.id) {
            return Err(MemberError::Ended.into());
        }
    }
    let me = may(op, who, Permission::RequireSecondFactor).await?;
    if required && !me.plan.has(Feature::TwoFactor) {
        return Err(MemberError::PlanRequired(Plan::with(Feature::TwoFactor)).into());
    }
    if required && me.two_factor_since.is_none() {
        return Err(RequireError::YoursFirst);
    }
    let before = second_factor_rule(op, &account.id).await?;
    if before.since.is_some() == required {
        return Ok(before);
    }
    let since = required.then_some(op.now.at);
    execute!(
        op,
        "update accounts set second_factor_required_since = $2 where id = $1",
        &account.id,
        since
    )?;
    let action = if required {
        Action::SecondFactorRequired
    } else {
        Action::SecondFactorOptional
    };
    let event = Event::of(action, Actor::User(&me.id))
        .in_account(&account.id)
        .with(json!({ "members_without": before.without }));
    op.record(event);
    Ok(SecondFactorRule { since, ..before })
}
