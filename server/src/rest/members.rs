//! `GET members`: who is in the account.

use accounts::{
    ids::UserId,
    members::{self, Listed},
    time::Moment,
};
use axum::{Extension, Json, extract::State};
use schemars::JsonSchema;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    me::role,
    paging::Paging,
    refusals::{Always, OfLists},
    time,
};
use crate::{authentication::bearer::Caller, problem::Refused, state::AppState};

/// A member of the account.
#[derive(Debug, Serialize, ToSchema, JsonSchema)]
pub struct Member {
    id: String,
    name: String,
    username: Option<String>,
    email: String,
    /// `owner`, `admin`, `editor`, `member` or `watch_only`.
    role: &'static str,
    two_factor: bool,
    disabled: bool,
    #[schema(format = DateTime)]
    created_at: String,
}

/// A page of members.
#[derive(Debug, Serialize, ToSchema, JsonSchema)]
pub struct Members {
    items: Vec<Member>,
    /// For the next page; none on the last.
    next_cursor: Option<String>,
}

/// Members
///
/// Everyone in the account, the oldest first. For owners and admins.
#[utoipa::path(
    get,
    path = "/api/v1/members",
    operation_id = "list_members",
    tag = "Account",
    params(Paging),
    responses((
        status = 200, description = "A page of members.", body = Members,
        links(("remote_logout" = (
            operation_id = "remote_logout_member",
            parameters(("id" = "$response.body#/items/0/id")),
            description = "Signs the first of them out everywhere.",
        ))),
    ), Always, OfLists)
)]
pub async fn list(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    paging: Paging,
) -> Result<Json<Members>, Refused> {
    const LIST: &str = "members";
    let after = UserId(paging.from(LIST)?.unwrap_or_default());
    let account = &caller.bearer.user.account_id;
    let mut conn = state.curfew.instance.read(Moment::now()).await?;
    let mut found = members::page(&mut conn, account, &after, paging.and_one()).await?;
    let next_cursor = paging.cut(LIST, &mut found, |member| member.id.0.clone());
    let items = found.into_iter().map(shown).collect();
    Ok(Json(Members { items, next_cursor }))
}

fn shown(member: Listed) -> Member {
    Member {
        id: member.id.0,
        name: member.name,
        username: member.username,
        email: member.email,
        role: role(member.role),
        two_factor: member.two_factor_since.is_some(),
        disabled: member.disabled_at.is_some(),
        created_at: time(member.created_at),
    }
}
