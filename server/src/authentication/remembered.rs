//! From a remember-me cookie to a session, where a browser goes somewhere.

use accounts::{
    client::Client,
    db::DatabaseError,
    end_reason::EndReason,
    operation::Operation,
    remember_me::{self, Exchange},
    secret::Token,
    sessions::{self, Ended, Found, SignedIn},
    time::Moment,
};
use app::pages::look_again;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use cookie::Cookie;

use crate::state::AppState;

/// What presenting the cookie led to.
pub(super) enum Exchanged {
    /// A session, and the cookies for it and for the next time.
    SignedIn(Box<SignedIn>, Vec<Cookie<'static>>),
    /// Another tab was a moment faster.
    LookAgain,
    /// Nothing, and how the session or the device ended.
    Nothing(Option<Ended>),
}

/// Exchanges a remember-me cookie. `ended` says how the session ended before.
pub(super) async fn exchange(
    state: &AppState,
    client: &Client,
    token: &Token,
    ended: Option<Ended>,
) -> Result<Exchanged, DatabaseError> {
    let (instance, now) = (&state.curfew.instance, Moment::now());
    let mut op = Operation::begin(instance, client, now).await?;
    let (started, next, expires_at) = match remember_me::exchange(&mut op, token).await? {
        Exchange::Session {
            started,
            next,
            expires_at,
            ..
        } => (started, next, expires_at),
        Exchange::JustExchanged => return Ok(Exchanged::LookAgain),
        Exchange::Reused(how) | Exchange::Void(how) => {
            op.commit().await?;
            return Ok(Exchanged::Nothing(Some(how)));
        }
        Exchange::Ended(how) => return Ok(Exchanged::Nothing(Some(better(ended, how)))),
        Exchange::Unknown => return Ok(Exchanged::Nothing(ended)),
    };
    op.commit().await?;
    let now = Moment::now();
    let mut conn = instance.read(now).await?;
    match sessions::find(&mut conn, &started.token).await? {
        Found::Live(me) => {
            let cookies = &state.curfew.cookies;
            let lasts = now.at.until(expires_at);
            let fresh = vec![
                cookies.session(&started.token),
                cookies.remember_me(&next, lasts),
            ];
            Ok(Exchanged::SignedIn(me, fresh))
        }
        // A remote logout came between the commit and the look-up.
        Found::Ended(how) => Ok(Exchanged::Nothing(Some(how))),
        Found::JustRotated | Found::Unknown => Ok(Exchanged::Nothing(None)),
    }
}

/// What ended the session is the better reason, unless it had merely expired.
pub(super) fn better(session: Option<Ended>, device: Ended) -> Ended {
    session
        .filter(|ended| ended.end_reason != EndReason::Expired)
        .unwrap_or(device)
}

/// A page that looks again by itself: by then the browser has the cookies that another of its tabs was given. It ends
/// with the time in which a cookie counts as just exchanged; after that the cookie is exchanged again.
pub(super) fn page_that_looks_again(state: &AppState) -> Response {
    let page = Html(look_again::page(&state.assets));
    let mut response = (StatusCode::ACCEPTED, page).into_response();
    let again = HeaderValue::from_static("1");
    response.headers_mut().insert(header::REFRESH, again);
    response
}
