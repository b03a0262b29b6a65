//! From cookies to a user, once a request: the only place where a request becomes a session.

use std::time::Duration;

use accounts::{
    client::Client,
    db::DatabaseError,
    end_reason::EndReason,
    operation::Operation,
    remember_me::{self, Exchange, Remembered},
    secret::Token,
    sessions::{self, Ended, Found},
    sign_up,
    time::Moment,
};
use app::{
    context::{Presence, Visit},
    error::{AppError, Code},
};
use axum::{
    extract::{Request, State},
    http::{Method, StatusCode, Uri, request::Parts},
    middleware::Next,
    response::Response,
};
use cookie::Cookie;
use tracing::Span;

use super::{client, cookies::RequestCookies};
use crate::{
    addresses::{self, RESUME},
    error_page,
    redirects::{by_way_of, set_unless_set, to_sign_in},
    request_id,
    state::AppState,
};

const SIGN_IN: &str = "/sign-in";

/// How long to wait for the answer that another tab is about to receive.
const ANSWER_ARRIVES: Duration = Duration::from_millis(300);

/// What the cookies turned out to be.
enum Authenticated {
    As(Presence),
    /// By a remember-me cookie: these are the new cookies.
    Remembered(Presence, Vec<Cookie<'static>>),
    /// Another tab was a moment faster.
    LookAgain,
    /// The session has a new cookie, and this is the one before: refused like an unknown one, but nothing is
    /// removed, because the answer with the new one is on its way to the same browser.
    JustRotated,
}

/// Authenticates a request and hands it on with its [`Visit`]. Dead cookies are removed on the way out. When the
/// database is unavailable every request is refused, and no cookie is touched.
pub async fn authenticate(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let request_cookies = RequestCookies::read(&parts.headers, &state.curfew.cookies);
    let client = client::of(&parts, &state.config.trusted_proxies)
        .with_known_device(request_cookies.known_device.clone());
    let now = Moment::now();
    let found = async {
        // Only a browser sends fetch metadata; only a browser has several tabs.
        let may_be_a_race =
            parts.headers.contains_key("sec-fetch-mode") && parts.uri.path() != RESUME;
        let authenticated =
            find_user(&state, &request_cookies, &client, may_be_a_race, now).await?;
        let mut conn = state.curfew.instance.read(now).await?;
        let sign_up_open = sign_up::sign_up_open(&mut conn, state.curfew.sign_up).await?;
        Ok::<_, DatabaseError>((authenticated, sign_up_open))
    };
    let (authenticated, sign_up_open) = match found.await {
        Ok(found) => found,
        Err(error) => {
            let error = state.curfew.instance.db.explain(&error);
            tracing::error!(
                error,
                "the database is unavailable: no session could be looked up"
            );
            return unavailable(&state, &parts);
        }
    };
    if matches!(&authenticated, Authenticated::As(Presence::Ended(how)) if how.is_in_doubt()) {
        tracing::error!("the clocks disagree: whether a session has expired is not known");
        return unavailable(&state, &parts);
    }
    // Sent here to look again, it still has the old cookie: the answer with the new one was lost, or is slow.
    let lost = matches!(authenticated, Authenticated::JustRotated) && parts.uri.path() == SIGN_IN;
    let (presence, fresh) = match authenticated {
        Authenticated::JustRotated if lost => {
            tokio::time::sleep(ANSWER_ARRIVES).await;
            (Presence::Anonymous, Vec::new())
        }
        Authenticated::As(presence) => (presence, Vec::new()),
        Authenticated::Remembered(presence, fresh) => (presence, fresh),
        Authenticated::LookAgain => return look_again(&parts.method, &parts.uri).await,
        Authenticated::JustRotated => return refuse_old_cookie(&parts.method, &parts.uri).await,
    };
    let dead = match &presence {
        Presence::SignedIn(me) => {
            Span::current()
                .record("user", me.user.id.as_str())
                .record("session", me.session.as_str());
            if addresses::is_use(parts.uri.path()) {
                state.last_seen.note_session(me, now.at);
            }
            false
        }
        Presence::Ended(_) | Presence::Anonymous => true,
    };
    parts.extensions.insert(Visit {
        presence,
        client,
        pending_sign_in: request_cookies.pending_sign_in.clone(),
        flash: request_cookies.flash.clone(),
        refused: None,
        sign_up_open,
    });
    let mut response = next.run(Request::from_parts(parts, body)).await;
    for cookie in fresh {
        set_unless_set(&mut response, &cookie);
    }
    // A 503 was made without asking the database, so it does not know what a cookie is worth: every cookie stays.
    if dead && !lost && response.status() != StatusCode::SERVICE_UNAVAILABLE {
        for kind in &request_cookies.sent {
            set_unless_set(&mut response, &state.curfew.cookies.removed(*kind));
        }
    }
    response
}

async fn find_user(
    state: &AppState,
    request_cookies: &RequestCookies,
    client: &Client,
    may_be_a_race: bool,
    now: Moment,
) -> Result<Authenticated, DatabaseError> {
    let instance = &state.curfew.instance;
    let mut conn = instance.read(now).await?;
    let mut ended: Option<Ended> = None;
    if let Some(token) = &request_cookies.session {
        match sessions::find(&mut conn, token).await? {
            Found::Live(me) => return Ok(Authenticated::As(Presence::SignedIn(me))),
            Found::Ended(how) => ended = Some(how),
            Found::JustRotated => return Ok(Authenticated::JustRotated),
            Found::Unknown => {}
        }
    }
    let known = match &request_cookies.remember_me {
        Some(token) if remember_me::is_known(&mut conn, token).await? => Some(token),
        _ => None,
    };
    // Given back first: an operation that waits for its turn holds no second connection.
    drop(conn);
    if let Some(token) = known {
        let mut op = Operation::begin(instance, client, now).await?;
        match remember_me::exchange(&mut op, token, may_be_a_race).await? {
            Exchange::Session {
                started,
                next,
                expires_at,
                ..
            } => {
                op.commit().await?;
                let next = Remembered {
                    token: next,
                    expires_at,
                };
                return remembered(state, &started.token, &next, now).await;
            }
            Exchange::JustExchanged => return Ok(Authenticated::LookAgain),
            Exchange::Reused(how) => {
                op.commit().await?;
                ended = Some(how);
            }
            // What ended the session is the better reason, unless it had merely expired.
            Exchange::Ended(how) => {
                if ended
                    .as_ref()
                    .is_none_or(|ended| ended.end_reason == EndReason::Expired)
                {
                    ended = Some(how);
                }
            }
            Exchange::Unknown => {}
        }
    }
    Ok(Authenticated::As(
        ended.map_or(Presence::Anonymous, Presence::Ended),
    ))
}

/// The session that a remember-me cookie has started, and the cookies for it.
async fn remembered(
    state: &AppState,
    session: &Token,
    next: &Remembered,
    now: Moment,
) -> Result<Authenticated, DatabaseError> {
    let mut conn = state.curfew.instance.read(now).await?;
    let me = match sessions::find(&mut conn, session).await? {
        Found::Live(me) => me,
        // A remote logout came between the commit and the look-up.
        Found::Ended(how) => return Ok(Authenticated::As(Presence::Ended(how))),
        Found::JustRotated | Found::Unknown => {
            return Ok(Authenticated::As(Presence::Anonymous));
        }
    };
    let cookies = &state.curfew.cookies;
    let fresh = vec![
        cookies.session(session),
        cookies.remember_me(&next.token, now.at.until(next.expires_at)),
    ];
    Ok(Authenticated::Remembered(Presence::SignedIn(me), fresh))
}

fn unavailable(state: &AppState, parts: &Parts) -> Response {
    error_page::service_unavailable(state, &parts.headers, &request_id::of(&parts.extensions))
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
