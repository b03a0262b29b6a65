//! An application without any sign-in of its own, which remembers what reached it.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    extract::Request,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, header};

/// A request that was let through.
#[derive(Debug, Clone)]
pub struct LetThrough {
    /// Path and query as they arrived.
    pub address: String,
    headers: HeaderMap,
}

impl LetThrough {
    /// A header's only value; empty where it is missing.
    pub fn header(&self, name: &str) -> String {
        self.headers(name).pop().unwrap_or_default()
    }

    /// Every value of a header.
    pub fn headers(&self, name: &str) -> Vec<String> {
        let values = self.headers.get_all(name).iter();
        values
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .collect()
    }
}

/// Where it says itself how long its answers may be kept, and what it says.
pub const KEPT: (&str, &str) = ("/kept", "public, max-age=86400");

/// It listens as long as the story runs.
pub struct Application {
    pub address: String,
    requests: Arc<Mutex<Vec<LetThrough>>>,
}

impl Application {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let application = Self {
            address: listener.local_addr().unwrap().to_string(),
            requests: Arc::default(),
        };
        let requests = application.requests.clone();
        let router = Router::new().fallback(move |request: Request| {
            let address = request.uri().path_and_query().unwrap().to_string();
            let headers = request.headers().clone();
            let mut answer: Response = "the application".into_response();
            if request.uri().path() == KEPT.0 {
                let says = HeaderValue::from_static(KEPT.1);
                answer.headers_mut().insert(header::CACHE_CONTROL, says);
            }
            requests
                .lock()
                .unwrap()
                .push(LetThrough { address, headers });
            async move { answer }
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        application
    }

    /// What was let through so far.
    pub fn requests(&self) -> Vec<LetThrough> {
        self.requests.lock().unwrap().clone()
    }
}
