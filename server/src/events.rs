//! `/events`: server-sent events, by which an open page hears that its session has ended.
//!
//! The stream says `hello`, then nothing but a comment now and then, then why it ends. A courtesy: a
//! page that hears nothing is refused by its next request. Opening it is not using the session, and
//! touches no cookie: `EventSource` cannot read a refusal, and the next request tells and clears.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use accounts::{
    plans::Plan,
    sessions::{self, Ended, Found},
    time::Moment,
    users::{Role, UserId},
};
use app::{
    context::{session_ended, standing},
    error::{AppError, Code},
    flash::Reason,
};
use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use futures::Stream;
use serde_json::{Value, json};
use tokio::time::{Instant, Interval, interval_at};

use crate::{
    error_page,
    signed_in::session_cookie,
    state::AppState,
    streams::{Full, Held},
};

/// How often a comment is sent, so that proxies leave the stream open and a dead end is noticed.
const BEAT: Duration = Duration::from_secs(25);

/// The stream. 401 as JSON when nobody is signed in.
pub async fn events(State(state): State<AppState>, headers: HeaderMap) -> Response {
    match open(&state, &headers).await {
        Ok(events) => {
            let headers = [
                (header::CONTENT_TYPE, "text/event-stream"),
                // Not no-store: Chromium keeps no page that has read such an answer for the Back button.
                (header::CACHE_CONTROL, "private, no-cache, no-transform"),
                // nginx would keep it all to itself until the end.
                (header::HeaderName::from_static("x-accel-buffering"), "no"),
            ];
            (headers, Body::from_stream(events)).into_response()
        }
        Err(error) => error_page::json(&error),
    }
}

async fn open(state: &AppState, headers: &HeaderMap) -> Result<Events, AppError> {
    let (db, limits) = (&state.curfew.db, &state.curfew.limits);
    let token =
        session_cookie(headers, &state.curfew.cookies).ok_or_else(AppError::not_signed_in)?;
    let database = |error| AppError::database(&error);
    let mut conn = db.read().await.map_err(database)?;
    let mut held = None;
    // Twice: a remote logout that comes between the look and the taking of the place ends nothing, so one
    // looks again from there.
    loop {
        let found = sessions::find(&mut conn, &token, limits, Moment::now()).await;
        match found.map_err(database)? {
            Found::Live(who) => match held.take() {
                None => held = Some(state.streams.hold(&who).map_err(full)?),
                Some(held) => {
                    let user = &who.user;
                    return Ok(Events {
                        first: Some(hello(&user.id, user.role, user.plan)),
                        held: Some(held),
                        beat: interval_at(Instant::now() + BEAT, BEAT),
                    });
                }
            },
            Found::Ended(how) => return Err(session_ended(&how)),
            // Renewed a moment ago: the browser has the new cookie when it tries again.
            Found::JustRotated | Found::Unknown => return Err(AppError::not_signed_in()),
        }
    }
}

fn full(why: Full) -> AppError {
    let mut error = match why {
        Full::Session => AppError::new(
            Code::TooManyAttempts,
            "This session has as many event streams open as it may.",
        ),
        Full::Node | Full::Stopping => AppError::new(
            Code::Busy,
            "This Curfew has as many event streams open as it can carry.",
        ),
    };
    error.retry_after = Some(30);
    error
}

/// One open stream. Small, since there may be ten thousand.
struct Events {
    first: Option<Bytes>,
    held: Option<Held>,
    beat: Interval,
}

impl Stream for Events {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if let Some(first) = this.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        let Some(held) = &mut this.held else {
            return Poll::Ready(None);
        };
        if let Poll::Ready(word) = Pin::new(&mut held.last_word).poll(cx) {
            this.held = None;
            return Poll::Ready(word.ok().map(Ok));
        }
        ready!(this.beat.poll_tick(cx));
        Poll::Ready(Some(Ok(Bytes::from_static(b":\n\n"))))
    }
}

/// The first word: whose stream this is and how they stand. When it is cut off the browser tries again
/// after a time of its own, so that after a restart not all come at once.
fn hello(user: &UserId, role: Role, plan: Plan) -> Bytes {
    let spread = user
        .0
        .bytes()
        .fold(0_u32, |sum, b| sum.wrapping_mul(31) + u32::from(b))
        % 3_000;
    let text = "Your role or plan is another one since this page was opened.";
    let data = json!({ "user": user.0, "standing": standing(role, plan), "text": text });
    Bytes::from(format!(
        "retry: {}\n{}",
        1_000 + spread,
        event("hello", &data)
    ))
}

/// The last word to a session that has ended: how, in the card's words.
pub(crate) fn ended(user: &UserId, how: &Ended) -> Bytes {
    let reason = Reason::from(how);
    let may_come_back = reason.end_reason.may_come_back();
    let data = json!({ "user": user.0, "may_come_back": may_come_back, "reason": reason });
    event("ended", &data).into()
}

/// The last word to a session that lives on, when its user's role or plan is another one.
pub(crate) fn changed(user: &UserId, role: Role, plan: Plan) -> Bytes {
    let text = format!(
        "Your role is {} and your plan is {} now.",
        role.name(),
        plan.name()
    );
    let data = json!({ "user": user.0, "standing": standing(role, plan), "text": text });
    event("changed", &data).into()
}

/// JSON has no line ends of its own, so it is one line of data.
fn event(name: &str, data: &Value) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}
