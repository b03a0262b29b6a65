//! The OpenID provider: `/oauth/…` and what is found by `/.well-known/…`. Authorization code alone, exact redirect addresses,
//! opaque tokens that are looked up at each use. The rules are in `accounts::applications`; this speaks the protocol.
//!
//! | module | holds |
//! |---|---|
//! | `authorize`, `request`, `going_on` | from a browser to a code; what a request asks for; how a form of ours goes on to another site |
//! | `end_session` | signing out at an application |
//! | `token`, `client`, `userinfo`, `tokens` | what applications ask for themselves |
//! | `metadata` | what an application reads first, and the keys |
//! | `form`, `refusal`, `answer`, `cors` | parameters, errors and answers as OAuth writes them |

mod answer;
mod authorize;
mod client;
mod cors;
mod end_session;
mod form;
mod going_on;
mod metadata;
mod refusal;
mod request;
mod token;
mod tokens;
mod userinfo;

use axum::{
    Router,
    routing::{MethodRouter, get, post},
};

use app::pages::oauth::answer_in::RESUME;

use crate::state::AppState;

/// Where a browser asks for a code.
pub const AUTHORIZE: &str = "/oauth/authorize";

/// Where an application sends a browser that signed out there.
pub const END_SESSION: &str = "/oauth/end-session";

const METADATA: [&str; 2] = [
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
];
const TOKEN: &str = "/oauth/token";
const USERINFO: &str = "/oauth/userinfo";
const INTROSPECT: &str = "/oauth/introspect";
const REVOKE: &str = "/oauth/revoke";
const KEYS: &str = "/oauth/jwks.json";

/// What browsers go to, with their cookies.
pub(crate) fn for_browsers() -> [(&'static str, MethodRouter<AppState>); 4] {
    [
        (AUTHORIZE, get(authorize::authorize)),
        (END_SESSION, get(end_session::end_session)),
        (RESUME, get(going_on::resume)),
        (going_on::SIGNED_OUT, get(going_on::signed_out)),
    ]
}

/// What looks at no cookie: so another site's page may send it, and what is refused elsewhere for that is none here.
pub(crate) fn for_applications() -> Router<AppState> {
    let open = Router::new()
        .route(METADATA[0], get(metadata::openid))
        .route(METADATA[1], get(metadata::openid))
        .route(KEYS, get(metadata::keys))
        .route(TOKEN, post(token::token))
        .route(USERINFO, get(userinfo::userinfo).post(userinfo::userinfo))
        .route(REVOKE, post(tokens::revoke))
        .layer(axum::middleware::from_fn(cors::allow));
    Router::new()
        .route(INTROSPECT, post(tokens::introspect))
        // A request by POST goes on as the same request by GET, which is where its user's cookies are looked at.
        .route(AUTHORIZE, post(going_on::by_get))
        .route(END_SESSION, post(going_on::by_get))
        .merge(open)
}

/// Every address of [`for_applications`] that browsers do not go to.
pub(crate) fn addresses() -> impl Iterator<Item = String> {
    METADATA
        .into_iter()
        .chain([TOKEN, USERINFO, INTROSPECT, REVOKE, KEYS])
        .map(str::to_owned)
}
