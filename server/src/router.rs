//! Every route and layer, in order.

use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
    response::Redirect,
    routing::{MethodRouter, get, post},
};

use crate::{
    addresses, around, assets,
    authentication::session::authenticate,
    events,
    export::{self, EXPORT},
    functions, gate, health, mcp,
    metrics_answer::{METRICS, at_the_public_address},
    oauth, pages, rest, security_txt,
    state::AppState,
    two_factor_files::{self, QR_CODE, RECOVERY_CODES},
};

/// The whole service.
pub fn router(state: AppState) -> Router {
    // Only what is about users looks at their cookies.
    let users = users()
        .router
        .fallback(pages::not_found)
        .layer(from_fn_with_state(state.clone(), authenticate));
    around(users, state)
}

/// With everything around what is about users, whichever way they are authenticated.
pub fn around(users: Router<AppState>, state: AppState) -> Router {
    let programs = rest::router(&state)
        .merge(mcp::router(&state))
        .merge(oauth::for_applications());
    let programs = for_programs(programs);
    users
        .merge(machines().router)
        .layer(from_fn_with_state(state.clone(), around::browsers))
        .merge(programs.layer(from_fn_with_state(state.clone(), around::programs)))
        .with_state(state)
}

/// What is around every program's route alone.
pub fn for_programs<S: Clone + Send + Sync + 'static>(routes: Router<S>) -> Router<S> {
    routes.layer(from_fn(around::of_a_program))
}

/// Every address that is routed, for comparing with [`addresses`]: each server function in place of the one
/// route that leads to them.
#[must_use]
pub fn every_address() -> Vec<String> {
    let routed = users().addresses.into_iter().chain(machines().addresses);
    let programs = rest::addresses()
        .chain([addresses::MCP.to_owned()])
        .chain(oauth::addresses());
    let functions = leptos::server_fn::axum::server_fn_paths().map(|(path, _)| path.to_owned());
    let mut all: Vec<String> = routed
        .filter(|address| address != FUNCTIONS)
        .chain(functions)
        .chain(programs)
        .collect();
    all.sort();
    all
}

const FUNCTIONS: &str = "/api/fn/{name}";

/// A router that knows its addresses.
#[derive(Default)]
struct Listed {
    router: Router<AppState>,
    addresses: Vec<String>,
}

impl Listed {
    fn route(mut self, address: &str, handler: MethodRouter<AppState>) -> Self {
        self.addresses.push(address.to_owned());
        self.router = self.router.route(address, handler);
        self
    }
}

/// What is about users: pages, the functions behind them.
fn users() -> Listed {
    let mut users = Listed::default()
        .route(FUNCTIONS, post(functions::call))
        .route("/sign-out", post(functions::sign_out))
        .route(RECOVERY_CODES, get(two_factor_files::recovery_codes))
        .route(QR_CODE, get(two_factor_files::qr_code))
        .route(EXPORT, get(export::export))
        .route(gate::SIGN_IN, get(gate::sign_in));
    for (address, handler) in oauth::for_browsers() {
        users = users.route(address, handler);
    }
    for page in pages::routes::all() {
        users = users.route(page, get(pages::page));
    }
    users
}

/// What needs no user.
fn machines() -> Listed {
    Listed::default()
        .route("/events", get(events::events))
        .route(gate::VERIFY, get(gate::verify))
        .route(gate::FORWARD, get(gate::forward))
        .route(gate::BEGIN, get(gate::begin))
        .route(gate::FINISH, get(gate::finish))
        .route("/.curfew/pkg/{file}", get(assets::hashed))
        .route("/.curfew/favicon.svg", get(assets::favicon))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route(METRICS, get(at_the_public_address))
        .route("/pkg/{file}", get(assets::hashed))
        .route("/favicon.svg", get(assets::favicon))
        .route("/robots.txt", get(assets::robots))
        .route("/.well-known/security.txt", get(security_txt::security_txt))
        .route(
            "/.well-known/change-password",
            get(|| async { Redirect::to("/profile/password") }),
        )
        .route(
            "/profile/api",
            get(|| async { Redirect::to("/settings/api") }),
        )
        .route(
            "/profile/mcp",
            get(|| async { Redirect::to("/settings/mcp") }),
        )
}
