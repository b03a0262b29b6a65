//! `GET sessions`, and `DELETE sessions/{id}`.

use accounts::{
    device,
    ids::SessionId,
    limits::Limits,
    operation::Operation,
    programs,
    sessions::{self, Listed},
    time::Moment,
};
use axum::{
    Extension, Json,
    extract::{Path, State},
    http::StatusCode,
};
use schemars::JsonSchema;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    no_body::NoBody,
    paging::Paging,
    refusals::{Always, OfLists, OfOperations},
    time,
};
use crate::{authentication::bearer::Caller, problem::Refused, state::AppState};

/// One signed-in browser.
#[derive(Debug, Serialize, ToSchema, JsonSchema)]
pub struct Session {
    /// Names it in a list; grants nothing.
    id: String,
    /// The name its user has given it, or "Firefox on Linux".
    device: String,
    /// As the browser says it: text that anyone can choose.
    user_agent: String,
    ip: Option<String>,
    #[schema(format = DateTime)]
    signed_in_at: String,
    /// To about a minute.
    #[schema(format = DateTime)]
    last_active_at: String,
    /// When it ends, unless it is used before.
    #[schema(format = DateTime)]
    expires_at: String,
    /// Whether a remembered device stands behind it.
    remembered: bool,
}

/// A page of sessions.
#[derive(Debug, Serialize, ToSchema, JsonSchema)]
pub struct Sessions {
    items: Vec<Session>,
    /// For the next page; none on the last.
    next_cursor: Option<String>,
}

/// Your sessions
///
/// Every browser you are signed in on, the latest sign-in first.
#[utoipa::path(
    get,
    path = "/api/v1/sessions",
    operation_id = "list_sessions",
    tag = "Sessions",
    params(Paging),
    responses((
        status = 200, description = "A page of sessions.", body = Sessions,
        links(("end" = (
            operation_id = "end_session",
            parameters(("id" = "$response.body#/items/0/id")),
            description = "Ends the first of them.",
        ))),
    ), Always, OfLists)
)]
pub async fn list(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    paging: Paging,
) -> Result<Json<Sessions>, Refused> {
    const LIST: &str = "sessions";
    let before = paging.from(LIST)?.map(SessionId);
    let limits = &state.curfew.instance.limits;
    let mut conn = state.curfew.instance.read(Moment::now()).await?;
    let user = &caller.bearer.user.id;
    let mut found = sessions::page(&mut conn, user, before.as_ref(), paging.and_one()).await?;
    let next_cursor = paging.cut(LIST, &mut found, |session| session.id.0.clone());
    let items = found
        .into_iter()
        .map(|session| Session::of(session, limits))
        .collect();
    Ok(Json(Sessions { items, next_cursor }))
}

impl Session {
    /// A session as programs see it.
    #[must_use]
    pub fn of(session: Listed, limits: &Limits) -> Self {
        let expires_at = time(session.ends_at(limits));
        Self {
            id: session.id.0,
            device: session
                .label
                .unwrap_or_else(|| device::of(&session.user_agent).label()),
            user_agent: session.user_agent,
            ip: Some(session.ip).filter(|ip| !ip.is_empty()),
            signed_in_at: time(session.started_at),
            last_active_at: time(session.last_active_at),
            expires_at,
            remembered: session.remembered,
        }
    }
}

/// End one session
///
/// Ends it at once, and the remembered device behind it. Needs scope `sessions`.
#[utoipa::path(
    delete,
    path = "/api/v1/sessions/{id}",
    operation_id = "end_session",
    tag = "Sessions",
    params(("id" = String, Path, description = "The session's id.")),
    responses((status = 204, description = "It has ended."), Always, OfOperations)
)]
pub async fn end(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    _: NoBody,
) -> Result<StatusCode, Refused> {
    let mut op = Operation::begin(&state.curfew.instance, &caller.client, Moment::now()).await?;
    programs::end_session(&mut op, &caller.bearer, &SessionId(id)).await?;
    op.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
