//! `/api/fn/…`: the server functions, for the page's script, for plain forms and for programs.
//!
//! A program gets JSON with a status of its own, a plain form a 303: see [`plain`].

mod form;
mod plain;
mod step_up;

use std::time::Instant;

use app::{
    context::{Presence, Visit, explained},
    cookies::Kind,
    error::{AppError, Code},
    flash::Flash,
    live::is_still_signed_in,
};
use axum::{
    Json,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header, request::Parts},
    response::{IntoResponse, Response},
};
use leptos::prelude::provide_context;

use plain::{Refusal, back, succeeded};
use tracing::Span;

use crate::{
    addresses::{CODE, FUNCTIONS},
    error_page::{json, wants_html},
    form_body::{LARGEST, field, is_utf8},
    form_page, metrics, pages, permitted,
    problem::code_name,
    redirects::set_unless_set,
    request_id::{self, RequestId},
    state::AppState,
};

/// The functions that a password or a code is sent to when signing in.
const SIGN_INS: [&str; 2] = ["sign_in", "verify_code"];

/// The function that a page asks whether its session is still live.
const STILL_SIGNED_IN: &str = "still_signed_in";

/// The functions that log a user out everywhere.
const REMOTE_LOGOUTS: [&str; 4] = [
    "remote_logout",
    "remote_logout_member",
    "remote_logout_everyone",
    "not_me",
];

/// Runs the server function at the request's address.
pub async fn call(State(state): State<AppState>, request: Request) -> Response {
    run(&state, request).await
}

/// `POST /sign-out`: the same as `/api/fn/sign_out`, under an address of its own.
pub async fn sign_out(State(state): State<AppState>, mut request: Request) -> Response {
    *request.uri_mut() = Uri::from_static("/api/fn/sign_out");
    let headers = request.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/x-www-form-urlencoded"),
    );
    run(&state, request).await
}

/// What the answer to a call depends on besides its outcome.
struct Call {
    name: String,
    headers: HeaderMap,
    /// A form sent without script.
    plain: bool,
    request_id: String,
    start: Instant,
}

impl Call {
    /// Takes the headers out of the request.
    fn of(parts: &mut Parts) -> Self {
        let name = parts.uri.path().rsplit('/').next().unwrap_or_default();
        Self {
            name: name.to_owned(),
            plain: wants_html(&parts.headers),
            headers: std::mem::take(&mut parts.headers),
            request_id: request_id::of(&parts.extensions),
            start: Instant::now(),
        }
    }

    /// As the list of addresses has it.
    fn address(&self) -> String {
        format!("{FUNCTIONS}{}", self.name)
    }

    /// The operation was carried out.
    fn succeeds(&self, response: &Response) {
        let name = self.name.as_str();
        if let Some(by) = REMOTE_LOGOUTS.into_iter().find(|by| *by == name) {
            metrics::remote_logout(by, self.start);
        }
        if SIGN_INS.contains(&name) {
            let to = response.headers().get(header::LOCATION);
            let asks = to.is_some_and(|to| to.as_bytes().starts_with(CODE.as_bytes()));
            let outcome = if asks { "code_required" } else { "signed_in" };
            metrics::sign_in(outcome.to_owned());
        }
    }

    /// The answer when the operation was refused: JSON for a program; for a plain form its page, or a page that says why.
    async fn refuse(
        &self,
        state: &AppState,
        visit: &Visit,
        body: &Bytes,
        error: AppError,
    ) -> Response {
        let code = code_name(error.code);
        Span::current().record("code", &code);
        if SIGN_INS.contains(&self.name.as_str()) {
            metrics::sign_in(code);
        }
        if !self.plain {
            return json(&error);
        }
        let refusal = Refusal {
            name: &self.name,
            body,
            page: form_page::of(state, &self.headers, body),
            error,
        };
        match back(state, refusal) {
            Ok(response) => response,
            Err(error) => {
                let mut page = Request::new(Body::empty());
                page.extensions_mut()
                    .insert(RequestId(self.request_id.clone()));
                Box::pin(pages::refuse(state, visit.clone(), error, page)).await
            }
        }
    }
}

async fn run(state: &AppState, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let Some(visit) = parts.extensions.remove::<Visit>() else {
        // Every request is authenticated first.
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let call = Call::of(&mut parts);
    let body = match read(&call.headers, body).await {
        Ok(body) => body,
        Err(error) => return call.refuse(state, &visit, &Bytes::new(), error).await,
    };
    if !form::is_vouched_for(&parts.extensions, &visit, &body) {
        return StatusCode::FORBIDDEN.into_response();
    }
    // The browser is just being signed in: nothing is done, and what was typed is kept.
    if let Some(error) = visit.refused.clone() {
        return call.refuse(state, &visit, &body, error).await;
    }
    let address = call.address();
    if let Err(error) = form::check_user(&visit, &address, &body) {
        let body = form::without_typed(&body);
        return call.refuse(state, &visit, &body, error).await;
    }
    if let Err(error) = permitted::check(state, &visit, &address).await {
        return call.refuse(state, &visit, &body, error).await;
    }
    if call.name == STILL_SIGNED_IN {
        // What is asked most often says only what the authentication has found, so nothing is set up to run it.
        return match is_still_signed_in(&visit, field(&body, "who").as_deref()) {
            Ok(()) if call.plain => {
                let page = form_page::of(state, &call.headers, &body);
                succeeded(page, Json(()).into_response())
            }
            Ok(()) => Json(()).into_response(),
            Err(error) => call.refuse(state, &visit, &body, error).await,
        };
    }
    // Kept apart, so that what is asked most often does not carry its room about.
    Box::pin(carry_out(state, parts, call, visit, body)).await
}

async fn carry_out(
    state: &AppState,
    mut parts: Parts,
    call: Call,
    mut visit: Visit,
    body: Bytes,
) -> Response {
    let address = call.address();
    let confirmed = match step_up::check(state, &mut visit, &address, &body).await {
        Ok(confirmed) => confirmed,
        Err(error) => return call.refuse(state, &visit, &body, error).await,
    };
    parts.headers = call.headers.clone();
    // The answer is made here for both, so the function itself always answers a program.
    parts
        .headers
        .insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    let (curfew, visit_of_function) = (state.curfew.clone(), visit.clone());
    let span = Span::current();
    let context = move || {
        provide_context(span.clone());
        provide_context(curfew.clone());
        provide_context(visit_of_function.clone());
    };
    let request = Request::from_parts(parts, Body::from(body.clone()));
    let mut response = leptos_axum::handle_server_fns_with_context(context, request)
        .await
        .into_response();
    // Unless the operation has given the session another cookie since.
    if let Some(cookie) = &confirmed {
        set_unless_set(&mut response, cookie);
    }
    if response.status().is_success() {
        call.succeeds(&response);
        if !call.plain {
            return response;
        }
        let mut response = succeeded(form_page::of(state, &call.headers, &body), response);
        if visit
            .flash
            .as_ref()
            .is_some_and(Flash::waits_for_confirmation)
        {
            // Its form has been carried out.
            set_unless_set(&mut response, &state.curfew.cookies.removed(Kind::Flash));
        }
        return response;
    }
    // A session may have a new cookie although the operation was refused: the password or code was right.
    let cookies: Vec<HeaderValue> = response
        .headers()
        .get_all(header::SET_COOKIE)
        .iter()
        .cloned()
        .collect();
    let mut error = error_of(response).await;
    if let Presence::SignedIn(me) = &visit.presence {
        error = explained(&state.curfew, me, error).await;
    }
    permitted::note_refusal(state, &visit, &address, &error).await;
    let mut answer = call.refuse(state, &visit, &body, error).await;
    for cookie in cookies {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
    answer
}

async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, AppError> {
    let form = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok()?.split(';').next())
        .is_some_and(|kind| {
            kind.trim()
                .eq_ignore_ascii_case("application/x-www-form-urlencoded")
        });
    let empty = headers
        .get(header::CONTENT_LENGTH)
        .is_some_and(|length| length == "0");
    if !form && !empty {
        return Err(AppError::new(
            Code::UnsupportedMediaType,
            "Send it as application/x-www-form-urlencoded.",
        ));
    }
    let body = to_bytes(body, LARGEST).await.map_err(|_| {
        AppError::new(
            Code::TooLarge,
            "This is more than 64 KB. Nothing was changed.",
        )
    })?;
    if !is_utf8(&body) {
        return Err(AppError::new(
            Code::Malformed,
            "This form isn’t encoded as UTF-8. Nothing was changed.",
        ));
    }
    Ok(body)
}

/// What the function refused with. Anything that is not its own error is ours.
async fn error_of(response: Response) -> AppError {
    let status = response.status();
    let body = to_bytes(response.into_body(), LARGEST)
        .await
        .unwrap_or_default();
    serde_json::from_slice(&body).unwrap_or_else(|_| match status {
        // leptos answers so when there is no such function.
        StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND => nothing_here(),
        _ => AppError::new(Code::Internal, "Something went wrong on our side."),
    })
}

fn nothing_here() -> AppError {
    AppError::new(Code::NotFound, "There’s nothing at this address.")
}
