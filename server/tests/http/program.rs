//! A program with a token: no cookies, no browser.

use axum::body::Body;
use http::{Method, Request, header};
use serde_json::{Value, json};

use crate::{answer::Answer, browser::Browser, test_app::TestApp};

const CURL: &str = "curl/8.14.1";

pub struct Program {
    pub browser: Browser,
    pub token: String,
}

impl Program {
    pub fn new(app: &TestApp, token: &str) -> Self {
        Self {
            browser: app.browser(CURL),
            token: token.to_owned(),
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, Body::empty()).await
    }

    pub async fn post(&self, path: &str) -> Answer {
        self.send(Method::POST, path, Body::empty()).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, Body::empty()).await
    }

    pub async fn send(&self, method: Method, path: &str, body: Body) -> Answer {
        self.browser.send(self.request(method, path), body).await
    }

    /// A request with the token.
    pub fn request(&self, method: Method, path: &str) -> http::request::Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
    }

    /// A JSON-RPC request to `/mcp`, and its answer.
    pub async fn rpc(&self, method: &str, params: Value) -> Answer {
        let request = self
            .request(Method::POST, "/mcp")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json, text/event-stream");
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        self.browser.send(request, message.to_string().into()).await
    }

    /// Calls a tool.
    pub async fn tool(&self, name: &str, arguments: Value) -> Value {
        let call = json!({ "name": name, "arguments": arguments });
        self.rpc("tools/call", call).await.is(200).json()
    }
}

/// Creates a token as its page does; `revoke_tokens` is the box that is ticked.
pub async fn token_of(user: &Browser, kind: &str, revoke_tokens: Option<&str>) -> String {
    let mut fields = vec![("name", "Backup"), ("expires", "30")];
    fields.extend(revoke_tokens.map(|name| (name, "true")));
    let made = user.call(&format!("create_{kind}_token"), &fields).await;
    made.is(200);
    made.json()["value"].as_str().unwrap().to_owned()
}
