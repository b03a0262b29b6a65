//! What is around every request: its number and its line in the log, the host it names, where it comes from, how long it may
//! take, the words of a bare refusal, compression, and the headers of every answer.
//!
//! One layer of the router does it all. axum gives each layer of each route a service to clone and a future to box at
//! every request, and nine of them cost more than a session check reads (docs/MEASUREMENTS.md).

use std::{convert::Infallible, future::ready, panic::AssertUnwindSafe, time::Duration};

use axum::{
    body::{Body, HttpBody},
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::FutureExt;
use tokio::time::timeout;
use tower::{Layer, ServiceExt, service_fn};
use tower_http::compression::{
    CompressionLayer,
    predicate::{DefaultPredicate, Predicate, SizeAbove},
};
use tracing::Instrument;

use crate::{
    cross_site,
    error_page::Asked,
    headers, host, problem,
    request_id::{self, Numbered},
    state::AppState,
};

/// Longest a request may take. A change of password hashes twice, behind other requests in line.
const LONGEST: Duration = Duration::from_secs(30);

/// An answer shorter than this is sent as it is: compressing would cost more than it saves.
const SHORT: u64 = 512;

/// Around what browsers ask, with cookies: what another site's page sends is refused.
pub(crate) async fn browsers(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    each(&state, request, async |request| {
        let asked = Asked::by(&state, &request);
        // The check may read the body of a form, which may crawl.
        let answered = async {
            match cross_site::check(&state, request).await {
                Ok(request) => next.run(request).await,
                Err(refused) => refused,
            }
        };
        asked.explain(&state, bounded(answered).await)
    })
    .await
}

/// Around what programs ask, outside of [`of_a_program`].
pub(crate) async fn programs(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    each(&state, request, async |request| next.run(request).await).await
}

/// A program's request. Programs come with a token, which no other site can make a browser send: what is refused
/// elsewhere for coming from another site is cookies, and their routes look at none.
pub(crate) async fn of_a_program(request: Request, next: Next) -> Response {
    let id = request_id::of(request.extensions());
    problem::explain(bounded(next.run(request)).await, id)
}

async fn each(
    state: &AppState,
    mut request: Request,
    answer: impl AsyncFnOnce(Request) -> Response,
) -> Response {
    let numbered = Numbered::begin(&mut request);
    let encodings = request.headers().get(header::ACCEPT_ENCODING).cloned();
    let answered = async {
        match host::check(state, &request) {
            Ok(()) => answer(request).await,
            Err(refused) => refused,
        }
    };
    let response = answered
        .instrument(numbered.span())
        .instrument(numbered.traced())
        .await;
    let mut response = compressed(encodings, response).await;
    headers::secure(state, &mut response);
    numbered.answered(response)
}

/// No request lasts for ever, and none takes the program down.
async fn bounded(answered: impl Future<Output = Response>) -> Response {
    let answered = AssertUnwindSafe(answered).catch_unwind();
    match timeout(LONGEST, answered).await {
        Ok(Ok(response)) => response,
        // Its words are in the log already, by the panic hook.
        Ok(Err(_)) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Err(_) => StatusCode::GATEWAY_TIMEOUT.into_response(),
    }
}

/// The answer in one of the encodings that its reader takes, where that is worth it.
async fn compressed(encodings: Option<HeaderValue>, response: Response) -> Response {
    let size = response.body().size_hint().exact();
    let is_short = size.is_some_and(|size| size <= SHORT);
    let Some(encodings) = encodings.filter(|_| !is_short) else {
        return response;
    };
    let mut request = Request::new(Body::empty());
    let headers = request.headers_mut();
    headers.insert(header::ACCEPT_ENCODING, encodings);
    let mut response = Some(response);
    let answer = service_fn(move |_: Request| {
        let response = response.take().unwrap_or_default();
        ready(Ok::<_, Infallible>(response))
    });
    let worth_it = SizeAbove::new(SHORT).and(DefaultPredicate::new());
    let layer = CompressionLayer::new().compress_when(worth_it);
    let Ok(response) = layer.layer(answer).oneshot(request).await;
    response.map(Body::new)
}
