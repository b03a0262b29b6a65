//! A browser: a cookie jar, a user agent, an address.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Mutex,
};

use accounts::{
    secret::Token,
    sessions::{self, Found, SignedIn},
};
use app::cookies::Kind;
use axum::{
    body::{Body, to_bytes},
    extract::ConnectInfo,
};
use cookie::{Cookie, SameSite, time::Duration};
use form_urlencoded::Serializer;
use http::{HeaderMap, Method, Request, Response, header, request};
use tower::ServiceExt;

use crate::{
    answer::Answer,
    download::Download,
    listening::Listening,
    test_app::{PASSWORD, TestApp, email_of},
};

const FORM: &str = "application/x-www-form-urlencoded";

/// A browser, or with [`Browser::call`] a program with its cookies.
pub struct Browser {
    pub app: TestApp,
    pub user_agent: String,
    pub address: IpAddr,
    /// Whether its user knows the setup code, and types it wherever they sign up.
    pub has_read_the_log: bool,
    jar: Mutex<BTreeMap<String, Cookie<'static>>>,
}

impl Clone for Browser {
    /// A thief who has copied every cookie.
    fn clone(&self) -> Self {
        Self {
            app: self.app.clone(),
            user_agent: self.user_agent.clone(),
            address: self.address,
            has_read_the_log: self.has_read_the_log,
            jar: Mutex::new(self.jar.lock().unwrap().clone()),
        }
    }
}

impl Browser {
    pub fn new(app: TestApp, user_agent: &str) -> Self {
        Self {
            app,
            user_agent: user_agent.to_owned(),
            address: Ipv4Addr::new(192, 0, 2, 1).into(),
            has_read_the_log: true,
            jar: Mutex::default(),
        }
    }

    /// The same browser, after the service was restarted or on another node.
    pub fn at(&self, app: &TestApp) -> Self {
        Self {
            app: app.clone(),
            ..self.clone()
        }
    }

    /// Signs up with the plain form, and is signed in.
    pub async fn sign_up(&self, name: &str) {
        let email = email_of(name);
        let form = [("name", name), ("email", &email), ("password", PASSWORD)];
        self.post_form("/api/fn/sign_up", "/sign-up", &form)
            .await
            .leads_to("/");
    }

    /// Signs in with the plain form.
    pub async fn sign_in(&self, name: &str) {
        let form = [("email", email_of(name)), ("password", PASSWORD.into())];
        self.post_form("/api/fn/sign_in", "/sign-in", &form)
            .await
            .leads_to("/");
    }

    /// Signs in with "Remember me" ticked.
    pub async fn sign_in_remembered(&self, name: &str) {
        let email = email_of(name);
        let form = [
            ("email", email.as_str()),
            ("password", PASSWORD),
            ("remember_me", "true"),
        ];
        self.post_form("/api/fn/sign_in", "/sign-in", &form)
            .await
            .leads_to("/");
    }

    /// Sends the form "Log out everywhere" of the page without script.
    pub async fn remote_logout(&self) -> Answer {
        let form = [("from", "security")];
        self.post_form(
            "/api/fn/remote_logout",
            "/profile/remote-logout?from=security",
            &form,
        )
        .await
    }

    /// Whether the cookies are good, asked by a program.
    pub async fn is_signed_in(&self) -> bool {
        let answer = self.call("still_signed_in", NOTHING).await;
        assert!([200, 401].contains(&answer.status), "{answer:?}");
        answer.status == 200
    }

    /// Whether it is signed in when it goes to a page, by its remember-me cookie where it has no session.
    pub async fn comes_back(&self) -> bool {
        let answer = self.get("/profile").await;
        assert!([200, 303].contains(&answer.status), "{answer:?}");
        answer.status == 200
    }

    /// The user and session of its cookie, as the rules find them.
    pub async fn signed_in(&self) -> SignedIn {
        let token = Token::presented(&self.cookie(Kind::Session).unwrap()).unwrap();
        let mut conn = self.app.read().await;
        match sessions::find(&mut conn, &token).await {
            Ok(Found::Live(who)) => *who,
            other => panic!("{other:?}"),
        }
    }

    /// Goes to a page.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Self::navigates(Method::GET, path), Body::empty())
            .await
    }

    /// Sends a plain form of the page `on`.
    pub async fn post_form<N: AsRef<str>, V: AsRef<str>>(
        &self,
        path: &str,
        on: &str,
        fields: &[(N, V)],
    ) -> Answer {
        let origin = self.app.state.config.public_url();
        let request = Self::navigates(Method::POST, path)
            .header(header::CONTENT_TYPE, FORM)
            .header(header::ORIGIN, &origin)
            .header(header::REFERER, format!("{origin}{on}"));
        self.send(request, self.filled(path, fields).into()).await
    }

    /// Calls a server function as a program does: JSON comes back, and nothing says "browser".
    pub async fn call<N: AsRef<str>, V: AsRef<str>>(
        &self,
        function: &str,
        fields: &[(N, V)],
    ) -> Answer {
        let request = Request::post(format!("/api/fn/{function}"))
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, FORM);
        self.send(request, self.filled(function, fields).into())
            .await
    }

    /// A form, with the setup code where that is not in it already.
    fn filled<N: AsRef<str>, V: AsRef<str>>(&self, function: &str, fields: &[(N, V)]) -> String {
        let mut form = Serializer::new(String::new());
        form.extend_pairs(fields);
        let signs_up = function.rsplit('/').next() == Some("sign_up");
        let is_typed = fields.iter().any(|(name, _)| name.as_ref() == "setup_code");
        if signs_up && self.has_read_the_log && !is_typed {
            form.append_pair("setup_code", &self.app.setup_code());
        }
        form.finish()
    }

    /// Opens the event stream. Its answer when that is refused.
    pub async fn listen(&self) -> Result<Listening, Answer> {
        let request = Request::get("/events")
            .header(header::ACCEPT, "text/event-stream")
            .header(header::CACHE_CONTROL, "no-cache");
        let response = self.sent(request, Body::empty()).await;
        let (parts, body) = response.into_parts();
        if parts.status == 200 {
            return Ok(Listening::opened(parts.headers, body).await);
        }
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Err(Answer::new(parts.status, parts.headers, body.to_vec()))
    }

    /// Begins to download a file, and has taken nothing of it yet.
    pub async fn download(&self, path: &str) -> Download {
        self.begins(Self::navigates(Method::GET, path)).await
    }

    /// Begins to download what that request asks for.
    pub async fn begins(&self, request: request::Builder) -> Download {
        let (parts, body) = self.sent(request, Body::empty()).await.into_parts();
        assert_eq!(parts.status, 200);
        Download::begun(body)
    }

    /// What a browser says of itself when it goes somewhere.
    pub fn navigates(method: Method, path: &str) -> request::Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header(
                header::ACCEPT,
                "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            )
            .header("sec-fetch-mode", "navigate")
            .header("sec-fetch-dest", "document")
            .header("sec-fetch-site", "same-origin")
    }

    /// Sends any request with this browser's cookies, and keeps the cookies that come back.
    pub async fn send(&self, request: request::Builder, body: Body) -> Answer {
        let (parts, body) = self.sent(request, body).await.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Answer::new(parts.status, parts.headers, body.to_vec())
    }

    async fn sent(&self, request: request::Builder, body: Body) -> Response<Body> {
        let mut request = request.body(body).unwrap();
        let host = self.app.state.config.public_url();
        let host = host.split_once("://").unwrap().1.parse().unwrap();
        let headers = request.headers_mut();
        headers.entry(header::HOST).or_insert(host);
        headers
            .entry(header::USER_AGENT)
            .or_insert(self.user_agent.parse().unwrap());
        let cookies = self.cookies();
        if !cookies.is_empty() {
            headers.append(header::COOKIE, cookies.parse().unwrap());
        }
        request
            .extensions_mut()
            .insert(ConnectInfo(SocketAddr::new(self.address, 40_000)));
        let response = self.app.router.clone().oneshot(request).await.unwrap();
        self.keep(response.headers());
        response
    }

    fn cookies(&self) -> String {
        let jar = self.jar.lock().unwrap();
        let pairs: Vec<String> = jar.values().map(|c| c.stripped().to_string()).collect();
        pairs.join("; ")
    }

    /// What a browser does with the cookies of an answer. One that is removed with other attributes than
    /// it was set with would stay in a real one.
    fn keep(&self, headers: &HeaderMap) {
        let mut jar = self.jar.lock().unwrap();
        for value in headers.get_all(header::SET_COOKIE) {
            let cookie = Cookie::parse(value.to_str().unwrap().to_owned()).unwrap();
            if let Some(before) = jar.get(cookie.name()) {
                assert_eq!(attributes(before), attributes(&cookie), "{}", cookie.name());
            }
            if cookie.max_age() == Some(Duration::ZERO) {
                jar.remove(cookie.name());
            } else {
                jar.insert(cookie.name().to_owned(), cookie);
            }
        }
    }

    /// The value of a cookie in the jar.
    pub fn cookie(&self, kind: Kind) -> Option<String> {
        let jar = self.jar.lock().unwrap();
        jar.get(self.app.cookie_name(kind))
            .map(|c| c.value().to_owned())
    }

    /// Puts a cookie into the jar, as a thief does who has copied it.
    pub fn put(&self, kind: Kind, value: &str) {
        let name = self.app.cookie_name(kind);
        let cookie = Cookie::build((name, value.to_owned()))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.app.state.config.https())
            .build();
        self.jar.lock().unwrap().insert(name.to_owned(), cookie);
    }

    /// Loses a cookie, as a browser that is closed loses its session cookie.
    pub fn lose(&self, kind: Kind) {
        self.jar.lock().unwrap().remove(self.app.cookie_name(kind));
    }
}

/// What tells a browser that two cookies of one name are the same.
fn attributes(cookie: &Cookie<'_>) -> (Option<String>, bool, bool, bool, Option<SameSite>) {
    (
        cookie.path().map(str::to_owned),
        cookie.domain().is_some(),
        cookie.secure() == Some(true),
        cookie.http_only() == Some(true),
        cookie.same_site(),
    )
}

/// A form without fields.
pub const NOTHING: &[(&str, &str)] = &[];

/// Fields as a form sends them.
pub fn encoded<N: AsRef<str>, V: AsRef<str>>(fields: &[(N, V)]) -> String {
    Serializer::new(String::new()).extend_pairs(fields).finish()
}
