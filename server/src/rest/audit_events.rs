//! `GET audit-events`: what happened.

use accounts::{
    audit::{self, Stored},
    time::Moment,
};
use axum::{Extension, Json, extract::State};
use schemars::JsonSchema;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    paging::Paging,
    refusals::{Always, OfLists},
    time,
};
use crate::{authentication::bearer::Caller, problem::Refused, state::AppState};

/// Something that happened.
#[derive(Debug, Serialize, ToSchema, JsonSchema)]
pub struct Event {
    id: String,
    /// The id of the event that this one follows from.
    parent: Option<String>,
    #[schema(format = DateTime)]
    at: String,
    /// `user.session_invalidated` and others.
    action: String,
    category: String,
    /// `info`, `notice`, `warning` or `alert`.
    severity: String,
    /// `user:` and an id, `operator` or `anonymous`.
    actor: String,
    /// The id of the user it was done to.
    subject: Option<String>,
    ip: Option<String>,
    user_agent: Option<String>,
    /// The `x-request-id` of the request that asked for it.
    request_id: Option<String>,
    #[schema(value_type = Object)]
    details: serde_json::Value,
}

/// A page of events.
#[derive(Debug, Serialize, ToSchema, JsonSchema)]
pub struct Events {
    items: Vec<Event>,
    /// For the next page; none on the last.
    next_cursor: Option<String>,
}

/// Audit events
///
/// The newest first. Owners and admins see what happened in the account, every other member what happened
/// to them.
#[utoipa::path(
    get,
    path = "/api/v1/audit-events",
    operation_id = "list_audit_events",
    tag = "Account",
    params(Paging),
    responses((status = 200, description = "A page of events.", body = Events), Always, OfLists)
)]
pub async fn list(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    paging: Paging,
) -> Result<Json<Events>, Refused> {
    const LIST: &str = "events";
    let user = &caller.bearer.user;
    // A position that is no number comes before everything, so nothing is found.
    let before = paging.from(LIST)?.map(|seq| seq.parse().unwrap_or(0));
    let subject = (!caller.bearer.looks_after_account()).then_some(&user.id);
    let mut conn = state.curfew.instance.read(Moment::now()).await?;
    let mut found = audit::recent(
        &mut conn,
        &user.account_id,
        subject,
        before,
        paging.and_one(),
    )
    .await?;
    let next_cursor = paging.cut(LIST, &mut found, |event| event.seq.to_string());
    let items = found.into_iter().map(Event::from).collect();
    Ok(Json(Events { items, next_cursor }))
}

impl From<Stored> for Event {
    fn from(event: Stored) -> Self {
        Self {
            id: event.id,
            parent: event.parent,
            at: time(event.at),
            action: event.action,
            category: event.category,
            severity: event.severity,
            actor: event.actor,
            subject: event.subject,
            ip: event.ip,
            user_agent: event.user_agent,
            request_id: event.request_id,
            details: serde_json::from_str(&event.details).unwrap_or_default(),
        }
    }
}
