//! The abuses of RFC 9700 and of the security considerations, one each.

use accounts::applications::{Details, Kind};
use axum::body::Body;
use http::{Method, Request};

use super::relying::{CALLBACK, Relying, VERIFIER, answered, cloud};
use crate::{
    browser::Browser,
    test_app::{FIREFOX_ON_LINUX, TestApp},
};

on_both!(
    only_the_registered_address_is_ever_led_to,
    an_owner_sees_the_address_that_was_received_and_a_stranger_does_not,
    every_answer_says_whose_it_is,
    pkce_cannot_be_downgraded,
    another_application_s_code_gives_nothing,
    a_code_that_was_injected_does_not_fit_the_verifier,
    a_token_in_the_query_opens_nothing,
    no_page_is_shown_in_a_frame,
    another_site_cannot_send_the_consent,
    odd_requests_are_answered_and_never_break,
    a_code_that_comes_twice_ends_what_it_gave,
);

async fn set_up(app: &TestApp) -> (Browser, Relying) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let cloud = Relying::registered(&ada, &cloud()).await;
    (ada, cloud)
}

async fn only_the_registered_address_is_ever_led_to(app: TestApp) {
    let (ada, cloud) = set_up(&app).await;
    for address in [
        "https://evil.example/callback",
        "https://cloud.example.com",
        "https://cloud.example.com/callback/",
        "https://cloud.example.com/callback?x=1",
        "https://cloud.example.com/callback#x",
        "https://cloud.example.com/callback%2f",
        "https://cloud.example.com/callback/../callback",
        "https://cloud.example.com/a/../callback",
        "https://cloud.example.com:443/callback",
        "https://CLOUD.example.com/callback",
        "https://cloud.example.com./callback",
        "https://cloud.example.com@evil.example/callback",
        "https://ada:x@cloud.example.com/callback",
        "https://cloud.example.com.evil.example/callback",
        "https://cloud.example.com\\.evil.example/callback",
        "https://сloud.example.com/callback",
        "http://cloud.example.com/callback",
        "//cloud.example.com/callback",
        "javascript:alert(1)",
        "data:text/html,x",
        " https://cloud.example.com/callback",
        "",
    ] {
        // An error that would be sent back is not, either.
        for more in [
            ("prompt", ""),
            ("response_type", "token"),
            ("prompt", "none"),
        ] {
            let asks = cloud.asks(&[("redirect_uri", ""), more]);
            let address: String = form_urlencoded::byte_serialize(address.as_bytes()).collect();
            let answer = ada.get(&format!("{asks}&redirect_uri={address}")).await;
            answer.is(400);
            assert_eq!(answer.header("location"), "", "{address}");
            assert_eq!(answer.header("refresh"), "", "{address}");
        }
    }
    let twice = format!(
        "{}&redirect_uri=https%3A%2F%2Fevil.example",
        cloud.asks(&[])
    );
    ada.get(&twice).await.is(400);
    let unknown = ada.get(&cloud.asks(&[("client_id", "unknown")])).await;
    unknown.is(400).says("This application isn’t known here");
    let twice = format!("{}&scope=openid", cloud.asks(&[]));
    assert_eq!(answered(&ada.get(&twice).await, "error"), "invalid_request");
}

async fn an_owner_sees_the_address_that_was_received_and_a_stranger_does_not(app: TestApp) {
    let (ada, cloud) = set_up(&app).await;
    let asks = cloud.asks(&[("redirect_uri", "https://cloud.example.com/<b>new")]);
    let shown = ada.get(&asks).await;
    shown.is(400).says("https://cloud.example.com/<b>new");
    assert!(!shown.body.contains("<b>new"), "it is text");
    let stranger = app.browser(FIREFOX_ON_LINUX);
    stranger.get(&asks).await.is(400).does_not_say("<b>new");
}

async fn every_answer_says_whose_it_is(app: TestApp) {
    // Mix-up (RFC 9207): `answered` looks at `iss` and `state` in each.
    let (ada, cloud) = set_up(&app).await;
    answered(&ada.get(&cloud.asks(&[])).await, "code");
    for (more, error) in [
        (("response_type", "token"), "unsupported_response_type"),
        (
            ("response_type", "code id_token"),
            "unsupported_response_type",
        ),
        (("response_mode", "fragment"), "invalid_request"),
        (("request", "x"), "request_not_supported"),
        (
            ("request_uri", "https://evil.example/r"),
            "request_uri_not_supported",
        ),
        (("scope", "admin"), "invalid_scope"),
        (("max_age", "soon"), "invalid_request"),
    ] {
        let answer = ada.get(&cloud.asks(&[more])).await;
        assert_eq!(answered(&answer, "error"), error, "{more:?}");
    }
}

async fn pkce_cannot_be_downgraded(app: TestApp) {
    let (ada, cloud) = set_up(&app).await;
    for more in [
        &[("code_challenge", "")][..],
        &[("code_challenge", ""), ("code_challenge_method", "")],
        &[("code_challenge_method", "plain")],
        &[("code_challenge_method", "")],
        &[("code_challenge", "short")],
    ] {
        let answer = ada.get(&cloud.asks(more)).await;
        assert_eq!(answered(&answer, "error"), "invalid_request", "{more:?}");
    }
    // An application that cannot: its code takes no verifier.
    crate::databases::run(app.db(), "update applications set requires_pkce = (1 = 0)").await;
    let without = [("code_challenge", ""), ("code_challenge_method", "")];
    let code = cloud.code(&ada, &without).await;
    assert_eq!(
        cloud.redeems(&code).await.is(400).json()["error"],
        "invalid_grant"
    );
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", CALLBACK),
    ];
    cloud.posts("/oauth/token", &fields).await.is(200);
}

async fn another_application_s_code_gives_nothing(app: TestApp) {
    let (ada, cloud) = set_up(&app).await;
    let details = Details {
        redirects: vec!["https://wiki.example.com/callback".into()],
        ..Details::new(Kind::OpenId, "Wiki")
    };
    let wiki = Relying::registered(&ada, &details).await;
    let code = cloud.code(&ada, &[]).await;
    assert_eq!(
        wiki.redeems(&code).await.is(400).json()["error"],
        "invalid_grant"
    );
    let tokens = cloud.redeems(&code).await.is(200).json();
    let refresh = tokens["refresh_token"].as_str().unwrap();
    assert_eq!(
        wiki.refreshes(refresh).await.is(400).json()["error"],
        "invalid_grant"
    );
    cloud.refreshes(refresh).await.is(200);
}

async fn a_code_that_was_injected_does_not_fit_the_verifier(app: TestApp) {
    let (ada, cloud) = set_up(&app).await;
    let stolen = cloud.code(&ada, &[]).await;
    let other = format!("{}x", &VERIFIER[1..]);
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", stolen.as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", &other),
    ];
    let refused = cloud.posts("/oauth/token", &fields).await;
    assert_eq!(refused.is(400).json()["error"], "invalid_grant");
    let fields = &fields[..3];
    let refused = cloud.posts("/oauth/token", fields).await;
    assert_eq!(refused.is(400).json()["error"], "invalid_grant");
}

async fn a_token_in_the_query_opens_nothing(app: TestApp) {
    let (ada, cloud) = set_up(&app).await;
    let tokens = cloud.signs_in(&ada, &[]).await;
    let access = tokens["access_token"].as_str().unwrap();
    let program = app.browser("node");
    program
        .get(&format!("/oauth/userinfo?access_token={access}"))
        .await
        .is(401);
    let code = cloud.code(&ada, &[]).await;
    let at = format!(
        "/oauth/token?grant_type=authorization_code&code={code}&client_id={}&client_secret={}",
        cloud.id, cloud.secret
    );
    cloud.posts_openly(&at, &[]).await.is(401);
    cloud.userinfo(access).await.is(200);
    // Nor does a session's cookie.
    ada.get("/oauth/userinfo").await.is(401);
    // Nor is it a session, or a token of the API.
    let request = Request::builder()
        .method(Method::GET)
        .uri("/api/v1/me")
        .header("authorization", format!("Bearer {access}"));
    program.send(request, Body::empty()).await.is(401);
}

async fn no_page_is_shown_in_a_frame(app: TestApp) {
    let (ada, cloud) = set_up(&app).await;
    for path in [
        cloud.asks(&[("redirect_uri", "https://evil.example")]),
        cloud
            .asks(&[("prompt", "consent")])
            .replace("/oauth/authorize", "/oauth/confirm"),
        cloud.asks(&[]).replace("/oauth/authorize", "/oauth/resume"),
        "/oauth/signed-out".into(),
        "/oauth/sign-out".into(),
    ] {
        let answer = ada.get(&path).await;
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}");
        assert!(policy.contains("form-action 'self'"), "{path}");
    }
}

async fn another_site_cannot_send_the_consent(app: TestApp) {
    let (ada, cloud) = set_up(&app).await;
    let asks = cloud.asks(&[("scope", "openid offline_access")]);
    let (_, request) = asks.split_once('?').unwrap();
    let form = crate::browser::encoded(&[("request", request)]);
    let sent = super::relying::form_to("/api/fn/continue_to_application")
        .header("accept", "text/html")
        .header("origin", "https://evil.example")
        .header("sec-fetch-site", "cross-site");
    ada.send(sent, form.into()).await.is(403);
}

async fn odd_requests_are_answered_and_never_break(app: TestApp) {
    let (ada, cloud) = set_up(&app).await;
    for more in [
        ("nonce", "\0"),
        ("state", "\r\nset-cookie: x=1"),
        ("login_hint", "\u{202e}ada"),
        ("ui_locales", "de"),
        ("display", "popup"),
        ("id_token_hint", "not.a.token"),
        ("acr_values", "mfa"),
        ("claims", "{}"),
    ] {
        let answer = ada.get(&cloud.asks(&[more])).await;
        assert!([303].contains(&answer.status), "{more:?} {answer:?}");
        assert!(answer.set_cookie("x").is_none());
    }
    let long = "x".repeat(7_000);
    ada.get(&cloud.asks(&[("state", &long)])).await.is(414);
    ada.get("/oauth/authorize").await.is(400);
    ada.get("/oauth/confirm")
        .await
        .is(200)
        .says("isn’t known here");
    ada.get("/oauth/resume").await.is(200);
    ada.get("/oauth/end-session").await.is(303);
}

async fn a_code_that_comes_twice_ends_what_it_gave(app: TestApp) {
    let (ada, cloud) = set_up(&app).await;
    let code = cloud.code(&ada, &[]).await;
    let tokens = cloud.redeems(&code).await.is(200).json();
    let again = cloud.redeems(&code).await;
    assert_eq!(again.is(400).json()["error"], "invalid_grant");
    cloud
        .userinfo(tokens["access_token"].as_str().unwrap())
        .await
        .is(401);
    let refresh = tokens["refresh_token"].as_str().unwrap();
    assert_eq!(
        cloud.refreshes(refresh).await.is(400).json()["error"],
        "invalid_grant"
    );
}
