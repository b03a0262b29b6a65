//! From cookies to a user, once a request: the only place where a request becomes a session.

use std::time::Duration;

use accounts::{
    client::Client,
    remember_me::{self, Worth},
    secret::Token,
    sessions::{Checks, Ended, Found, Unavailable},
    sign_up::{Opening, opening},
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

use super::{
    client,
    cookies::RequestCookies,
    navigation::is_navigation,
    remembered::{Exchanged, better, exchange, page_that_looks_again},
};
use crate::{
    addresses::{self, SIGN_IN},
    error_page::{self, wants_html},
    form_body::arrived,
    form_page,
    redirects::{set_unless_set, to_sign_in},
    request_id,
    setup::is_at_the_machine,
    state::AppState,
};

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

/// From a session cookie to a user. The program has one, which reads the database; the measurements have another, to show
/// what everything else costs.
pub trait LooksUp: Send + Sync {
    /// What the cookie stands for at this moment.
    fn look_up(&self, token: &Token) -> impl Future<Output = Result<Found, Unavailable>> + Send;
}

impl LooksUp for Checks {
    async fn look_up(&self, token: &Token) -> Result<Found, Unavailable> {
        self.check(token).await
    }
}

/// Authenticates a request and hands it on with its [`Visit`]. Dead cookies are removed on the way out. When the
/// database is unavailable every request is refused, and no cookie is touched.
pub async fn authenticate(State(state): State<AppState>, request: Request, next: Next) -> Response {
    authenticate_by(&state.checks, &state, request, next).await
}

/// As [`authenticate`], by what looks sessions up.
pub async fn authenticate_by(
    sessions: &impl LooksUp,
    state: &AppState,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = arrived(request).await.request.into_parts();
    let request_cookies = RequestCookies::read(&parts.headers, &state.curfew.cookies);
    let client = client::of(&parts, state).with_known_device(request_cookies.known_devices.clone());
    if request_cookies.twice {
        let id = request_id::of(&parts.extensions);
        return error_page::cookie_twice(state, &parts.headers, &id);
    }
    let now = Moment::now();
    let navigates = is_navigation(&parts.method, &parts.headers);
    let found = async {
        let request = Credentials {
            cookies: &request_cookies,
            client: &client,
            navigates,
        };
        let authenticated = find_user(sessions, state, request, now).await?;
        let opening = if matches!(&authenticated, Authenticated::As(Presence::SignedIn(_))) {
            Opening::Closed
        } else {
            Box::pin(opening_now(state, now)).await?
        };
        Ok::<_, Unavailable>((authenticated, opening))
    };
    let (authenticated, opening) = match found.await {
        Ok(found) => found,
        Err(error) => {
            let error = state.curfew.instance.db.explain(&error);
            tracing::error!(
                error,
                "the database is unavailable: no session could be looked up"
            );
            return unavailable(state, &parts);
        }
    };
    if matches!(&authenticated, Authenticated::As(Presence::Ended(how)) if how.is_in_doubt()) {
        tracing::error!("the clocks disagree: whether a session has expired is not known");
        return unavailable(state, &parts);
    }
    // Sent here to look again, it still has the old cookie: the answer with the new one was lost, or is slow.
    let lost = matches!(authenticated, Authenticated::JustRotated) && parts.uri.path() == SIGN_IN;
    let mut refused = None;
    let mut look_again = false;
    let (presence, fresh) = match authenticated {
        Authenticated::JustRotated if lost => {
            tokio::time::sleep(ANSWER_ARRIVES).await;
            (Presence::Anonymous, Vec::new())
        }
        Authenticated::As(presence) => (presence, Vec::new()),
        Authenticated::Remembered(presence, fresh) => (presence, fresh),
        Authenticated::LookAgain if parts.method == Method::GET => {
            return page_that_looks_again(state);
        }
        // A form: it goes back to its page with what was typed, and that page looks again.
        Authenticated::LookAgain => {
            look_again = true;
            refused = Some(AppError::new(
                Code::Conflict,
                "This browser is just being signed in again. Nothing was changed. Try once more.",
            ));
            (Presence::Anonymous, Vec::new())
        }
        Authenticated::JustRotated => return Box::pin(refuse_old_cookie(state, &parts)).await,
    };
    let dead = match &presence {
        Presence::SignedIn(me) => {
            Span::current()
                .record("user", me.user.id.as_str())
                .record("session", me.session.as_str());
            if addresses::is_use(parts.uri.path(), navigates) {
                state.last_seen.note_session(me, now.at);
            }
            false
        }
        Presence::Ended(how) => !how.is_answered_meanwhile(now.at),
        Presence::Anonymous => true,
    };
    let at_the_machine = opening == Opening::First && is_at_the_machine(&parts, &state.config);
    parts.extensions.insert(Visit {
        presence,
        client,
        navigates,
        pending_sign_in: request_cookies.pending_sign_in.clone(),
        flash: request_cookies.flash.clone(),
        form_token: None,
        refused,
        sign_up: opening,
        at_the_machine,
    });
    let mut response = next.run(Request::from_parts(parts, body)).await;
    for cookie in fresh {
        set_unless_set(&mut response, &cookie);
    }
    // Only where the browser goes somewhere: a late answer to a script must not remove a newer cookie. A 503 was made
    // without asking the database, so it does not know what a cookie is worth: every cookie stays.
    if dead
        && navigates
        && !lost
        && !look_again
        && response.status() != StatusCode::SERVICE_UNAVAILABLE
    {
        for kind in &request_cookies.sent {
            set_unless_set(&mut response, &state.curfew.cookies.removed(*kind));
        }
    }
    response
}

/// What a request is authenticated by.
#[derive(Clone, Copy)]
struct Credentials<'a> {
    cookies: &'a RequestCookies,
    client: &'a Client,
    /// Only then is a remember-me cookie exchanged: the browser is sure to keep the new one, and its user to see what
    /// came of it.
    navigates: bool,
}

async fn find_user(
    sessions: &impl LooksUp,
    state: &AppState,
    request: Credentials<'_>,
    now: Moment,
) -> Result<Authenticated, Unavailable> {
    let instance = &state.curfew.instance;
    let mut ended: Option<Ended> = None;
    if let Some(token) = &request.cookies.session {
        let found = match sessions.look_up(token).await? {
            Found::Live(me) if me.first_use => {
                Box::pin(remember_me::first_use(
                    instance,
                    request.client,
                    now,
                    &me,
                    token,
                ))
                .await?
            }
            found => found,
        };
        match found {
            Found::Live(me) => return Ok(Authenticated::As(Presence::SignedIn(me))),
            Found::Ended(how) => ended = Some(how),
            Found::JustRotated => return Ok(Authenticated::JustRotated),
            Found::Unknown => {}
        }
    }
    match &request.cookies.remember_me {
        Some(token) => Box::pin(remembered(state, request, token, ended)).await,
        None => Ok(anonymous(ended)),
    }
}

/// By the remember-me cookie of a request whose session, if it had one, has `ended`.
async fn remembered(
    state: &AppState,
    request: Credentials<'_>,
    token: &Token,
    ended: Option<Ended>,
) -> Result<Authenticated, Unavailable> {
    let worth = {
        // Given back before anything else: an operation that waits for its turn holds no second connection.
        let mut conn = state.curfew.instance.read(Moment::now()).await?;
        remember_me::worth(&mut conn, token).await?
    };
    Ok(match worth {
        Worth::Live if request.navigates => {
            match exchange(state, request.client, token, ended).await? {
                Exchanged::SignedIn(me, fresh) => {
                    Authenticated::Remembered(Presence::SignedIn(me), fresh)
                }
                Exchanged::LookAgain => Authenticated::LookAgain,
                Exchanged::Nothing(ended) => anonymous(ended),
            }
        }
        // The browser is signed in again as soon as it goes somewhere, so nothing has ended for it.
        Worth::Live => anonymous(None),
        Worth::Ended(how) => anonymous(Some(better(ended, how))),
        Worth::Nothing => anonymous(ended),
    })
}

/// What may be signed up for: only visitors are told.
async fn opening_now(state: &AppState, now: Moment) -> Result<Opening, Unavailable> {
    let mut conn = state.curfew.instance.read(now).await?;
    Ok(opening(&mut conn, state.curfew.sign_up).await?)
}

fn anonymous(ended: Option<Ended>) -> Authenticated {
    Authenticated::As(ended.map_or(Presence::Anonymous, Presence::Ended))
}

fn unavailable(state: &AppState, parts: &Parts) -> Response {
    error_page::service_unavailable(state, &parts.headers, &request_id::of(&parts.extensions))
}

/// By way of the sign-in page, which leads on by itself once the browser has the new cookie.
async fn refuse_old_cookie(state: &AppState, parts: &Parts) -> Response {
    tokio::time::sleep(ANSWER_ARRIVES).await;
    if parts.method == Method::GET {
        to_sign_in(here(&parts.uri))
    } else if wants_html(&parts.headers) {
        to_sign_in(&form_page::of_referrer(state, &parts.headers).unwrap_or_else(|| "/".into()))
    } else {
        error_page::json(&AppError::not_signed_in())
    }
}

fn here(uri: &Uri) -> &str {
    uri.path_and_query().map_or("/", |here| here.as_str())
}
