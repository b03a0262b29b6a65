//! The body of an operation that takes none: nothing at all, or an empty JSON object.

use app::error::{AppError, Code};
use axum::{
    body::to_bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
};
use serde_json::Value;

use crate::problem::Refused;

/// Largest body that is read.
const LARGEST: usize = 64 * 1024;

/// The request has no body, or one that says nothing.
pub struct NoBody;

impl<S: Send + Sync> FromRequest<S> for NoBody {
    type Rejection = Refused;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refused> {
        let (parts, body) = request.into_parts();
        let refused = |code, why: &str| Err(Refused(AppError::new(code, why)));
        let Ok(body) = to_bytes(body, LARGEST).await else {
            return refused(
                Code::TooLarge,
                "This is more than 64 KB. Nothing was changed.",
            );
        };
        if body.is_empty() {
            return Ok(Self);
        }
        if !is_json(&parts.headers) {
            return refused(
                Code::UnsupportedMediaType,
                "Send no body, or one of application/json.",
            );
        }
        match serde_json::from_slice(&body) {
            Ok(Value::Object(fields)) if fields.is_empty() => Ok(Self),
            Ok(Value::Object(fields)) => {
                let mut error = AppError::new(
                    Code::ValidationFailed,
                    "This takes no fields. Nothing was changed.",
                );
                error.fields = fields
                    .into_iter()
                    .map(|(name, _)| (name, "There is no such field.".to_owned()))
                    .collect();
                Err(Refused(error))
            }
            _ => refused(
                Code::Malformed,
                "The body is no JSON object. Nothing was changed.",
            ),
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok()?.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}
