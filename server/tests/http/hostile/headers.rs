//! The headers of every kind of answer.

use axum::body::Body;
use http::{Request, header};

use crate::{
    answer::{Answer, attribute, tags},
    browser::{Browser, NOTHING},
    test_app::{FIREFOX_ON_LINUX, TestApp},
};

on_both!(
    every_kind_of_answer_carries_the_headers,
    scripts_of_a_page_carry_its_nonce_and_nothing_else_runs,
    built_files_may_be_kept_for_ever,
    pages_are_compressed_for_who_takes_it_and_short_answers_are_not,
);

/// One of each kind: pages, redirects, JSON, refusals, files, health.
pub(super) async fn one_of_each(ada: &Browser) -> Vec<(&'static str, Answer)> {
    let anonymous = ada.app.browser(FIREFOX_ON_LINUX);
    let cross_site = Request::post("/api/fn/sign_out").header("sec-fetch-site", "cross-site");
    vec![
        ("page", ada.get("/profile/security").await),
        ("sign-in", anonymous.get("/sign-in").await),
        ("redirect", anonymous.get("/profile").await),
        ("json", ada.call("still_signed_in", NOTHING).await),
        ("401", anonymous.call("still_signed_in", NOTHING).await),
        ("404 page", ada.get("/nothing/here").await),
        ("404 json", ada.call("nothing", NOTHING).await),
        ("404 file", ada.get("/pkg/nothing.js").await),
        ("405", ada.get("/sign-out").await),
        ("403", ada.send(cross_site, Body::empty()).await),
        ("favicon", ada.get("/favicon.svg").await),
        ("robots", ada.get("/robots.txt").await),
        ("healthz", ada.get("/healthz").await),
        ("readyz", ada.get("/readyz").await),
        ("well-known", ada.get("/.well-known/change-password").await),
        ("remote logout", ada.clone().remote_logout().await),
    ]
}

async fn every_kind_of_answer_carries_the_headers(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    for (kind, answer) in one_of_each(&ada).await {
        assert!(answer.status < 500, "{kind}: {answer:?}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), value, "{kind}");
        }
        let policy = answer.header("content-security-policy");
        for part in [
            "default-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(part), "{kind}: {policy}");
        }
        assert!(
            !policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"),
            "{kind}: {policy}"
        );
        let may_be_kept = ["favicon", "robots"].contains(&kind);
        if !may_be_kept {
            assert_eq!(answer.header("cache-control"), "no-store", "{kind}");
        }
        assert_eq!(answer.header("x-request-id").len(), 36, "{kind}");
        assert_eq!(
            answer
                .headers
                .get_all("content-security-policy")
                .iter()
                .count(),
            1,
            "{kind}"
        );
        assert!(
            !answer.headers.contains_key("server") && !answer.headers.contains_key("x-powered-by"),
            "{kind}"
        );
        assert!(
            !answer.headers.contains_key("strict-transport-security"),
            "{kind}: over http it means nothing"
        );
        assert!(
            !answer.headers.contains_key("access-control-allow-origin"),
            "{kind}"
        );
    }
}

async fn scripts_of_a_page_carry_its_nonce_and_nothing_else_runs(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let anonymous = app.browser(FIREFOX_ON_LINUX);
    let mut nonces = Vec::new();
    for (browser, path) in [
        (&anonymous, "/sign-in"),
        (&anonymous, "/sign-up"),
        (&ada, "/"),
        (&ada, "/profile"),
        (&ada, "/profile/login"),
        (&ada, "/profile/password"),
        (&ada, "/profile/security"),
        (&ada, "/profile/remote-logout"),
        (&ada, "/settings/api"),
        (&ada, "/settings/mcp"),
        (&ada, "/nothing/here"),
    ] {
        let page = browser.get(path).await;
        let policy = page.header("content-security-policy");
        let nonce = policy
            .split_once("'nonce-")
            .unwrap()
            .1
            .split('\'')
            .next()
            .unwrap();
        assert!(nonce.len() >= 16, "{path}: {policy}");
        let scripts: Vec<&str> = tags(&page.body)
            .filter(|tag| tag.starts_with("<script"))
            .collect();
        assert!(scripts.len() >= 2, "{path}: {page:?}");
        for script in scripts {
            assert_eq!(
                attribute(script, "nonce").as_deref(),
                Some(nonce),
                "{path}: {script}"
            );
        }
        for tag in tags(&page.body) {
            // What stands between quotes is a text.
            let names: String = tag.split('"').step_by(2).collect();
            assert!(
                !names.contains(" style="),
                "{path}: the policy forbids {tag}"
            );
            assert!(!names.contains(" on"), "{path}: the policy forbids {tag}");
        }
        nonces.push(nonce.to_owned());
    }
    nonces.sort();
    nonces.dedup();
    assert_eq!(nonces.len(), 11, "no nonce twice");
    // Pages without the app have no script at all.
    let bare = ada.get("/sign-out").await;
    assert!(
        bare.header("content-security-policy")
            .starts_with("default-src 'none'; style-src 'self'"),
        "{bare:?}"
    );
    assert!(!bare.body.contains("<script"), "{bare:?}");
}

async fn built_files_may_be_kept_for_ever(app: TestApp) {
    assert!(
        server::assets::built().is_some(),
        "the browser side is not built: run `make test`, or `cargo xtask web` first"
    );
    let anonymous = app.browser(FIREFOX_ON_LINUX);
    let assets = &app.state.assets;
    for (path, content_type) in [
        (&assets.js, "text/javascript; charset=utf-8"),
        (&assets.wasm, "application/wasm"),
        (&assets.css, "text/css; charset=utf-8"),
        (&assets.guard, "text/javascript; charset=utf-8"),
    ] {
        for encoding in ["", "gzip", "br", "br;q=0, gzip"] {
            let request = Request::get(path).header(header::ACCEPT_ENCODING, encoding);
            let file = anonymous.send(request, Body::empty()).await;
            file.is(200);
            assert_eq!(file.header("content-type"), content_type, "{path}");
            assert_eq!(
                file.header("cache-control"),
                "public, max-age=31536000, immutable",
                "{path}"
            );
            assert_eq!(
                file.header("vary").to_lowercase(),
                "accept-encoding",
                "{path}"
            );
            assert!(file.touches_no_cookie(), "{path}");
            let encoded = file.header("content-encoding");
            assert!(
                encoded.is_empty() || encoding.contains(encoded),
                "{path}: {encoded} for {encoding}"
            );
            assert!(
                !(encoded == "br" && encoding.starts_with("br;q=0")),
                "{path}"
            );
        }
    }
    for path in [
        "/pkg/",
        "/pkg/..%2fmanifest.json",
        "/pkg/../manifest.json",
        "/manifest.json",
        "/pkg/%2e%2e/robots.txt",
    ] {
        anonymous.get(path).await.is(404);
    }
}

async fn pages_are_compressed_for_who_takes_it_and_short_answers_are_not(app: TestApp) {
    let anonymous = app.browser(FIREFOX_ON_LINUX);
    for (path, takes, encoded) in [
        ("/sign-in", "gzip", "gzip"),
        ("/sign-in", "gzip, br", "br"),
        ("/sign-in", "br;q=0, gzip", "gzip"),
        ("/sign-in", "identity", ""),
        ("/healthz", "gzip", ""),
    ] {
        let request = Request::get(path).header(header::ACCEPT_ENCODING, takes);
        let answer = anonymous.send(request, Body::empty()).await;
        answer.is(200);
        assert_eq!(
            answer.header("content-encoding"),
            encoded,
            "{path}: {takes}"
        );
        let vary = answer.header("vary").to_lowercase();
        assert_eq!(
            vary.contains("accept-encoding"),
            path == "/sign-in",
            "{path}"
        );
    }
}
