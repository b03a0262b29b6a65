//! `/events`: server-sent events, by which an open page learns that its session has ended.
//!
//! The stream says `hello`, then `activity` whenever something has happened to the user, a comment now and then, and at
//! last why it ends. A courtesy: a page that
//! receives nothing is refused by its next request. Opening it is not using the session, and touches no cookie:
//! `EventSource` cannot read a refusal, and the next request tells and clears.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use accounts::{ids::UserId, remember_me, sessions::Found, time::Moment};
use app::{
    context::session_ended,
    error::{AppError, Code},
};
use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::{header, request::Parts},
    response::{IntoResponse, Response},
};
use futures::Stream;
use tokio::time::{Instant, Interval, interval_at};
use tracing::Span;

use crate::{
    authentication::{client_of, session_token},
    error_page,
    state::AppState,
    streams::{Full, Held, notices},
};

/// How often a comment is sent, so that proxies leave the stream open and a dead end is noticed.
const BEAT: Duration = Duration::from_secs(25);

/// The stream. 401 as JSON without a live session.
pub async fn events(State(state): State<AppState>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    match open(&state, &parts).await {
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

async fn open(state: &AppState, parts: &Parts) -> Result<Events, AppError> {
    let token = session_token(&parts.headers, &state.curfew.cookies);
    let token = token.ok_or_else(AppError::not_signed_in)?;
    let instance = &state.curfew.instance;
    let mut held = None;
    // Twice: a remote logout that comes between the look-up and the entry in the list ends nothing, so it is
    // looked up again from there.
    loop {
        let now = Moment::now();
        match state.checks.check(&token).await? {
            // A session that a remember-me cookie has just given: the answer has arrived, and this says so.
            Found::Live(who) if who.first_use => {
                let client = client_of(parts, state);
                remember_me::first_use(instance, &client, now, &who, &token).await?;
            }
            Found::Live(who) => match held.take() {
                None => held = Some(state.streams.hold(&who)?),
                Some(held) => {
                    let (user, span) = (&who.user, Span::current());
                    span.record("user", user.id.as_str())
                        .record("session", who.session.as_str());
                    return Ok(Events {
                        first: Some(notices::hello(&user.id, user.role, user.plan)),
                        user: user.id.clone(),
                        held: Some(held),
                        beat: interval_at(Instant::now() + BEAT, BEAT),
                        opened: Instant::now(),
                        span,
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
    user: UserId,
    beat: Interval,
    opened: Instant,
    /// The request's, so that the line about the end says whose stream it was.
    span: Span,
}

impl Drop for Events {
    fn drop(&mut self) {
        let ms = self.opened.elapsed().as_millis();
        // One that is still held was not ended here.
        let by = match self.held {
            Some(_) => "client",
            None => "server",
        };
        tracing::info!(parent: &self.span, ms, by, "event stream ended");
    }
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
        if held.take_activity(cx) {
            return Poll::Ready(Some(Ok(notices::activity(&this.user))));
        }
        ready!(this.beat.poll_tick(cx));
        Poll::Ready(Some(Ok(Bytes::from_static(b":\n\n"))))
    }
}
