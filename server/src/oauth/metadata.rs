//! What an application reads first: where everything is and what is spoken (OpenID Connect Discovery 1.0, RFC 8414), and the
//! keys that tokens are signed with.

use accounts::{
    applications::{
        ScopeName,
        claims::{WITH_SECOND_FACTOR, WITHOUT_SECOND_FACTOR},
        signing_keys::{self, KEPT_FOR},
    },
    time::Moment,
};
use axum::{
    Json,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::{AUTHORIZE, END_SESSION, INTROSPECT, KEYS, REVOKE, TOKEN, USERINFO, refusal::Refusal};
use crate::state::AppState;

/// The same at both addresses: OpenID Connect and OAuth name what they share alike.
pub(super) async fn openid(State(state): State<AppState>) -> Response {
    let issuer = state.config.public_url();
    let at = |path: &str| format!("{issuer}{path}");
    let secrets = ["client_secret_basic", "client_secret_post"];
    let clients = ["client_secret_basic", "client_secret_post", "none"];
    let scopes = ScopeName::ALL.map(ScopeName::name);
    let metadata = json!({
        "issuer": issuer,
        "authorization_endpoint": at(AUTHORIZE),
        "token_endpoint": at(TOKEN),
        "userinfo_endpoint": at(USERINFO),
        "introspection_endpoint": at(INTROSPECT),
        "revocation_endpoint": at(REVOKE),
        "end_session_endpoint": at(END_SESSION),
        "jwks_uri": at(KEYS),
        "scopes_supported": scopes,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256", "RS256"],
        "token_endpoint_auth_methods_supported": clients,
        "revocation_endpoint_auth_methods_supported": clients,
        "introspection_endpoint_auth_methods_supported": secrets,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "acr_values_supported": [WITHOUT_SECOND_FACTOR, WITH_SECOND_FACTOR],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "claims_supported": [
            "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "sid", "acr", "amr", "at_hash",
            "name", "preferred_username", "email", "email_verified", "groups",
        ],
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
    });
    kept(Json(metadata).into_response())
}

/// The public keys. A new one stands here for as long as this answer is kept before it signs.
pub(super) async fn keys(State(state): State<AppState>) -> Response {
    let (instance, now) = (&state.curfew.instance, Moment::now());
    let published = async {
        signing_keys::ready(instance, now).await?;
        let mut conn = instance.read(now).await?;
        let keys = signing_keys::published(&mut conn).await?;
        Ok::<_, Refusal>(json!({ "keys": keys }))
    };
    match published.await {
        Ok(keys) => kept(Json(keys).into_response()),
        Err(refusal) => refusal.into_response(),
    }
}

fn kept(mut response: Response) -> Response {
    let seconds = format!("public, max-age={}", KEPT_FOR.as_secs());
    if let Ok(seconds) = HeaderValue::from_str(&seconds) {
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, seconds);
    }
    response
}
