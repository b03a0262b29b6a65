//! Answers that lead a browser elsewhere, and the cookies they carry.

use accounts::sessions::Ended;
use app::{
    context::Visit,
    cookies::Kind,
    flash::{Done, Flash},
    reason::Reason,
    sign_in::same_site,
};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use cookie::Cookie;

use crate::state::AppState;

/// 303: look there, with GET.
pub(crate) fn see_other(to: &str) -> Response {
    match HeaderValue::from_str(to) {
        Ok(to) => (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

/// To the sign-in page, and after that back to `path`.
pub(crate) fn to_sign_in(path: &str) -> Response {
    let next = same_site(Some(path));
    if next == "/" {
        return see_other("/sign-in");
    }
    let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
    // Slashes are allowed in a query (RFC 3986, 3.4), and are easier to read as they are.
    see_other(&format!("/sign-in?next={}", next.replace("%2F", "/")))
}

/// As [`to_sign_in`], with an email that the page fills in.
pub(crate) fn to_sign_in_as(path: &str, email: Option<&str>) -> Response {
    let mut response = to_sign_in(path);
    let Some(email) = email else {
        return response;
    };
    let email: String = form_urlencoded::byte_serialize(email.as_bytes()).collect();
    let headers = response.headers_mut();
    let there = headers
        .get(header::LOCATION)
        .and_then(|to| to.to_str().ok());
    if let Some(there) = there.filter(|there| there.contains('?'))
        && let Ok(to) = HeaderValue::from_str(&format!("{there}&email={email}"))
    {
        headers.insert(header::LOCATION, to);
    }
    response
}

/// To the sign-in page, which says how the session ended. To a script nothing is left for that page: it finds the reason by
/// the session's own cookie, and a late answer must not overwrite the receipt of this browser's own remote logout.
pub(crate) fn session_ended(
    state: &AppState,
    visit: &Visit,
    path: &str,
    ended: &Ended,
) -> Response {
    let mut response = to_sign_in(path);
    if visit.navigates {
        let flash = Flash::Ended(Reason::from(ended));
        set_unless_set(&mut response, &state.curfew.cookies.flash(&flash));
    }
    response
}

/// To the sign-in page, which says why when there was a pending sign-in.
pub(crate) fn start_over(state: &AppState, was_pending: bool) -> Response {
    let mut response = see_other("/sign-in");
    if was_pending {
        let cookies = &state.curfew.cookies;
        let flash = Flash::Done(Done::SignInExpired);
        set_unless_set(&mut response, &cookies.flash(&flash));
        set_unless_set(&mut response, &cookies.removed(Kind::PendingSignIn));
    }
    response
}

/// Adds a cookie, unless the handler has set one of that name, because its value is the newer one.
pub(crate) fn set_unless_set(response: &mut Response, cookie: &Cookie<'_>) {
    let start = format!("{}=", cookie.name());
    let set = response
        .headers()
        .get_all(header::SET_COOKIE)
        .iter()
        .any(|value| value.as_bytes().starts_with(start.as_bytes()));
    if !set && let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}
