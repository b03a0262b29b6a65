//! Whose address a request counts for.

use axum::body::Body;
use http::{HeaderValue, Request, header};

use crate::{
    answer::Answer,
    browser::{Browser, NOTHING, encoded},
    logged::{logged, with},
    test_app::{FIREFOX_ON_LINUX, SAFARI_ON_IPHONE, TestApp},
};

on_both!(
    no_byte_hides_a_client_or_gives_it_a_fresh_limit,
    the_first_forwarded_address_of_a_stranger_is_warned_of_once,
);

const FORM: &str = "application/x-www-form-urlencoded";

/// Signs in with a wrong password, by way of a proxy that was sent `sent` and appended an address.
async fn tries(browser: &Browser, sent: &[u8]) -> Answer {
    let forwarded = [sent, b", 203.0.113.7"].concat();
    let form = [("email", "ada@example.com"), ("password", "not the one")];
    let request = Request::post("/api/fn/sign_in")
        .header(header::CONTENT_TYPE, FORM)
        .header(
            "x-forwarded-for",
            HeaderValue::from_bytes(&forwarded).unwrap(),
        );
    browser.send(request, encoded(&form).into()).await
}

async fn no_byte_hides_a_client_or_gives_it_a_fresh_limit(app: TestApp) {
    app.browser(FIREFOX_ON_LINUX).sign_up("Ada").await;
    // The browsers of these stories have that address: here it is a proxy's.
    let app = app.with(&[
        ("CURFEW_TRUSTED_PROXIES", "192.0.2.1"),
        ("CURFEW_ATTEMPTS_PER_ADDRESS", "3"),
    ]);
    let stranger = app.browser(SAFARI_ON_IPHONE);
    for sent in [&b"\xff"[..], b"\xff\xfe", b"1.1.1.1, \x80"] {
        tries(&stranger, sent)
            .await
            .refuses(401, "invalid_credentials");
    }
    for sent in [&b"\xff\xff\xff"[..], b"8.8.8.8", b"", b"[2001:db8::7]"] {
        tries(&stranger, sent)
            .await
            .refuses(429, "too_many_attempts");
    }
    let event = app.newest_event("Ada", "user.login_failed").await;
    assert_eq!(event.ip.as_deref(), Some("203.0.113.7"));
}

async fn the_first_forwarded_address_of_a_stranger_is_warned_of_once(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let forwarded = || {
        Request::get("/profile")
            .header(header::ACCEPT, "text/html")
            .header("x-forwarded-for", "203.0.113.7")
    };
    let ((), lines) = logged(async {
        ada.get("/profile").await.is(200);
        for _ in 0..3 {
            ada.send(forwarded(), Body::empty()).await.is(200);
        }
    })
    .await;
    let warned = with(&lines, "X-Forwarded-For");
    assert_eq!(warned.len(), 1, "{lines:#?}");
    assert!(warned[0].contains("CURFEW_TRUSTED_PROXIES"), "{warned:?}");
    assert!(warned[0].contains("peer=192.0.2.1"), "{warned:?}");

    let trusted = app.with(&[("CURFEW_TRUSTED_PROXIES", "192.0.2.1")]);
    let (_, lines) = logged(
        trusted
            .browser(FIREFOX_ON_LINUX)
            .send(forwarded(), Body::empty()),
    )
    .await;
    assert!(with(&lines, "X-Forwarded-For").is_empty(), "{lines:#?}");
    assert!(ada.call("still_signed_in", NOTHING).await.status == 200);
}
