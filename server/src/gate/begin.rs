//! What the gate does on the application's own host: a sign-in begins there, and comes back there.

use accounts::{
    gate::{Asked, HandedOver, Verdict, check, redeem},
    operation::Operation,
    secret::Token,
    time::Moment,
};
use app::{
    pages::{error_page::Frame, gate_page::GatePage},
    sign_in::stays_on_its_host,
};
use axum::{
    extract::{Query, Request, State},
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{
    forwarded::{GateCookie, Site},
    say,
};
use crate::{authentication::client_of, redirects::see_other, state::AppState};

/// How long a browser may take to sign in, in seconds.
const BEGUN_LASTS: i64 = 30 * 60;

/// Where the browser goes on to.
#[derive(Debug, Deserialize)]
pub struct To {
    to: Option<String>,
}

/// `GET /.curfew/sign-in?to=/page` on the application's host: notes that this browser began, and sends it to Curfew.
pub async fn begin(
    State(state): State<AppState>,
    query: Result<Query<To>, axum::extract::rejection::QueryRejection>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    let Ok(site) = Site::of(&parts, &state) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let to = query.ok().and_then(|Query(query)| query.to);
    let to = destination(to.as_deref());
    // The check did not see the cookie that this request has: leading on would go round in a circle.
    if is_admitted(&state, &site, &parts).await {
        return answer(&state, StatusCode::OK, GatePage::AlreadySignedIn { to });
    }
    // Several tabs begin at once: they share the value.
    let sent = site.cookie(&parts.headers, GateCookie::Begun);
    let begun = sent.unwrap_or_else(Token::random);
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("host", &site.host)
        .append_pair("to", &to)
        .append_pair("begun", begun.hash().as_str())
        .finish();
    let mut response = see_other(&format!(
        "{}{}?{query}",
        state.curfew.public_url,
        super::SIGN_IN
    ));
    set(
        &mut response,
        &site.set(GateCookie::Begun, &begun, Some(BEGUN_LASTS)),
    );
    response
}

/// Whether the browser has a cookie that a check would let through. False too while the database is unavailable: the
/// sign-in says that.
async fn is_admitted(state: &AppState, site: &Site, parts: &Parts) -> bool {
    let Some(cookie) = site.cookie(&parts.headers, GateCookie::Session) else {
        return false;
    };
    let asked = Asked {
        host: &site.host,
        path: "/",
        is_preflight: false,
        cookie: Some(&cookie),
    };
    let verdict = async {
        let mut conn = state.curfew.instance.read(Moment::now()).await?;
        check(&mut conn, asked).await
    };
    matches!(verdict.await, Ok(Verdict::Admitted(_)))
}

/// A path of the application, and none of the gate's own there, which would lead round in a circle.
pub(super) fn destination(to: Option<&str>) -> String {
    let there = |to: &&str| stays_on_its_host(to) && !to.starts_with("/.curfew/");
    to.filter(there).unwrap_or("/").to_owned()
}

/// A code from Curfew.
#[derive(Debug, Deserialize)]
pub struct Code {
    code: Option<String>,
}

/// `GET /.curfew/finish?code=…` on the application's host: redeems the code in the browser that began, and leaves the cookie
/// that the checks look for.
pub async fn finish(
    State(state): State<AppState>,
    query: Result<Query<Code>, axum::extract::rejection::QueryRejection>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    let Ok(site) = Site::of(&parts, &state) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let Some(begun) = site.cookie(&parts.headers, GateCookie::Begun) else {
        return answer(&state, StatusCode::BAD_REQUEST, GatePage::NoCookies);
    };
    let code = query.ok().and_then(|Query(query)| query.code);
    let code = code.as_deref().and_then(Token::presented);
    let Some(code) = code else {
        return expired(&state);
    };
    match redeemed(&state, &parts, &site, Presented { code, begun }).await {
        Ok(Some(handed_over)) => {
            let mut response = see_other(&handed_over.address);
            set(
                &mut response,
                &site.set(GateCookie::Session, &handed_over.cookie, None),
            );
            response
        }
        Ok(None) => expired(&state),
        Err(error) => {
            let error = state.curfew.instance.db.explain(&error);
            tracing::error!(
                error,
                "the database is unavailable: no hand-over was redeemed"
            );
            answer(
                &state,
                StatusCode::SERVICE_UNAVAILABLE,
                GatePage::Unavailable,
            )
        }
    }
}

/// What a browser presents on the application's host.
struct Presented {
    code: Token,
    begun: Token,
}

async fn redeemed(
    state: &AppState,
    parts: &Parts,
    site: &Site,
    presented: Presented,
) -> Result<Option<HandedOver>, accounts::db::DatabaseError> {
    let client = client_of(parts, state);
    let mut op = Operation::begin(&state.curfew.instance, &client, Moment::now()).await?;
    let handed_over = redeem(&mut op, &presented.code, &site.host, &presented.begun).await?;
    op.commit().await?;
    Ok(handed_over)
}

fn expired(state: &AppState) -> Response {
    answer(state, StatusCode::GONE, GatePage::Expired)
}

fn answer(state: &AppState, status: StatusCode, what: GatePage) -> Response {
    let frame = Frame::behind_the_gate(&state.curfew.public_url, &state.assets);
    say(status, &frame, what)
}

fn set(response: &mut Response, cookie: &str) {
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_application_has_its_own_paths_and_no_other_host_is_led_to() {
        for path in ["/", "/page?a=1", "/api/things", "/sign-in", "/a//b"] {
            assert_eq!(destination(Some(path)), path);
        }
        for elsewhere in [
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "",
            "/.curfew/sign-in",
            "/a\nb",
        ] {
            assert_eq!(destination(Some(elsewhere)), "/", "{elsewhere}");
        }
        assert_eq!(destination(None), "/");
    }
}
