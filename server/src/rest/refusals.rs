//! The refusals that every operation has in common, for the document.

use utoipa::IntoResponses;

use crate::problem::Problem;

/// What any operation may answer.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "describes answers that are made elsewhere")]
pub enum Always {
    /// The request was not understood.
    #[response(status = 400, content_type = "application/problem+json")]
    Malformed(Problem),
    /// No token, or one that is unknown, revoked or has expired.
    #[response(status = 401, content_type = "application/problem+json")]
    InvalidToken(Problem),
    /// The plan, the role or the token's scope lacks it. `code` says which.
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(Problem),
    /// The token's requests come too fast. `Retry-After` says how many seconds to wait.
    #[response(status = 429, content_type = "application/problem+json")]
    RateLimited(Problem),
    /// Something went wrong on our side.
    #[response(status = 500, content_type = "application/problem+json")]
    Internal(Problem),
    /// The database is unavailable. Nothing was changed.
    #[response(status = 503, content_type = "application/problem+json")]
    ServiceUnavailable(Problem),
    /// It took too long.
    #[response(status = 504, content_type = "application/problem+json")]
    Timeout(Problem),
}

/// What a list may answer besides.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "describes answers that are made elsewhere")]
pub enum OfLists {
    /// `limit` or `cursor` is wrong.
    #[response(status = 422, content_type = "application/problem+json")]
    Fields(Problem),
}

/// What an operation may answer besides.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "describes answers that are made elsewhere")]
pub enum OfOperations {
    /// Not there, or not yours: the same answer.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(Problem),
    /// A body of more than 64 KB.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(Problem),
    /// A body that is no JSON.
    #[response(status = 415, content_type = "application/problem+json")]
    UnsupportedMediaType(Problem),
    /// A body with fields: this takes none.
    #[response(status = 422, content_type = "application/problem+json")]
    Fields(Problem),
}
