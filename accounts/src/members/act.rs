//! Beginning an operation on an account or a member: the locks, and whether the user who asks may do it.

use super::MemberError;
use crate::{
    ids::UserId,
    on,
    operation::{LockedUser, Operation},
    permissions::{self, Permission},
    plans::{Feature, Plan},
    roles::Role,
    sessions::ShownEpoch,
    signed_in::SignedIn,
};

/// Begins an operation on the account itself. Returns the user who asks, locked after the account.
pub(crate) async fn begin(
    op: &mut Operation,
    who: &SignedIn,
    permission: Permission,
) -> Result<LockedUser, MemberError> {
    op.lock_account(&who.user.account_id).await?;
    may(op, who, permission).await
}

/// Begins an operation on a member, of whom the form showed `shown`. Returns the user who asks, and the member.
pub(super) async fn begin_on(
    op: &mut Operation,
    who: &SignedIn,
    member: &UserId,
    permission: Permission,
    shown: ShownEpoch,
) -> Result<(LockedUser, LockedUser), MemberError> {
    op.lock_account(&who.user.account_id).await?;
    // In the order of their ids: two users who act on each other at once take the two locks in one order.
    let (me, member) = if *member < who.user.id {
        let member = op.lock_user(member).await?;
        (may(op, who, permission).await?, member)
    } else {
        let me = may(op, who, permission).await?;
        (me, op.lock_user(member).await?)
    };
    let member = member
        .filter(|m| m.account_id == me.account_id && m.removed_at.is_none())
        .ok_or(MemberError::NotFound)?;
    if !shown.fits(&member) {
        return Err(MemberError::Stale);
    }
    if member.role == Role::Owner && me.role != Role::Owner {
        return Err(MemberError::NotAllowed(
            "Only an owner may do this to an owner.",
        ));
    }
    Ok((me, member))
}

/// Locks the user who asks; refuses them when their session has ended or their role or plan does not allow it now.
pub(super) async fn may(
    op: &mut Operation,
    who: &SignedIn,
    permission: Permission,
) -> Result<LockedUser, MemberError> {
    let live = op.lock_live(&who.user.id, &who.session).await?;
    let me = live.ok_or(MemberError::Ended)?.user;
    permissions::check(me.role, me.plan, permission)?;
    Ok(me)
}

/// Owners of the account who are neither disabled nor `member`. Asked under the account's lock.
pub(super) async fn other_owners(
    op: &mut Operation,
    member: &LockedUser,
) -> Result<i64, sqlx::Error> {
    on!(op, c => sqlx::query_scalar(
        "select count(*) from users
         where account_id = $1 and role = 'owner' and disabled_at is null and id <> $2")
        .bind(&member.account_id)
        .bind(&member.id)
        .fetch_one(c)
        .await)
}

/// Whether a user with the role `giver` may give `role` on that plan.
pub(crate) fn may_give(role: Role, giver: Role, plan: Plan) -> Result<(), MemberError> {
    if role == Role::Owner && giver != Role::Owner {
        return Err(MemberError::NotAllowed("Only an owner makes owners."));
    }
    let feature = Feature::EditorAndWatchOnly;
    if matches!(role, Role::Editor | Role::WatchOnly) && !plan.has(feature) {
        return Err(MemberError::PlanRequired(Plan::with(feature)));
    }
    Ok(())
}
