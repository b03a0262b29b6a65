//! Over https: cookies that no other host can set, and no way back to http.

use app::cookies::Kind;
use axum::body::Body;
use http::Request;

use super::headers::one_of_each;
use crate::test_app::{FIREFOX_ON_LINUX, TestApp};

on_both!(over_https_cookies_are_host_only_and_secure);

async fn over_https_cookies_are_host_only_and_secure(app: TestApp) {
    let app = app.with(&[("CURFEW_PUBLIC_URL", "https://curfew.test")]);
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    ada.sign_in_remembered("Ada").await;
    for kind in [Kind::Session, Kind::RememberMe, Kind::KnownDevice] {
        assert!(app.cookie_name(kind).starts_with("__Host-curfew_"));
        assert!(ada.cookie(kind).is_some());
    }
    for (kind, answer) in one_of_each(&ada).await {
        assert_eq!(
            answer.header("strict-transport-security"),
            "max-age=31536000",
            "{kind}"
        );
    }
    ada.sign_in("Ada").await;
    let logged_out = ada.remote_logout().await;
    for name in [
        "__Host-curfew_session",
        "__Host-curfew_remember",
        "__Host-curfew_flash",
    ] {
        let cookie = logged_out.set_cookie(name).unwrap();
        assert_eq!(
            (cookie.secure(), cookie.http_only()),
            (Some(true), Some(true)),
            "{cookie}"
        );
        assert_eq!(
            (cookie.path(), cookie.domain()),
            (Some("/"), None),
            "{cookie}"
        );
    }
    ada.get(logged_out.header("location"))
        .await
        .is(200)
        .says("You’re signed out everywhere");
    // A cookie without the prefix, as a neighbour host could set it, is none of ours.
    ada.sign_in("Ada").await;
    let session = ada.cookie(Kind::Session).unwrap();
    let cookie = Request::post("/api/fn/still_signed_in")
        .header("content-length", "0")
        .header("cookie", format!("curfew_session={session}"));
    app.browser(FIREFOX_ON_LINUX)
        .send(cookie, Body::empty())
        .await
        .refuses(401, "not_signed_in");
}
