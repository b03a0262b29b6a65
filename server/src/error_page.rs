//! What goes wrong outside the app: the page for a browser, JSON for a program.

use app::{
    cookies::Kind,
    error::{AppError, Code},
    pages::error_page::{ErrorPage, page},
    theme::Theme,
};
use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
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

/// Gives bare refusals of the layers below a body: 403 of another site's form, 404, 405, 408, 500. What is no page and no
/// call of the browser side's is asked for by programs, and they are told in their form that nothing is there.
pub async fn explain(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let as_html = wants_html(request.headers());
    let theme = theme_of(&state, request.headers());
    let by_program = !as_html && !request.uri().path().starts_with(FUNCTIONS);
    let id = request_id::of(request.extensions());
    let response = next.run(request).await;
    if !is_bare(&response) {
        return response;
    }
    if by_program && response.status() == StatusCode::NOT_FOUND {
        return problem::of(StatusCode::NOT_FOUND, id);
    }
    let (error_page, code, text) = match response.status() {
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
        _ => return response,
    };
    let status = response.status();
    let mut explained = if as_html {
        html(&state, theme, error_page, status, &id)
    } else {
        (status, Json(AppError::new(code, text))).into_response()
    };
    if let Some(allow) = response.headers().get(header::ALLOW) {
        explained.headers_mut().insert(header::ALLOW, allow.clone());
    }
    explained
}
