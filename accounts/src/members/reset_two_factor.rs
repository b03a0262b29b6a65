//! The reset of a member's second factor, for one who has lost their phone and their recovery codes.

use super::{MemberError, act::begin_on};
use crate::{
    audit::Actor, ids::UserId, operation::Operation, permissions::Permission,
    second_factor::turn_off_for, sessions::ShownEpoch, signed_in::SignedIn,
};

/// Turns two-factor authentication of a member off. All that they are signed in with ends, they are told by email, and the
/// password alone signs them in.
///
/// # Errors
/// See [`MemberError`]; in each case nothing has changed.
pub async fn reset_two_factor(
    op: &mut Operation,
    who: &SignedIn,
    member: &UserId,
    shown: ShownEpoch,
) -> Result<(), MemberError> {
    let (me, member) = begin_on(op, who, member, Permission::ResetTwoFactor, shown).await?;
    if member.id == me.id {
        return Err(MemberError::NotAllowed(
            "Your own is turned off on your profile.",
        ));
    }
    if !turn_off_for(op, &member, Actor::User(&me.id)).await? {
        return Err(MemberError::NotAllowed(
            "This member’s two-factor authentication isn’t on.",
        ));
    }
    Ok(())
}
