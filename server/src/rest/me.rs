//! `GET me`: whose token it is.

use accounts::{roles::Role, tokens::Bearer};
use axum::{Extension, Json};
use schemars::JsonSchema;
use serde::Serialize;
use utoipa::ToSchema;

use super::{refusals::Always, time};
use crate::authentication::bearer::Caller;

/// A user, and the token that asks.
#[derive(Debug, Serialize, ToSchema, JsonSchema)]
pub struct Me {
    id: String,
    name: String,
    username: Option<String>,
    email: String,
    /// `owner`, `admin`, `editor` or `member`.
    role: &'static str,
    two_factor: bool,
    account: Account,
    token: Token,
}

/// An account.
#[derive(Debug, Serialize, ToSchema, JsonSchema)]
pub struct Account {
    id: String,
    name: String,
    /// `free`, `plus`, `pro` or `enterprise`.
    plan: String,
}

/// A token; never its value.
#[derive(Debug, Serialize, ToSchema, JsonSchema)]
pub struct Token {
    id: String,
    name: String,
    /// `read`, and `sessions` when it may end them.
    scopes: Vec<&'static str>,
    /// None: until it is revoked.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
}

/// Who you are
///
/// The user whose token it is, their account, and what the token may do.
#[utoipa::path(
    get,
    path = "/api/v1/me",
    operation_id = "me",
    tag = "You",
    responses((status = 200, description = "The user.", body = Me), Always)
)]
pub async fn me(Extension(caller): Extension<Caller>) -> Json<Me> {
    Json(Me::of(caller.bearer))
}

impl Me {
    /// The bearer's user.
    #[must_use]
    pub fn of(bearer: Bearer) -> Self {
        let user = bearer.user;
        Self {
            id: user.id.0,
            name: user.name,
            username: user.username,
            email: user.email,
            role: role(user.role),
            two_factor: user.two_factor_since.is_some(),
            account: Account {
                id: user.account_id.0,
                name: user.account_name,
                plan: user.plan.name().to_ascii_lowercase(),
            },
            token: Token {
                id: bearer.token.0,
                name: bearer.name,
                scopes: bearer.scopes.names(),
                expires_at: bearer.expires_at.map(time),
            },
        }
    }
}

/// A role as programs read it.
pub fn role(role: Role) -> &'static str {
    match role {
        Role::Owner => "owner",
        Role::Admin => "admin",
        Role::Editor => "editor",
        Role::Member => "member",
        Role::WatchOnly => "watch_only",
    }
}
