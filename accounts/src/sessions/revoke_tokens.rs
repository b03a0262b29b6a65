//! A remote logout that revokes tokens too: for a user whose tokens may be in wrong hands as well.

use serde_json::json;

use super::remote_logout::{By, EndAllError, LogoutReceipt, Surface, end_all_but};
use crate::{
    audit::{Actor, Event},
    ids::UserId,
    operation::Operation,
    tokens::{Kind, revoke_all},
};

/// Which tokens a remote logout revokes. None, unless the user asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RevokeTokens {
    pub api_tokens: bool,
    pub mcp_tokens: bool,
}

/// How many tokens were revoked; none of a kind that was not asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Revoked {
    pub api_tokens: Option<u64>,
    pub mcp_tokens: Option<u64>,
}

/// [`end_all`](super::end_all), and the user's tokens of the kinds asked for. One event for each kind.
///
/// # Errors
/// See [`EndAllError`]; in each case nothing has changed.
pub async fn end_all_and_revoke_tokens(
    op: &mut Operation,
    user: &UserId,
    by: By<'_>,
    tokens: RevokeTokens,
    surface: Surface,
) -> Result<(LogoutReceipt, Revoked), EndAllError> {
    let locked = op.lock_user(user).await?.ok_or(EndAllError::NoSuchUser)?;
    let ended = end_all_but(op, &locked, by, surface, None).await?;
    let mut revoked = Revoked::default();
    for (wanted, kind, count) in [
        (tokens.api_tokens, Kind::Api, &mut revoked.api_tokens),
        (tokens.mcp_tokens, Kind::Mcp, &mut revoked.mcp_tokens),
    ] {
        if !wanted {
            continue;
        }
        let names = revoke_all(op, &locked, kind).await?;
        *count = Some(names.len() as u64);
        if !names.is_empty() {
            let event = Event::of(kind.deleted(), Actor::User(user))
                .in_account(&locked.account_id)
                .about(user)
                .with(json!({ "with": "remote_logout", "tokens": names.len(), "names": names }));
            op.record(event);
        }
    }
    Ok((ended, revoked))
}
