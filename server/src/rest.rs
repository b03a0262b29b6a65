//! `/api/v1`: what programs do with an API token. Described by `/api/openapi.json`, which is read off
//! this code, and for users at `/api/docs`.

mod audit_events;
mod me;
mod members;
mod no_body;
mod paging;
mod reference;
mod refusals;
mod remote_logout;
mod sessions;

pub use audit_events::Event;
pub use me::Me;
pub use remote_logout::Receipt;
pub(crate) use remote_logout::remote_logout;
pub use sessions::Session;

use std::sync::LazyLock;

use accounts::time::UnixMillis;
use app::error::{AppError, Code};
use axum::{
    Router,
    http::{HeaderValue, header},
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::{any, get},
};
use utoipa::{
    Modify, OpenApi,
    openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    authentication::bearer,
    problem::{Problem, Refused},
    state::AppState,
};

/// The document's frame; the operations come from the routes.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Curfew",
        description = "See who is signed in, and sign them out. Every request acts for the user whose API token it \
                       carries, with that user's rights and no more. Times are RFC 3339 in UTC. New fields may \
                       be added to answers at any time; what is here stays."
    ),
    tags(
        (name = "You", description = "The user whose token it is."),
        (name = "Sessions", description = "Where that user is signed in, and remote logout."),
        (name = "Account", description = "What happened in the account, and who is in it.")
    ),
    components(schemas(Problem)),
    modifiers(&Bearer),
    security(("token" = []))
)]
struct Frame;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("cfw_api_…")
            .description(Some(
                "An API token, created under Settings, API. Scope `read` looks; scope `sessions` ends sessions.",
            ))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

fn operations() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(Frame::openapi())
        .routes(routes!(me::me))
        .routes(routes!(sessions::list))
        .routes(routes!(sessions::end))
        .routes(routes!(remote_logout::own))
        .routes(routes!(audit_events::list))
        .routes(routes!(members::list))
        .routes(routes!(remote_logout::of_member))
}

/// The routes. Every one but the two that describe them needs an API token.
pub fn router(state: &AppState) -> Router<AppState> {
    let (operations, _) = operations().split_for_parts();
    let with_token = operations
        .route("/api/v1", any(nowhere))
        .route("/api/v1/{*rest}", any(nowhere))
        .layer(from_fn_with_state(state.clone(), bearer::api));
    Router::new()
        .route(OPENAPI, get(openapi))
        .route(REFERENCE, get(reference::page))
        .merge(with_token)
}

const OPENAPI: &str = "/api/openapi.json";
const REFERENCE: &str = "/api/docs";

/// Every address here.
pub(crate) fn addresses() -> impl Iterator<Item = String> {
    let operations = document().paths.paths.keys().cloned();
    operations.chain([OPENAPI, REFERENCE].map(str::to_owned))
}

/// The document, written once.
pub fn document() -> &'static utoipa::openapi::OpenApi {
    static DOCUMENT: LazyLock<utoipa::openapi::OpenApi> =
        LazyLock::new(|| operations().into_openapi());
    &DOCUMENT
}

async fn openapi() -> Response {
    let json = HeaderValue::from_static("application/json");
    (
        [(header::CONTENT_TYPE, json)],
        document().to_json().unwrap_or_default(),
    )
        .into_response()
}

async fn nowhere() -> Refused {
    Refused(AppError::new(
        Code::NotFound,
        "There’s nothing at this address.",
    ))
}

/// RFC 3339, in UTC, to the millisecond.
fn time(at: UnixMillis) -> String {
    jiff::Timestamp::from_millisecond(at.0)
        .map(|stamp| format!("{stamp:.3}"))
        .unwrap_or_default()
}
