//! What applications ask for with their secret: in either way, or both; and what anyone's script may.

use axum::body::Body;
use data_encoding::BASE64;
use http::{Method, Request, header};

use super::relying::{CALLBACK, Relying, VERIFIER, cloud, form_to};
use crate::{
    browser::Browser,
    test_app::{FIREFOX_ON_LINUX, TestApp},
};
use accounts::applications::{Details, Kind};

on_both!(
    a_secret_is_shown_in_the_header_in_the_body_or_in_both_when_they_agree,
    a_public_application_needs_no_secret_and_introspects_nothing,
    wrong_secrets_are_bounded_and_the_right_one_gets_through,
    any_page_s_script_may_ask_where_no_cookie_counts,
    tokens_are_given_up_and_looked_at_by_their_own_application,
    what_is_malformed_is_told_as_oauth_tells_it,
);

async fn set_up(app: &TestApp) -> (Browser, Relying) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let cloud = Relying::registered(&ada, &cloud()).await;
    (ada, cloud)
}

fn basic(id: &str, secret: &str) -> String {
    format!(
        "Basic {}",
        BASE64.encode(format!("{id}:{secret}").as_bytes())
    )
}

async fn a_secret_is_shown_in_the_header_in_the_body_or_in_both_when_they_agree(app: TestApp) {
    let (ada, cloud) = set_up(&app).await;
    let (id, secret) = (cloud.id.as_str(), cloud.secret.as_str());
    let right = basic(id, secret);
    let wrong = basic(id, "cfw_app_wrong");
    for (authorization, in_body, status) in [
        (Some(&right), vec![], 200),
        (
            None,
            vec![("client_id", id), ("client_secret", secret)],
            200,
        ),
        (
            Some(&right),
            vec![("client_id", id), ("client_secret", secret)],
            200,
        ),
        (Some(&right), vec![("client_id", id)], 200),
        (Some(&right), vec![("client_id", "other")], 400),
        (Some(&right), vec![("client_secret", "other")], 400),
        (Some(&wrong), vec![], 401),
        (None, vec![("client_id", id)], 401),
        (
            None,
            vec![("client_id", id), ("client_secret", "wrong")],
            401,
        ),
        (
            None,
            vec![("client_id", "unknown"), ("client_secret", secret)],
            401,
        ),
        (None, vec![], 401),
    ] {
        let code = cloud.code(&ada, &[]).await;
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        fields.extend(in_body.iter().copied());
        let mut request = form_to("/oauth/token");
        if let Some(authorization) = authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let answer = cloud.sends(request, &fields).await;
        answer.is(status);
        if status == 401 {
            assert_eq!(answer.json()["error"], "invalid_client", "{in_body:?}");
            assert!(answer.header("www-authenticate").starts_with("Basic"));
        }
    }
}

async fn a_public_application_needs_no_secret_and_introspects_nothing(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let details = Details {
        is_confidential: false,
        redirects: vec!["http://127.0.0.1/callback".into(), CALLBACK.into()],
        ..Details::new(Kind::OpenId, "Phone")
    };
    let phone = Relying::registered(&ada, &details).await;
    let id = phone.id.clone();
    // Any port of the loopback literal (RFC 8252, 7.3).
    let redirect = "http://127.0.0.1:51004/callback";
    let answer = ada.get(&phone.asks(&[("redirect_uri", redirect)])).await;
    let location = answer.is(303).header("location");
    assert!(
        location.starts_with(&format!("{redirect}?code=")),
        "{location}"
    );
    let code = phone.code(&ada, &[]).await;
    let fields = [
        ("client_id", id.as_str()),
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let tokens = phone
        .posts_openly("/oauth/token", &fields)
        .await
        .is(200)
        .json();
    let token = tokens["access_token"].as_str().unwrap();
    let asks = [("client_id", id.as_str()), ("token", token)];
    phone.posts_openly("/oauth/introspect", &asks).await.is(401);
    phone.posts_openly("/oauth/revoke", &asks).await.is(200);
    phone.userinfo(token).await.is(401);
}

async fn wrong_secrets_are_bounded_and_the_right_one_gets_through(app: TestApp) {
    let app = app.with_limits(|limits| limits.attempts_per_address = 3);
    let (ada, cloud) = set_up(&app).await;
    let wrong = Relying {
        secret: "cfw_app_wrong".into(),
        ..cloud.clone()
    };
    for _ in 0..3 {
        wrong.redeems("x").await.is(401);
    }
    let bounded = wrong.redeems("x").await;
    bounded.is(429);
    assert!(!bounded.header("retry-after").is_empty());
    cloud.signs_in(&ada, &[]).await;
}

async fn any_page_s_script_may_ask_where_no_cookie_counts(app: TestApp) {
    let (ada, cloud) = set_up(&app).await;
    for (path, open) in [
        ("/.well-known/openid-configuration", true),
        ("/oauth/jwks.json", true),
        ("/oauth/token", true),
        ("/oauth/userinfo", true),
        ("/oauth/revoke", true),
        ("/oauth/introspect", false),
        ("/oauth/authorize", false),
    ] {
        let request = Request::builder()
            .method(Method::OPTIONS)
            .uri(path)
            .header("origin", "https://cloud.example.com")
            .header("access-control-request-method", "POST");
        let answer = ada.send(request, Body::empty()).await;
        let allowed = answer.header("access-control-allow-origin");
        assert_eq!(allowed, if open { "*" } else { "" }, "{path}");
        assert_eq!(
            answer.header("access-control-allow-credentials"),
            "",
            "{path}"
        );
    }
    let authorize = ada.get(&cloud.asks(&[])).await;
    assert_eq!(authorize.header("access-control-allow-origin"), "");
}

async fn tokens_are_given_up_and_looked_at_by_their_own_application(app: TestApp) {
    let (ada, cloud) = set_up(&app).await;
    let details = Details {
        redirects: vec!["https://wiki.example.com/callback".into()],
        ..Details::new(Kind::OpenId, "Wiki")
    };
    let wiki = Relying::registered(&ada, &details).await;
    let tokens = cloud.signs_in(&ada, &[]).await;
    let access = tokens["access_token"].as_str().unwrap();
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let looked = cloud
        .posts("/oauth/introspect", &[("token", access)])
        .await
        .is(200)
        .json();
    assert_eq!(looked["active"], true);
    assert_eq!(looked["client_id"], cloud.id.as_str());
    assert_eq!(looked["token_type"], "Bearer");
    let refreshable = cloud
        .posts("/oauth/introspect", &[("token", refresh)])
        .await
        .json();
    assert_eq!(refreshable["active"], true);
    for token in [access, refresh] {
        let looked = wiki
            .posts("/oauth/introspect", &[("token", token)])
            .await
            .is(200)
            .json();
        assert_eq!(looked, serde_json::json!({ "active": false }));
        wiki.posts("/oauth/revoke", &[("token", token)])
            .await
            .is(200);
    }
    cloud.userinfo(access).await.is(200);
    cloud
        .posts("/oauth/revoke", &[("token", refresh)])
        .await
        .is(200);
    cloud.userinfo(access).await.is(401);
    assert_eq!(
        wiki.refreshes(refresh).await.is(400).json()["error"],
        "invalid_grant"
    );
}

async fn what_is_malformed_is_told_as_oauth_tells_it(app: TestApp) {
    let (_, cloud) = set_up(&app).await;
    for (fields, error) in [
        (&[("code", "x")][..], "invalid_request"),
        (
            &[
                ("grant_type", "password"),
                ("username", "ada"),
                ("password", "x"),
            ],
            "unsupported_grant_type",
        ),
        (
            &[("grant_type", "client_credentials")],
            "unsupported_grant_type",
        ),
        (&[("grant_type", "authorization_code")], "invalid_request"),
        (
            &[
                ("grant_type", "authorization_code"),
                ("code", "a"),
                ("code", "b"),
            ],
            "invalid_request",
        ),
        (
            &[
                ("grant_type", "authorization_code"),
                ("code", "\0"),
                ("redirect_uri", CALLBACK),
            ],
            "invalid_request",
        ),
        (
            &[
                ("grant_type", "authorization_code"),
                ("code", "nonsense"),
                ("redirect_uri", CALLBACK),
            ],
            "invalid_grant",
        ),
        (
            &[
                ("grant_type", "refresh_token"),
                ("refresh_token", "nonsense"),
            ],
            "invalid_grant",
        ),
    ] {
        let answer = cloud.posts("/oauth/token", fields).await;
        assert_eq!(answer.is(400).json()["error"], error, "{fields:?}");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    let json = Request::post("/oauth/token").header(header::CONTENT_TYPE, "application/json");
    let answer = app.browser("node").send(json, "{}".into()).await;
    assert_eq!(answer.is(400).json()["error"], "invalid_request");
    app.browser("node").get("/oauth/token").await.is(405);
    // No token in the query.
    let tokens = app
        .browser("node")
        .get("/oauth/userinfo?access_token=x")
        .await;
    tokens.is(401);
    assert_eq!(tokens.header("www-authenticate"), "Bearer realm=\"Curfew\"");
}
