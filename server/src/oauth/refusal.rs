//! Why an application gets nothing, as OAuth writes it (RFC 6749, 5.2; RFC 6750, 3.1).

use accounts::{
    applications::{InvalidGrant, signing_keys::SigningError},
    db::DatabaseError,
    rate_limits::RateLimited,
};
use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

/// A refusal: its status, its code, and a sentence for its operator.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    error: &'static str,
    why: String,
    /// `WWW-Authenticate`.
    challenge: Option<String>,
    retry_after: Option<u64>,
}

impl Refusal {
    fn new(status: StatusCode, error: &'static str, why: &str) -> Self {
        Self {
            status,
            error,
            why: why.to_owned(),
            challenge: None,
            retry_after: None,
        }
    }

    /// The request is not understood.
    pub(super) fn request(why: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", why)
    }

    /// The application has not shown who it is.
    pub(super) fn client(why: &str) -> Self {
        let mut refusal = Self::new(StatusCode::UNAUTHORIZED, "invalid_client", why);
        refusal.challenge = Some("Basic realm=\"Curfew\"".into());
        refusal
    }

    pub(super) fn grant_type(why: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "unsupported_grant_type", why)
    }

    /// An access token is missing. No error is named then (RFC 6750, 3.1).
    pub(super) fn no_token() -> Self {
        let mut refusal = Self::new(
            StatusCode::UNAUTHORIZED,
            "invalid_token",
            "send an access token as Authorization: Bearer",
        );
        refusal.challenge = Some("Bearer realm=\"Curfew\"".into());
        refusal
    }

    /// An access token that opens nothing.
    pub(super) fn token() -> Self {
        let why = "the access token is unknown, has expired, or its user was signed out";
        let mut refusal = Self::new(StatusCode::UNAUTHORIZED, "invalid_token", why);
        refusal.challenge = Some(format!(
            "Bearer realm=\"Curfew\", error=\"invalid_token\", error_description=\"{why}\""
        ));
        refusal
    }

    /// An access token that does not open this.
    pub(super) fn scope() -> Self {
        let why = "the access token lacks the scope openid";
        let mut refusal = Self::new(StatusCode::FORBIDDEN, "insufficient_scope", why);
        refusal.challenge =
            Some("Bearer realm=\"Curfew\", error=\"insufficient_scope\", scope=\"openid\"".into());
        refusal
    }
}

impl From<InvalidGrant> for Refusal {
    fn from(invalid: InvalidGrant) -> Self {
        let error = match invalid {
            InvalidGrant::Scope => "invalid_scope",
            _ => "invalid_grant",
        };
        Self::new(StatusCode::BAD_REQUEST, error, &invalid.to_string())
    }
}

impl From<RateLimited> for Refusal {
    fn from(limited: RateLimited) -> Self {
        let mut refusal = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "invalid_client",
            "too many wrong secrets from this address",
        );
        refusal.retry_after = Some(limited.retry_after.as_secs().max(1));
        refusal
    }
}

impl From<DatabaseError> for Refusal {
    fn from(error: DatabaseError) -> Self {
        tracing::error!(%error, "the database is unavailable: an application got no answer");
        let mut refusal = Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "temporarily_unavailable",
            "Curfew can’t reach its database right now",
        );
        refusal.retry_after = Some(5);
        refusal
    }
}

impl From<SigningError> for Refusal {
    fn from(error: SigningError) -> Self {
        match error {
            SigningError::Database(error) => error.into(),
            error => {
                tracing::error!(%error, "a token could not be signed");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "server_error",
                    "something went wrong on our side",
                )
            }
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.error, "error_description": self.why });
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        if let Some(challenge) = self.challenge.and_then(|c| HeaderValue::from_str(&c).ok()) {
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
