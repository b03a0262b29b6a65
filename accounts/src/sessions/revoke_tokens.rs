//! A remote logout that takes tokens along: for somebody whose tokens may be in wrong hands as well.

use serde_json::json;

use super::{By, EndAllError, LogoutReceipt, Surface, end_all};
use crate::{
    audit::{self, Action, Actor, Client, Event},
    db::Tx,
    limits::Limits,
    time::Moment,
    tokens::{Kind, revoke_all},
    users::{self, UserId},
};

/// Which tokens a remote logout takes along. None, unless the user says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RevokeTokens {
    pub api_tokens: bool,
    pub mcp_tokens: bool,
}

/// How many tokens went along; none of a kind that was not asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Revoked {
    pub api_tokens: Option<u64>,
    pub mcp_tokens: Option<u64>,
}

/// [`end_all`], and the user's tokens of the kinds asked for, all in the caller's
/// one transaction. An event a kind says which.
///
/// # Errors
/// See [`EndAllError`]; whatever it is, nothing has changed.
pub async fn end_all_and_revoke_tokens(
    tx: &mut Tx,
    user: &UserId,
    by: By<'_>,
    revoke_tokens: RevokeTokens,
    from: Surface,
    client: &Client,
    limits: &Limits,
    now: Moment,
) -> Result<(LogoutReceipt, Revoked), EndAllError> {
    // The user before the tokens, and both before the audit chain, as everywhere.
    let locked = users::lock(tx, user)
        .await?
        .ok_or(EndAllError::NoSuchUser)?;
    let mut gone = Vec::new();
    for (wanted, kind, action) in [
        (revoke_tokens.api_tokens, Kind::Api, Action::ApiTokenDeleted),
        (revoke_tokens.mcp_tokens, Kind::Mcp, Action::McpTokenDeleted),
    ] {
        if wanted {
            gone.push((kind, action, revoke_all(tx, user, kind, now).await?));
        }
    }
    let ended = end_all(tx, user, by, from, client, limits, now).await?;
    let mut revoked = Revoked::default();
    for (kind, action, names) in gone {
        let count = names.len() as u64;
        match kind {
            Kind::Api => revoked.api_tokens = Some(count),
            Kind::Mcp => revoked.mcp_tokens = Some(count),
        }
        if count > 0 {
            let event = Event::of(action, Actor::User(user), client)
                .in_account(&locked.account_id)
                .about(user)
                .with(json!({ "with": "remote_logout", "tokens": count, "names": names }));
            audit::record(tx, event, now).await?;
        }
    }
    Ok((ended, revoked))
}
