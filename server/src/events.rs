//! `/events`: server-sent events, by which an open page learns that its session has ended.
//!
//! The stream says `hello`, then nothing but a comment now and then, then why it ends. A courtesy: a page that
//! receives nothing is refused by its next request. Opening it is not using the session, and touches no cookie:
//! `EventSource` cannot read a refusal, and the next request tells and clears.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use accounts::{
    sessions::{self, Found},
    time::Moment,
};
use app::{
    context::session_ended,
    error::{AppError, Code},
};
use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use futures::Stream;
use tokio::time::{Instant, Interval, interval_at};

use crate::{
    authentication::session_token,
    error_page,
    state::AppState,
    streams::{Full, Held, notices},
};

/// How often a comment is sent, so that proxies leave the stream open and a dead end is noticed.
const BEAT: Duration = Duration::from_secs(25);

/// The stream. 401 as JSON without a live session.
pub async fn events(State(state): State<AppState>, headers: HeaderMap) -> Response {
    match open(&state, &headers).await {
        Ok(events) => {
            let headers = [
                (header::CONTENT_TYPE, "text/event-stream"),
                // Not no-store: Chromium keeps no page that has read such an answer for the Back button.
                (header::CACHE_CONTROL, "private, no-cache, no-transform"),
                // nginx would buffer it until the end.
                (header::HeaderName::from_static("x-accel-buffering"), "no"),
            ];
            (headers, Body::from_stream(events)).into_response()
        }
        Err(error) => error_page::json(&error),
    }
}

async fn open(state: &AppState, headers: &HeaderMap) -> Result<Events, AppError> {
    let token =
        session_token(headers, &state.curfew.cookies).ok_or_else(AppError::not_signed_in)?;
    let mut conn = state.curfew.instance.read(Moment::now()).await?;
    let mut held = None;
    // Twice: a remote logout that comes between the look-up and the entry in the list ends nothing, so it is
    // looked up again from there.
    loop {
        conn.now = Moment::now();
        match sessions::find(&mut conn, &token).await? {
            Found::Live(who) => match held.take() {
                None => held = Some(state.streams.hold(&who)?),
                Some(held) => {
                    let user = &who.user;
                    return Ok(Events {
                        first: Some(notices::hello(&user.id, user.role, user.plan)),
                        held: Some(held),
                        beat: interval_at(Instant::now() + BEAT, BEAT),
                    });
                }
            },
            Found::Ended(how) if how.is_in_doubt() => {
                return Err(AppError::service_unavailable());
            }
            Found::Ended(how) => return Err(session_ended(&how)),
            // Rotated a moment ago: the browser has the new cookie when it tries again.
            Found::JustRotated | Found::Unknown => return Err(AppError::not_signed_in()),
        }
    }
}

impl From<Full> for AppError {
    fn from(why: Full) -> Self {
        let mut error = match why {
            Full::Session => Self::new(
                Code::TooManyAttempts,
                "This session has as many event streams open as it may.",
            ),
            Full::Node | Full::Stopping => Self::new(
                Code::Busy,
                "This Curfew has as many event streams open as it can carry.",
            ),
        };
        error.retry_after = Some(30);
        error
    }
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
