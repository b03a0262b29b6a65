//! `POST remote-logout`, of the bearer or of a member.

use accounts::{
    ids::UserId,
    operation::Operation,
    programs,
    sessions::{LogoutReceipt, Surface},
    time::Moment,
};
use axum::{
    Extension, Json,
    extract::{Path, State},
};
use schemars::JsonSchema;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    no_body::NoBody,
    refusals::{Always, OfOperations},
    time,
};
use crate::{authentication::bearer::Caller, problem::Refused, state::AppState};

/// What ended.
#[derive(Debug, Serialize, ToSchema, JsonSchema)]
pub struct Receipt {
    sessions: u64,
    remembered_devices: u64,
    #[schema(format = DateTime)]
    at: String,
    /// The id of the audit event.
    event: String,
}

/// Remote logout
///
/// Ends every session and remembered device of yours at once. Tokens, this one too, and two-factor
/// settings stay. Twice is the same as once. Needs scope `sessions`.
#[utoipa::path(
    post,
    path = "/api/v1/remote-logout",
    operation_id = "remote_logout",
    tag = "Sessions",
    responses((status = 200, description = "Everything has ended, durably.", body = Receipt), Always, OfOperations)
)]
pub async fn own(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    _: NoBody,
) -> Result<Json<Receipt>, Refused> {
    let user = caller.bearer.user.id.clone();
    Ok(Json(
        remote_logout(&state, &caller, &user, Surface::Rest).await?,
    ))
}

/// Remote logout of a member
///
/// The same for another member of your account. For owners and admins. Needs scope `sessions`.
#[utoipa::path(
    post,
    path = "/api/v1/members/{id}/remote-logout",
    operation_id = "remote_logout_member",
    tag = "Account",
    params(("id" = String, Path, description = "The member's id.")),
    responses((status = 200, description = "Everything of that member has ended, durably.", body = Receipt), Always, OfOperations)
)]
pub async fn of_member(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    _: NoBody,
) -> Result<Json<Receipt>, Refused> {
    let receipt = remote_logout(&state, &caller, &UserId(id), Surface::Rest).await?;
    Ok(Json(receipt))
}

/// Ends everything of a user's, for REST and for MCP.
pub(crate) async fn remote_logout(
    state: &AppState,
    caller: &Caller,
    user: &UserId,
    surface: Surface,
) -> Result<Receipt, Refused> {
    let mut op = Operation::begin(&state.curfew.instance, &caller.client, Moment::now()).await?;
    let ended = programs::remote_logout(&mut op, &caller.bearer, user, surface).await?;
    // Durable first: the answer promises that everything has ended.
    op.commit().await?;
    Ok(ended.into())
}

impl From<LogoutReceipt> for Receipt {
    fn from(ended: LogoutReceipt) -> Self {
        Self {
            sessions: ended.sessions,
            remembered_devices: ended.remembered_devices,
            at: time(ended.at),
            event: ended.event.0,
        }
    }
}
