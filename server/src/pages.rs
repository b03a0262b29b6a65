//! The pages: who may see them, and the app drawing them.

use accounts::{
    permissions::{self, Who},
    sign_in::pending_is_open,
    sign_up, users,
};
use app::{
    RenderMode,
    context::{Curfew, Presence, Visit, now},
    cookies::Kind,
    error::AppError,
    flash::{Done, Flash, Reason},
    pages::error_page::ErrorPage,
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
    error_page, functions::see_other, permitted, request_id::RequestId, router,
    signed_in::set_unless_set, state::AppState,
};

/// Pages that lead somebody on who is signed in already.
const LEAD_ON: [&str; 3] = ["/sign-in", "/sign-up", CODE];

/// Where a second factor is shown.
const CODE: &str = "/sign-in/code";

/// A page of the app. A private one answers 303 to the sign-in page unless somebody is signed in,
/// with the reason when a session has ended.
pub async fn page(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Response {
    let path = request.uri().path();
    let here = request.uri().path_and_query().map_or("/", |p| p.as_str());
    let public = permissions::row(path).is_some_and(|row| row.who == Who::Anyone);
    match &visit.presence {
        Presence::SignedIn(_) if LEAD_ON.contains(&path) => {
            let next = request.uri().query().and_then(next_of);
            see_other(&same_site(next.as_deref()))
        }
        Presence::Ended(_) | Presence::Anonymous if path == CODE => {
            code(&state, visit, request, &id).await
        }
        _ if public => draw(&state, visit, request).await,
        Presence::SignedIn(_) => match permitted::check(&state, &visit, path).await {
            Ok(()) => draw(&state, visit, request).await,
            Err(refusal) => refuse(&state, visit, refusal, request).await,
        },
        Presence::Ended(ended) => {
            let mut response = to_sign_in(here);
            let flash = Flash::Ended(Reason::from(ended));
            set_unless_set(&mut response, &state.curfew.cookies.flash(&flash));
            response
        }
        Presence::Anonymous => match fresh_install(&state).await {
            Ok(true) => see_other("/sign-up"),
            Ok(false) => to_sign_in(here),
            Err(error) => {
                tracing::error!(%error, "the database did not answer");
                error_page::service_unavailable(&state, request.headers(), &id.0)
            }
        },
    }
}

/// The page for the second factor, while one is owed.
async fn code(state: &AppState, visit: Visit, request: Request, id: &RequestId) -> Response {
    let owed = async {
        let Some(pending) = &visit.pending_sign_in else {
            return Ok(false);
        };
        let mut conn = state.curfew.db.read().await?;
        pending_is_open(&mut conn, pending, now()).await
    };
    match owed.await {
        Ok(true) => draw(state, visit, request).await,
        Ok(false) => start_over(state, visit.pending_sign_in.is_some()),
        Err(error) => {
            tracing::error!(%error, "the database did not answer");
            error_page::service_unavailable(state, request.headers(), &id.0)
        }
    }
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

/// An address that nothing is at: 404, in the app's own frame.
pub async fn not_found(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    request: Request,
) -> Response {
    if !error_page::wants_html(request.headers()) && request.uri().path().starts_with("/api/") {
        return StatusCode::NOT_FOUND.into_response();
    }
    let mut response = draw(&state, visit, request).await;
    if response.status().is_success() {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
}

/// Where a browser looks again after another of its tabs was signed in by the remember-me cookie.
pub async fn resume(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Query(query): Query<Next>,
) -> Response {
    let next = same_site(query.next.as_deref());
    match &visit.presence {
        Presence::SignedIn(_) => see_other(&next),
        Presence::Ended(ended) => {
            let mut response = to_sign_in(&next);
            let flash = Flash::Ended(Reason::from(ended));
            set_unless_set(&mut response, &state.curfew.cookies.flash(&flash));
            response
        }
        Presence::Anonymous => to_sign_in(&next),
    }
}

/// Where to go on to.
#[derive(Debug, Deserialize)]
pub struct Next {
    next: Option<String>,
}

/// A page that is not for this user: 403, and for whom it is.
pub(crate) async fn refuse(
    state: &AppState,
    mut visit: Visit,
    refusal: AppError,
    request: Request,
) -> Response {
    visit.refused = Some(refusal);
    let mut response = draw(state, visit, request).await;
    if response.status().is_success() {
        *response.status_mut() = StatusCode::FORBIDDEN;
    }
    response
}

async fn draw(state: &AppState, visit: Visit, request: Request) -> Response {
    let refused = visit.refused.is_some();
    let flash = match &visit.flash {
        // A token's value waits for the page that shows it.
        Some(Flash::Made(made)) => request.uri().path() == made.page(),
        other => other.is_some(),
    };
    let (curfew, assets): (Curfew, _) = (state.curfew.clone(), state.assets.clone());
    let context = move || {
        provide_context(curfew.clone());
        provide_context(visit.clone());
    };
    let id = request
        .extensions()
        .get::<RequestId>()
        .map(|id| id.0.clone());
    let render_mode = if refused || router::is_plain(request.uri().path()) {
        RenderMode::Plain
    } else {
        RenderMode::Hydrated
    };
    let render =
        leptos_axum::render_app_async_with_context(context, move || shell(&assets, render_mode));
    let mut response = render(request).await.into_response();
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        // The database went away after the door: no half page of somebody signed in.
        let status = StatusCode::SERVICE_UNAVAILABLE;
        return error_page::html(
            state,
            ErrorPage::ServiceUnavailable,
            status,
            &id.unwrap_or_default(),
        );
    }
    if flash {
        // Said once.
        set_unless_set(&mut response, &state.curfew.cookies.removed(Kind::Flash));
    }
    response
}

/// To the sign-in page, and after that back to `path`.
pub(crate) fn to_sign_in(path: &str) -> Response {
    by_way_of("/sign-in", path)
}

/// To `page`, and after that on to `path`.
pub(crate) fn by_way_of(page: &str, path: &str) -> Response {
    let next = same_site(Some(path));
    if next == "/" {
        return see_other(page);
    }
    let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
    // Slashes may stand in a query (RFC 3986, 3.4), and are easier to read as they are.
    see_other(&format!("{page}?next={}", next.replace("%2F", "/")))
}

async fn fresh_install(state: &AppState) -> Result<bool, accounts::db::DatabaseError> {
    let mut conn = state.curfew.db.read().await?;
    Ok(
        sign_up::sign_up_open(&mut conn, state.curfew.sign_up).await?
            && !users::any_user(&mut conn).await?,
    )
}

fn next_of(query: &str) -> Option<String> {
    Query::<Next>::try_from_uri(&format!("/?{query}").parse().ok()?)
        .ok()?
        .0
        .next
}
