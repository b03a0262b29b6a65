//! From cookies to a user, once a request: the only place where a request becomes a session.

use std::time::Duration;

use accounts::{
    audit::Client,
    remember_me::{self, Exchange},
    secret::Token,
    sessions::{self, Ended, Found},
    sign_up,
    time::Moment,
};
use app::{
    context::{Presence, Visit},
    cookies::{Cookies, Kind},
    error::{AppError, Code},
    flash::Flash,
};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    middleware::Next,
    response::Response,
};
use cookie::Cookie;

use crate::{
    address, error_page,
    pages::{by_way_of, to_sign_in},
    request_id::RequestId,
    state::AppState,
};

/// Where a browser is sent to look again, after another tab of it has just exchanged the same
/// remember-me cookie. By then it has the new one.
pub const RESUME: &str = "/sign-in/resume";

/// How long the other tab's answer is given to arrive.
const ANSWER_ARRIVES: Duration = Duration::from_millis(300);

/// What the cookies turned out to be.
enum Authenticated {
    Open(Presence),
    /// Open, by a remember-me cookie: these are the new cookies.
    Remembered(Presence, Vec<Cookie<'static>>),
    /// Another tab was a moment faster.
    LookAgain,
    /// The session has a new cookie, and this is the one before: refused like any stranger's, but
    /// nothing is removed, for the answer with the new one is on its way to the same browser.
    JustRotated,
}

/// Finds out who the request is from and lets it in. Dead cookies are removed on the way out. When
/// the database is unavailable nobody is let in, and no cookie is touched.
pub async fn at_the_door(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let client = address::client(&parts, &state.config.trusted_proxies);
    let request_cookies = RequestCookies::read(&parts.headers, &state.curfew.cookies);
    let now = Moment::now();
    let found = async {
        let authenticated = authenticate(
            &state,
            &parts.headers,
            parts.uri.path(),
            &request_cookies,
            &client,
            now,
        )
        .await?;
        let mut conn = state.curfew.db.read().await?;
        let open = sign_up::sign_up_open(&mut conn, state.curfew.sign_up).await?;
        Ok::<_, accounts::db::DatabaseError>((authenticated, open))
    };
    let (authenticated, sign_up_open) = match found.await {
        Ok(found) => found,
        Err(error) => {
            tracing::error!(%error, "the database did not answer at the door");
            let id = parts.extensions.get::<RequestId>().map(|id| id.0.clone());
            return error_page::service_unavailable(
                &state,
                &parts.headers,
                &id.unwrap_or_default(),
            );
        }
    };
    let (presence, fresh) = match authenticated {
        Authenticated::Open(presence) => (presence, Vec::new()),
        Authenticated::Remembered(presence, fresh) => (presence, fresh),
        Authenticated::LookAgain => return look_again(&parts.method, &parts.uri).await,
        Authenticated::JustRotated => return refuse_old_cookie(&parts.method, &parts.uri).await,
    };
    let dead = match &presence {
        Presence::SignedIn(signed_in) => {
            state.last_seen.note_session(signed_in, now.at);
            false
        }
        Presence::Ended(_) | Presence::Anonymous => true,
    };
    parts.extensions.insert(Visit {
        presence,
        client,
        known_device: request_cookies.known_device.clone(),
        pending_sign_in: request_cookies.pending_sign_in.clone(),
        flash: request_cookies.flash.clone(),
        refused: None,
        sign_up_open,
    });
    let mut response = next.run(Request::from_parts(parts, body)).await;
    for cookie in fresh {
        set_unless_set(&mut response, &cookie);
    }
    // What a 503 was made without asking, nobody knows: every cookie stays.
    if dead && response.status() != StatusCode::SERVICE_UNAVAILABLE {
        remove_dead(&mut response, &state.curfew.cookies, &request_cookies);
    }
    response
}

/// The cookies a request brought.
struct RequestCookies {
    session: Option<Token>,
    remember_me: Option<Token>,
    known_device: Option<Token>,
    pending_sign_in: Option<Token>,
    flash: Option<Flash>,
    /// Those of the first two that are there, with or without the shape of a token.
    there: Vec<Kind>,
}

/// A cookie's value, as the request brought it.
fn value_of(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        // Another application's cookie may hold any bytes; ours beside it still count.
        .map(|header| String::from_utf8_lossy(header.as_bytes()))
        .find_map(|header| {
            Cookie::split_parse(header.as_ref())
                .filter_map(Result::ok)
                .find(|cookie| cookie.name() == name)
                .map(|cookie| cookie.value().to_owned())
        })
}

/// The session cookie alone, for what neither starts a session nor counts as using one.
pub(crate) fn session_cookie(headers: &HeaderMap, cookies: &Cookies) -> Option<Token> {
    Token::presented(&value_of(headers, cookies.name(Kind::Session))?)
}

impl RequestCookies {
    fn read(headers: &HeaderMap, cookies: &Cookies) -> Self {
        let value = |kind| value_of(headers, cookies.name(kind));
        let token = |kind| value(kind).and_then(|text| Token::presented(&text));
        let there = |kind: &Kind| value(*kind).is_some();
        Self {
            session: token(Kind::Session),
            remember_me: token(Kind::RememberMe),
            known_device: token(Kind::KnownDevice),
            pending_sign_in: token(Kind::PendingSignIn),
            flash: value(Kind::Flash).and_then(|text| Flash::from_cookie(&text)),
            there: [Kind::Session, Kind::RememberMe]
                .into_iter()
                .filter(there)
                .collect(),
        }
    }
}

async fn authenticate(
    state: &AppState,
    headers: &HeaderMap,
    path: &str,
    request_cookies: &RequestCookies,
    client: &Client,
    now: Moment,
) -> Result<Authenticated, accounts::db::DatabaseError> {
    let (db, limits) = (&state.curfew.db, &state.curfew.limits);
    let mut ended: Option<Ended> = None;
    if let Some(token) = &request_cookies.session {
        let mut conn = db.read().await?;
        match sessions::find(&mut conn, token, limits, now).await? {
            Found::Live(signed_in) => {
                return Ok(Authenticated::Open(Presence::SignedIn(signed_in)));
            }
            Found::Ended(how) => ended = Some(how),
            Found::JustRotated => return Ok(Authenticated::JustRotated),
            Found::Unknown => {}
        }
    }
    if let Some(token) = &request_cookies.remember_me
        && remember_me::is_known(&mut db.read().await?, token).await?
    {
        // Only a browser sends fetch metadata; only a browser has several tabs.
        let may_be_a_race = headers.contains_key("sec-fetch-mode") && path != RESUME;
        let mut tx = db.write().await?;
        match remember_me::exchange(&mut tx, token, may_be_a_race, client, limits, now).await? {
            Exchange::Session {
                started,
                next,
                expires_at,
                ..
            } => {
                tx.commit().await?;
                let mut conn = db.read().await?;
                let found = sessions::find(&mut conn, &started.token, limits, now).await?;
                let presence = match found {
                    Found::Live(signed_in) => Presence::SignedIn(signed_in),
                    // A remote logout came between the commit and the look.
                    Found::Ended(how) => Presence::Ended(how),
                    Found::JustRotated | Found::Unknown => Presence::Anonymous,
                };
                let cookies = &state.curfew.cookies;
                let fresh = vec![
                    cookies.session(&started.token),
                    cookies.remember_me(&next, now.at.until(expires_at)),
                ];
                return Ok(match presence {
                    Presence::SignedIn(_) => Authenticated::Remembered(presence, fresh),
                    other => Authenticated::Open(other),
                });
            }
            Exchange::JustExchanged => return Ok(Authenticated::LookAgain),
            Exchange::Reused(how) => {
                tx.commit().await?;
                ended = Some(how);
            }
            // What ended the session is the better reason, unless it had merely run out.
            Exchange::Ended(how) => {
                if ended
                    .as_ref()
                    .is_none_or(|e| e.end_reason == sessions::EndReason::Expired)
                {
                    ended = Some(how);
                }
            }
            Exchange::Unknown => {}
        }
    }
    Ok(Authenticated::Open(
        ended.map_or(Presence::Anonymous, Presence::Ended),
    ))
}

async fn look_again(method: &Method, uri: &Uri) -> Response {
    tokio::time::sleep(ANSWER_ARRIVES).await;
    if method == Method::GET {
        by_way_of(
            RESUME,
            uri.path_and_query().map_or("/", |here| here.as_str()),
        )
    } else {
        error_page::json(&AppError::new(
            Code::Conflict,
            "This browser has just been signed in again. Try once more.",
        ))
    }
}

/// By way of the sign-in page, which leads on by itself once the browser has the new cookie.
async fn refuse_old_cookie(method: &Method, uri: &Uri) -> Response {
    tokio::time::sleep(ANSWER_ARRIVES).await;
    if method == Method::GET {
        to_sign_in(uri.path_and_query().map_or("/", |here| here.as_str()))
    } else {
        error_page::json(&AppError::not_signed_in())
    }
}

/// Dead cookies go, unless the answer brings a new one.
fn remove_dead(response: &mut Response, cookies: &Cookies, request_cookies: &RequestCookies) {
    for kind in &request_cookies.there {
        set_unless_set(response, &cookies.removed(*kind));
    }
}

/// Adds a cookie, unless the handler has set one of that name: its word is the newer one.
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
