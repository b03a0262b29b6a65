//! `POST remote-logout`, one's own or a member's.

use accounts::{
    sessions::{LogoutReceipt, Surface},
    time::Moment,
    tokens,
    users::UserId,
};
use axum::{
    Extension, Json,
    extract::{Path, State},
};
use schemars::JsonSchema;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    nothing::Nothing,
    refusals::{Always, OfDeeds},
    time,
};
use crate::{bearer::Caller, problem::Refused, state::AppState};

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
/// settings stay. Pressing twice is the same as once. Needs scope `sessions`.
#[utoipa::path(
    post,
    path = "/api/v1/remote-logout",
    operation_id = "remote_logout",
    tag = "Sessions",
    responses((status = 200, description = "Everything has ended, durably.", body = Receipt), Always, OfDeeds)
)]
pub async fn own(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    _: Nothing,
) -> Result<Json<Receipt>, Refused> {
    let user = caller.bearer.user.id.clone();
    remote_logout(&state, &caller, &user).await
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
    responses((status = 200, description = "Everything of that member has ended, durably.", body = Receipt), Always, OfDeeds)
)]
pub async fn of_member(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    _: Nothing,
) -> Result<Json<Receipt>, Refused> {
    remote_logout(&state, &caller, &UserId(id)).await
}

async fn remote_logout(
    state: &AppState,
    caller: &Caller,
    user: &UserId,
) -> Result<Json<Receipt>, Refused> {
    let mut tx = state.curfew.db.write().await.map_err(Refused::database)?;
    let ended = tokens::remote_logout(
        &mut tx,
        &caller.bearer,
        user,
        Surface::Rest,
        &caller.client,
        &state.curfew.limits,
        Moment::now(),
    )
    .await?;
    // Durable first: the answer promises that everything is dead.
    tx.commit().await.map_err(Refused::database)?;
    Ok(Json(ended.into()))
}

impl From<LogoutReceipt> for Receipt {
    fn from(ended: LogoutReceipt) -> Self {
        Self {
            sessions: ended.sessions,
            remembered_devices: ended.remembered_devices,
            at: time(ended.at),
            event: ended.event,
        }
    }
}
