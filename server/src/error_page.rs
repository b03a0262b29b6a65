//! What goes wrong outside the app: the page for a browser, JSON for a program.

use app::{
    cookies::Kind,
    error::{AppError, Code},
    pages::error_page::{ErrorPage, page},
    theme::Theme,
};
use axum::{
    Json,
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};

use crate::{
    addresses::FUNCTIONS,
    problem::{self, is_bare},
    request_id,
    state::AppState,
};

/// Whether the request is a browser's own, not a program's or the WASM client's.
#[must_use]
pub fn wants_html(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("text/html"))
}

/// An error as JSON, with its status.
#[must_use]
pub fn json(error: &AppError) -> Response {
    let status =
        StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, Json(error)).into_response();
    let wait = match error.code {
        Code::ServiceUnavailable => Some(5),
        _ => error.retry_after,
    };
    if let Some(seconds) = wait {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// The theme that the browser has chosen.
#[must_use]
pub fn theme_of(state: &AppState, headers: &HeaderMap) -> Theme {
    Theme::of(headers, state.curfew.cookies.name(Kind::Theme))
}

/// A page that says what went wrong, in place of an app that cannot.
#[must_use]
pub fn html(
    state: &AppState,
    theme: Theme,
    error_page: ErrorPage,
    status: StatusCode,
    request_id: &str,
) -> Response {
    let mut response = (
        status,
        Html(page(error_page, theme, &state.assets, request_id)),
    )
        .into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(5));
    }
    response
}

/// The database is unavailable: in the form the request asked for. No cookie is touched.
#[must_use]
pub fn service_unavailable(state: &AppState, headers: &HeaderMap, request_id: &str) -> Response {
    if wants_html(headers) {
        html(
            state,
            theme_of(state, headers),
            ErrorPage::ServiceUnavailable,
            StatusCode::SERVICE_UNAVAILABLE,
            request_id,
        )
    } else {
        json(&AppError::service_unavailable())
    }
}

/// A cookie was sent twice, with two values: which one is ours is not known.
#[must_use]
pub fn cookie_twice(state: &AppState, headers: &HeaderMap, request_id: &str) -> Response {
    if wants_html(headers) {
        html(
            state,
            theme_of(state, headers),
            ErrorPage::CookieTwice,
            StatusCode::BAD_REQUEST,
            request_id,
        )
    } else {
        json(&AppError::new(
            Code::Malformed,
            "A cookie of Curfew was sent twice, with two values. Nothing was changed.",
        ))
    }
}

/// What is known of a request once it is answered: how to explain the answer to whom it is from.
pub(crate) struct Asked {
    /// The theme of a browser's own request.
    theme: Option<Theme>,
    by_script: bool,
    request_id: String,
}

impl Asked {
    pub(crate) fn by(state: &AppState, request: &Request) -> Self {
        let headers = request.headers();
        Self {
            theme: wants_html(headers).then(|| theme_of(state, headers)),
            by_script: request.uri().path().starts_with(FUNCTIONS),
            request_id: request_id::of(request.extensions()),
        }
    }

    /// Gives bare refusals of the layers below a body: 403 of another site's form, 404, 405, 408, 500. What is no page and no
    /// call of the browser side's is asked for by programs, and they are told in their form that nothing is there.
    pub(crate) fn explain(self, state: &AppState, response: Response) -> Response {
        let status = response.status();
        if !is_bare(&response) {
            return response;
        }
        let by_program = self.theme.is_none() && !self.by_script;
        if by_program && status == StatusCode::NOT_FOUND {
            return problem::of(status, self.request_id);
        }
        let Some((error_page, code, text)) = words(status) else {
            return response;
        };
        let mut explained = match self.theme {
            Some(theme) => html(state, theme, error_page, status, &self.request_id),
            None => (status, Json(AppError::new(code, text))).into_response(),
        };
        if let Some(allow) = response.headers().get(header::ALLOW) {
            explained.headers_mut().insert(header::ALLOW, allow.clone());
        }
        explained
    }
}

fn words(status: StatusCode) -> Option<(ErrorPage, Code, &'static str)> {
    Some(match status {
        StatusCode::FORBIDDEN => (
            ErrorPage::CrossSite,
            Code::CrossSite,
            "This request came from another site.",
        ),
        StatusCode::METHOD_NOT_ALLOWED => (
            ErrorPage::MethodNotAllowed,
            Code::MethodNotAllowed,
            "This address takes another method.",
        ),
        StatusCode::NOT_FOUND => (
            ErrorPage::NotFound,
            Code::NotFound,
            "There’s nothing at this address.",
        ),
        StatusCode::INTERNAL_SERVER_ERROR => (
            ErrorPage::Broken,
            Code::Internal,
            "Something went wrong on our side.",
        ),
        StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT => {
            (ErrorPage::Broken, Code::Internal, "This took too long.")
        }
        _ => return None,
    })
}
