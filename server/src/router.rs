//! Every route and layer, in order.

use std::time::Duration;

use axum::{
    Router,
    http::StatusCode,
    middleware::{from_fn, from_fn_with_state},
    response::Redirect,
    routing::{MethodRouter, get, post},
};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer,
        predicate::{DefaultPredicate, Predicate, SizeAbove},
    },
    timeout::TimeoutLayer,
};

use crate::{
    addresses, assets,
    authentication::session::authenticate,
    cross_site, error_page, events,
    export::{self, EXPORT},
    functions, gate, headers, health, host, mcp,
    metrics_answer::{METRICS, at_the_public_address},
    oauth, pages, problem, request_id, rest, security_txt,
    state::AppState,
    two_factor_files::{self, QR_CODE, RECOVERY_CODES},
};

/// Longest a request may take. A change of password hashes twice, behind other requests in line.
const LONGEST: Duration = Duration::from_secs(30);

/// An answer shorter than this is sent as it is: compressing would cost more than it saves.
const SHORT: u64 = 512;

/// The whole service.
pub fn router(state: AppState) -> Router {
    // Only what is about users looks at their cookies.
    let users = users()
        .router
        .fallback(pages::not_found)
        .layer(from_fn_with_state(state.clone(), authenticate));
    around(users, state)
}

/// Everything around what is about users, whichever way they are authenticated. Innermost first.
pub fn around(users: Router<AppState>, state: AppState) -> Router {
    let worth_it = SizeAbove::new(SHORT).and(DefaultPredicate::new());
    let programs = rest::router(&state)
        .merge(mcp::router(&state))
        .merge(oauth::for_applications());
    let programs = for_programs(programs);

    bounded(users.merge(machines().router))
        .layer(from_fn_with_state(state.clone(), cross_site::check))
        .merge(programs)
        .layer(from_fn_with_state(state.clone(), error_page::explain))
        .layer(from_fn_with_state(state.clone(), host::check))
        .layer(CompressionLayer::new().compress_when(worth_it))
        .layer(from_fn_with_state(state.clone(), headers::secure))
        .layer(from_fn(request_id::number))
        .with_state(state)
}

/// The layers of every program's route. Programs come with a token, which no other site can make a browser send:
/// what is refused elsewhere for coming from another site is cookies, and these routes look at none.
pub fn for_programs<S: Clone + Send + Sync + 'static>(routes: Router<S>) -> Router<S> {
    bounded(routes).layer(from_fn(problem::explain))
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

/// No request lasts for ever, and none takes the program down.
fn bounded<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    router
        .layer(TimeoutLayer::with_status_code(
            StatusCode::GATEWAY_TIMEOUT,
            LONGEST,
        ))
        .layer(CatchPanicLayer::new())
}
