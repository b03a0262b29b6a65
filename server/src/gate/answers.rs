//! What a proxy is told: let it through and as whom, send the browser to sign in, or refuse.
//!
//! Nothing is set or exchanged here, because proxies drop what an answer to their question sets.

use accounts::{
    gate::{Admitted, Asked, Verdict, check},
    time::Moment,
};
use app::error::{AppError, Code};
use axum::{
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};

use super::{
    forwarded::{Forwarded, Unreadable},
    remote_user,
};
use crate::{problem, request_id, state::AppState};

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Proxy {
    /// nginx' `auth_request`: reads the status alone (2xx, 401, 403) and the headers that its configuration names.
    Nginx,
    /// Caddy and Traefik: hand any other answer than 2xx to the browser as it is.
    Forwarding,
}

/// `GET /gate/verify`, asked by nginx: 200, 401 (with `Location` where a browser's window goes there), 403.
pub async fn verify(State(state): State<AppState>, request: Request) -> Response {
    answer(&state, request, Proxy::Nginx).await
}

/// `GET /gate/forward`, asked by Caddy and Traefik: 200; 302 to the sign-in where a browser's window goes there, and else
/// 401 as JSON, so that scripts, programs and event streams get no page.
pub async fn forward(State(state): State<AppState>, request: Request) -> Response {
    answer(&state, request, Proxy::Forwarding).await
}

async fn answer(state: &AppState, request: Request, proxy: Proxy) -> Response {
    let (parts, _) = request.into_parts();
    let forwarded = match Forwarded::read(&parts, state) {
        Ok(forwarded) => forwarded,
        Err(unreadable) => return misconfigured(&parts, unreadable),
    };
    let verdict = async {
        let mut conn = state.curfew.instance.read(Moment::now()).await?;
        let asked = Asked {
            host: &forwarded.site.host,
            path: &forwarded.address,
            is_preflight: forwarded.is_preflight,
            cookie: forwarded.cookie.as_ref(),
        };
        check(&mut conn, asked).await
    };
    match verdict.await {
        Ok(Verdict::Admitted(user)) => {
            if forwarded.is_use() {
                state
                    .last_seen
                    .note(&user.session, user.last_active_at, Moment::now().at);
            }
            admit(Some(&user))
        }
        Ok(Verdict::Open) => admit(None),
        Ok(Verdict::SignIn) => sign_in(&parts, &forwarded, proxy),
        Ok(verdict @ (Verdict::NotAllowed | Verdict::SecondFactorRequired)) => {
            not_allowed(&parts, &forwarded, proxy, &verdict)
        }
        Ok(Verdict::UnknownHost) => {
            let host = &forwarded.site.host;
            tracing::warn!(
                host,
                "the gate was asked about a host that no application is registered at"
            );
            let text = "No application is registered at this host.";
            refuse(&parts, StatusCode::FORBIDDEN, Code::Forbidden, text)
        }
        Err(error) => {
            let error = state.curfew.instance.db.explain(&error);
            tracing::error!(
                error,
                "the database is unavailable: the gate lets no request through"
            );
            let mut response = problem::written(AppError::service_unavailable(), &id(&parts));
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(5));
            response
        }
    }
}

fn admit(user: Option<&Admitted>) -> Response {
    let mut response = StatusCode::OK.into_response();
    remote_user::set(response.headers_mut(), user);
    response
}

fn sign_in(parts: &Parts, forwarded: &Forwarded, proxy: Proxy) -> Response {
    let goes = forwarded.navigates && [Method::GET, Method::HEAD].contains(&forwarded.method);
    if goes && proxy == Proxy::Forwarding {
        return lead(StatusCode::FOUND, forwarded);
    }
    if goes {
        return lead(StatusCode::UNAUTHORIZED, forwarded);
    }
    let text = "Sign in to use this application.";
    refuse(parts, StatusCode::UNAUTHORIZED, Code::NotSignedIn, text)
}

/// By way of the sign-in, which finds a signed-in user who may not, says so on a page of ours and records it.
fn not_allowed(parts: &Parts, forwarded: &Forwarded, proxy: Proxy, verdict: &Verdict) -> Response {
    let goes = forwarded.navigates && [Method::GET, Method::HEAD].contains(&forwarded.method);
    match proxy {
        Proxy::Forwarding if goes => lead(StatusCode::FOUND, forwarded),
        Proxy::Nginx if goes => lead(StatusCode::FORBIDDEN, forwarded),
        _ if *verdict == Verdict::SecondFactorRequired => {
            let error = AppError::second_factor_required();
            refuse(parts, StatusCode::FORBIDDEN, error.code, error.message)
        }
        _ => {
            let text =
                "This application isn’t for you. An admin of your account decides who may use it.";
            refuse(parts, StatusCode::FORBIDDEN, Code::Forbidden, text)
        }
    }
}

fn lead(status: StatusCode, forwarded: &Forwarded) -> Response {
    (status, [(header::LOCATION, forwarded.sign_in())]).into_response()
}

fn misconfigured(parts: &Parts, unreadable: Unreadable) -> Response {
    if unreadable != Unreadable::NotTrusted {
        tracing::warn!(%unreadable, "the gate could not read what a proxy asked");
    }
    let text = format!("The gate does not answer this: {unreadable}.");
    refuse(parts, StatusCode::FORBIDDEN, Code::Forbidden, text)
}

fn refuse(parts: &Parts, status: StatusCode, code: Code, text: impl Into<String>) -> Response {
    let mut response = problem::written(AppError::new(code, text), &id(parts));
    *response.status_mut() = status;
    response
}

fn id(parts: &Parts) -> String {
    request_id::of(&parts.extensions)
}
