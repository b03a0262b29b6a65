//! The pages: who may see them, and the app drawing them.

pub(crate) mod routes;

use accounts::{
    db::DatabaseError, end_reason::EndReason, sign_in::pending_is_open, sign_up::Opening,
};
use app::{
    context::{Curfew, Presence, Visit, now},
    cookies::Kind,
    error::{AppError, Code},
    flash::Flash,
    pages::error_page::ErrorPage,
    reason::Reason,
    shell,
    sign_in::same_site,
};
use axum::{
    extract::{Extension, Query, Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use leptos::prelude::provide_context;
use serde::Deserialize;

use crate::{
    addresses::{self, Access, CODE, CONFIRM, SET_UP_FIRST, SIGN_IN, StepUp},
    error_page, form_token, permitted,
    redirects::{see_other, session_ended, set_unless_set, start_over, to_sign_in},
    request_id,
    state::AppState,
};

/// Pages that lead a user on who is signed in already.
const LEAD_ON: [&str; 3] = ["/sign-in", "/sign-up", CODE];

/// A page of the app. A private one answers an anonymous visitor with 303 to the sign-in page, with the reason
/// when a session has ended.
pub async fn page(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    request: Request,
) -> Response {
    let path = request.uri().path();
    let here = request.uri().path_and_query().map_or("/", |p| p.as_str());
    let public = addresses::find(path).is_some_and(|page| page.access == Access::Public);
    match &visit.presence {
        Presence::SignedIn(_) if LEAD_ON.contains(&path) => {
            let next = request.uri().query().and_then(next_of);
            see_other(&same_site(next.as_deref()))
        }
        Presence::Ended(_) | Presence::Anonymous if path == CODE => {
            code(&state, visit, request).await
        }
        // A script that was refused has led here: it was told the reason, and left no cookie with it.
        Presence::Ended(ended) if path == SIGN_IN => {
            // Who signed out here needs no reason, and another tab of theirs may come before the answer to that.
            let reason = (ended.end_reason != EndReason::SignedOut).then(|| Reason::from(ended));
            draw_and_say(&state, visit, reason, request).await
        }
        _ if public => draw(&state, visit, request).await,
        Presence::SignedIn(_) => match permitted::check(&state, &visit, path).await {
            Ok(()) => draw(&state, visit, request).await,
            Err(refusal) => refuse(&state, visit, refusal, request).await,
        },
        Presence::Ended(ended) => session_ended(&state, &visit, here, ended),
        Presence::Anonymous if visit.sign_up == Opening::First => see_other("/sign-up"),
        Presence::Anonymous => to_sign_in(here),
    }
}

/// The page for the second factor, while a sign-in is pending.
async fn code(state: &AppState, visit: Visit, request: Request) -> Response {
    let pending = async {
        let Some(pending) = &visit.pending_sign_in else {
            return Ok(false);
        };
        let mut conn = state.curfew.instance.read(now()).await?;
        pending_is_open(&mut conn, pending).await
    };
    match pending.await {
        Ok(true) => draw(state, visit, request).await,
        Ok(false) => start_over(state, visit.pending_sign_in.is_some()),
        Err(error) => unavailable(state, &request, &error),
    }
}

fn unavailable(state: &AppState, request: &Request, error: &DatabaseError) -> Response {
    tracing::error!(%error, "the database is unavailable: a page could not be shown");
    let id = request_id::of(request.extensions());
    error_page::service_unavailable(state, request.headers(), &id)
}

/// An address that nothing is at: 404, as a page in the app's own frame where one is asked for. [`error_page::explain`]
/// writes the other answers.
pub async fn not_found(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    request: Request,
) -> Response {
    if !error_page::wants_html(request.headers()) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let mut response = draw(&state, visit, request).await;
    if response.status().is_success() {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
}

/// Where to go on to.
#[derive(Debug, Deserialize)]
pub struct Next {
    next: Option<String>,
}

fn next_of(query: &str) -> Option<String> {
    Query::<Next>::try_from_uri(&format!("/?{query}").parse().ok()?)
        .ok()?
        .0
        .next
}

/// A page that is not for this user: 403, and for whom it is. 404 for one that is not listed. A user who owes a second factor
/// is led to where they set one up, which says why.
pub(crate) async fn refuse(
    state: &AppState,
    mut visit: Visit,
    refusal: AppError,
    request: Request,
) -> Response {
    if refusal.code == Code::SecondFactorRequired {
        return see_other(SET_UP_FIRST);
    }
    let status = StatusCode::from_u16(refusal.code.status()).unwrap_or(StatusCode::FORBIDDEN);
    visit.refused = Some(refusal);
    let mut response = draw(state, visit, request).await;
    if response.status().is_success() {
        *response.status_mut() = status;
    }
    response
}

/// Whether a form that waits on `/profile/confirm` is one that the list of addresses sends there, and leads back to a
/// page of the list. The cookie is the browser's, so it could say anything.
fn may_continue(flash: &Flash) -> bool {
    let Flash::Form(refused) = flash else {
        return false;
    };
    let asks = addresses::function(&refused.form)
        .is_some_and(|function| matches!(function.step_up, Some(StepUp::AsksFor(_))));
    let page = refused.page.as_deref().unwrap_or_default();
    let page = page.split(['?', '#']).next().unwrap_or_default();
    let leads_back = addresses::find(page)
        .is_some_and(|page| page.function_name().is_none() && !page.is_for_programs());
    asks && leads_back
}

async fn draw(state: &AppState, visit: Visit, request: Request) -> Response {
    draw_and_say(state, visit, None, request).await
}

/// As [`draw`]. Says how the session ended, unless a cookie has something else for the sign-in page to say.
async fn draw_and_say(
    state: &AppState,
    mut visit: Visit,
    reason: Option<Reason>,
    request: Request,
) -> Response {
    let form = form_token::issue(state, request.headers(), &visit);
    let (form_token, form_cookie) = form.map(|form| (form.token, form.cookie)).unzip();
    visit.form_token = form_token;
    let waits = visit
        .flash
        .as_ref()
        .is_some_and(Flash::waits_for_confirmation);
    let (sent, confirms) = (visit.flash.is_some(), request.uri().path() == CONFIRM);
    let continues = confirms && visit.flash.as_ref().is_some_and(may_continue);
    if (waits || confirms) && !continues {
        // Left behind, or not ours: said nowhere, and removed.
        visit.flash = visit
            .flash
            .filter(|flash| !waits && !matches!(flash, Flash::Form(_)));
    }
    let flash = match &visit.flash {
        // A token's value waits for the page that shows it.
        Some(Flash::Made(made)) => request.uri().path() == made.page(),
        // A form that waits for a password is there when its page is loaded again.
        Some(_) if continues => false,
        // A script shows it to no user.
        _ => sent && visit.navigates,
    };
    if let Some(reason) = reason
        && !visit.flash.as_ref().is_some_and(Flash::is_for_sign_in)
    {
        visit.flash = Some(Flash::Ended(reason));
    }
    let (curfew, assets): (Curfew, _) = (state.curfew.clone(), state.assets.clone());
    let context = move || {
        provide_context(curfew.clone());
        provide_context(visit.clone());
    };
    let id = request_id::of(request.extensions());
    let theme = error_page::theme_of(state, request.headers());
    let render = leptos_axum::render_app_async_with_context(context, move || shell(&assets));
    let mut response = render(request).await.into_response();
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        // The database became unavailable after the authentication: no half page of a user signed in.
        let status = StatusCode::SERVICE_UNAVAILABLE;
        return error_page::html(state, theme, ErrorPage::ServiceUnavailable, status, &id);
    }
    if let Some(cookie) = form_cookie.flatten() {
        set_unless_set(&mut response, &cookie);
    }
    if flash {
        // Said once.
        set_unless_set(&mut response, &state.curfew.cookies.removed(Kind::Flash));
    }
    response
}
