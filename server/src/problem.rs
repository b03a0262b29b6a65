//! What programs are told when something did not work: `application/problem+json` (RFC 9457), always
//! with a `code` and the number of the request.

use std::collections::BTreeMap;

use accounts::{db::DatabaseError, programs::BearerError};
use app::error::{AppError, Code};
use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

/// What went wrong.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Where this kind of problem is described.
    #[serde(rename = "type")]
    #[schema(example = "/api/docs#problem-invalid_token")]
    kind: String,
    /// The status in words.
    #[schema(example = "Unauthorized")]
    title: String,
    /// The status.
    #[schema(example = 401)]
    status: u16,
    /// One or two plain sentences.
    #[schema(example = "This token is unknown, revoked or has expired.")]
    detail: String,
    /// Tells problems apart; never changes.
    #[schema(example = "invalid_token")]
    code: String,
    /// The number of the request, as in the header `X-Request-Id` and in the log.
    request_id: String,
    /// What is wrong with which field, with `validation_failed`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    fields: BTreeMap<String, String>,
    /// The plans that have it, with `plan_required`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    plans: Vec<String>,
}

/// An error on its way out. [`explain`] writes it.
#[derive(Debug, Clone)]
pub struct Refused(pub AppError);

impl From<AppError> for Refused {
    fn from(error: AppError) -> Self {
        Self(error)
    }
}

impl From<DatabaseError> for Refused {
    fn from(error: DatabaseError) -> Self {
        Self(error.into())
    }
}

impl From<BearerError> for Refused {
    fn from(error: BearerError) -> Self {
        Self(match error {
            BearerError::Unknown => AppError::new(
                Code::InvalidToken,
                "This token is unknown, revoked or has expired.",
            ),
            BearerError::Scope => AppError::new(
                Code::InsufficientScope,
                "This token was created without the scope that ends sessions.",
            ),
            BearerError::Role => AppError::new(
                Code::Forbidden,
                "Only owners and admins of the account may do this.",
            ),
            BearerError::SecondFactorRequired => AppError::second_factor_required(),
            BearerError::OnOwner => {
                AppError::new(Code::Forbidden, "Only an owner may do this to an owner.")
            }
            BearerError::NotFound => {
                AppError::new(Code::NotFound, "There is no such user or session.")
            }
            BearerError::RateLimited(limited) => limited.into(),
            BearerError::PlanRequired(plans) => AppError::plan_required(&plans),
            BearerError::Database(error) => error.into(),
        })
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.0.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        let wait = match self.0.code {
            Code::ServiceUnavailable => Some(5),
            _ => self.0.retry_after,
        };
        if let Some(seconds) = wait {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes the problem of every answer that has one: ours, and the bare refusals of what lies below.
pub(crate) fn explain(mut response: Response, request_id: String) -> Response {
    let error = match response.extensions_mut().remove::<Refused>() {
        Some(Refused(error)) => error,
        None if is_bare(&response) => bare(response.status()),
        None => return response,
    };
    let mut explained = write(response.status(), error, request_id);
    for (name, value) in response.headers() {
        if name != header::CONTENT_LENGTH && name != header::CONTENT_TYPE {
            explained.headers_mut().insert(name, value.clone());
        }
    }
    explained
}

/// The whole answer, for what is refused before any route.
pub(crate) fn written(error: AppError, request_id: &str) -> Response {
    let status =
        StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    write(status, error, request_id.to_owned())
}

/// The problem of a bare status.
#[must_use]
pub(crate) fn of(status: StatusCode, request_id: String) -> Response {
    write(status, bare(status), request_id)
}

fn write(status: StatusCode, error: AppError, request_id: String) -> Response {
    let problem = Problem {
        kind: format!("/api/docs#problem-{}", code_name(error.code)),
        title: status.canonical_reason().unwrap_or("Error").to_owned(),
        status: status.as_u16(),
        detail: error.message,
        code: code_name(error.code),
        request_id,
        fields: error.fields,
        plans: error.plans,
    };
    let mut response = (status, Json(problem)).into_response();
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    response
}

/// Whether it is a refusal without an explanation that a program can read.
pub(crate) fn is_bare(response: &Response) -> bool {
    let status = response.status();
    let text = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_none_or(|t| t.as_bytes().starts_with(b"text/plain"));
    text && (status.is_client_error() || status.is_server_error())
}

fn bare(status: StatusCode) -> AppError {
    let (code, text) = match status {
        StatusCode::UNAUTHORIZED => (Code::InvalidToken, "This needs a token."),
        StatusCode::FORBIDDEN => (
            Code::CrossSite,
            "The host or the origin of this request is not one that is served here.",
        ),
        StatusCode::NOT_FOUND => (Code::NotFound, "There’s nothing at this address."),
        StatusCode::METHOD_NOT_ALLOWED => {
            (Code::MethodNotAllowed, "This address takes another method.")
        }
        StatusCode::PAYLOAD_TOO_LARGE => (Code::TooLarge, "This is more than 64 KB."),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            (Code::UnsupportedMediaType, "Send it as application/json.")
        }
        StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT => {
            (Code::Internal, "This took too long.")
        }
        status if status.is_client_error() => (Code::Malformed, "The request was not understood."),
        _ => (Code::Internal, "Something went wrong on our side."),
    };
    AppError::new(code, text)
}

/// A code as it is written: `plan_required`.
#[must_use]
pub fn code_name(code: Code) -> String {
    serde_json::to_value(code)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}
