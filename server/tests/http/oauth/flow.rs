//! From a browser to tokens and back: the thin path, whole.

use app::{cookies::Kind, pages::oauth::answer_in::resume_of};
use axum::body::Body;
use data_encoding::BASE64URL_NOPAD;
use http::{Method, Request};
use serde_json::{Value, json};

use super::relying::{Relying, answered, cloud, with_rsa};
use crate::{
    browser::Browser,
    test_app::{FIREFOX_ON_LINUX, PASSWORD, TestApp, email_of},
};

on_both!(
    a_user_who_is_signed_in_goes_on_to_the_application,
    a_user_who_is_not_signs_in_first_and_goes_on_by_get,
    the_sign_in_page_leads_on_a_user_who_is_signed_in_already,
    a_remembered_browser_goes_on_at_once,
    what_applications_read_first_says_what_is_spoken,
    a_request_by_post_goes_on_by_get,
    several_tabs_may_be_on_their_way_at_once,
    a_remote_logout_ends_tokens_and_codes,
);

async fn owner(app: &TestApp) -> Browser {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    ada
}

pub fn claims_of(token: &Value) -> Value {
    let part = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).unwrap()
}

async fn a_user_who_is_signed_in_goes_on_to_the_application(app: TestApp) {
    let ada = owner(&app).await;
    for details in [cloud(), with_rsa()] {
        sqlx_free_hosts(&app).await;
        let cloud = Relying::registered(&ada, &details).await;
        let tokens = cloud.signs_in(&ada, &[]).await;
        assert_eq!(tokens["token_type"], "Bearer");
        assert_eq!(tokens["expires_in"], 600);
        assert_eq!(tokens["scope"], "openid profile email groups");
        let claims = claims_of(&tokens["id_token"]);
        assert_eq!(claims["iss"], "http://curfew.test");
        assert_eq!(claims["nonce"], "n0nce");
        assert_eq!(claims["aud"], cloud.id.as_str());
        let of_user = json!({
            "sub": claims["sub"], "name": "Ada", "preferred_username": "ada@example.com",
            "email": "ada@example.com", "email_verified": false, "groups": ["owner"],
        });
        let token = tokens["access_token"].as_str().unwrap();
        let told = cloud.userinfo(token).await;
        told.is(200);
        assert_eq!(told.json(), of_user);
        assert_eq!(told.header("cache-control"), "no-store");
        for (name, value) in of_user.as_object().unwrap() {
            let there = (details.claims_in_id_token || name == "sub").then_some(value);
            assert_eq!(claims.get(name), there, "{name}");
        }
        let refreshed = cloud
            .refreshes(tokens["refresh_token"].as_str().unwrap())
            .await;
        let refreshed = refreshed.is(200).json();
        assert_eq!(claims_of(&refreshed["id_token"])["sid"], claims["sid"]);
        cloud
            .userinfo(refreshed["access_token"].as_str().unwrap())
            .await
            .is(200);
    }
}

async fn sqlx_free_hosts(app: &TestApp) {
    crate::databases::run(app.db(), "delete from application_hosts").await;
}

async fn a_user_who_is_not_signs_in_first_and_goes_on_by_get(app: TestApp) {
    let ada = owner(&app).await;
    let cloud = Relying::registered(&ada, &cloud()).await;
    let elsewhere = app.browser(FIREFOX_ON_LINUX);
    let asks = cloud.asks(&[]);
    let sent = elsewhere.get(&asks).await;
    sent.is(303);
    let to = sent.header("location").to_owned();
    assert!(to.starts_with("/sign-in?next=/oauth/resume%3F"), "{to}");
    let hinted = elsewhere
        .get(&cloud.asks(&[("login_hint", "ada+x@example.com")]))
        .await;
    let hinted = elsewhere.get(hinted.is(303).header("location")).await;
    assert!(hinted.tag("name=\"email\"").contains("ada+x@example.com"));
    let page = elsewhere.get(&to).await;
    page.is(200);
    let next = page
        .hidden_fields("/api/fn/sign_in")
        .into_iter()
        .find(|(name, _)| name == "next")
        .unwrap()
        .1;
    let email = email_of("Ada");
    let form = [
        ("email", email.as_str()),
        ("password", PASSWORD),
        ("next", &next),
    ];
    let done = elsewhere.post_form("/api/fn/sign_in", &to, &form).await;
    // A redirect to the application here would be refused by the page's form-action.
    assert!(
        done.is(303)
            .header("location")
            .starts_with("/oauth/resume?request=")
    );
    let onward = elsewhere.get(done.header("location")).await;
    onward.is(200);
    let refresh = onward.header("refresh").strip_prefix("0;url=").unwrap();
    assert_eq!(refresh, asks);
    let code = answered(&elsewhere.get(refresh).await, "code");
    cloud.redeems(&code).await.is(200);
}

async fn the_sign_in_page_leads_on_a_user_who_is_signed_in_already(app: TestApp) {
    let ada = owner(&app).await;
    let cloud = Relying::registered(&ada, &cloud()).await;
    let asks = resume_of(cloud.asks(&[]).split_once('?').unwrap().1);
    let elsewhere = app.browser(FIREFOX_ON_LINUX);
    let email = email_of("Ada");
    let form = [
        ("email", email.as_str()),
        ("password", PASSWORD),
        ("next", &asks),
    ];
    elsewhere
        .post_form("/api/fn/sign_in", "/sign-in", &form)
        .await
        .leads_to(&asks);
    // Signed in already, the sign-in page leads on by itself.
    let next: String = form_urlencoded::byte_serialize(asks.as_bytes()).collect();
    elsewhere
        .get(&format!("/sign-in?next={next}"))
        .await
        .leads_to(&asks);
}

async fn a_remembered_browser_goes_on_at_once(app: TestApp) {
    let ada = owner(&app).await;
    let cloud = Relying::registered(&ada, &cloud()).await;
    let elsewhere = app.browser(FIREFOX_ON_LINUX);
    elsewhere.sign_in_remembered("Ada").await;
    elsewhere.lose(Kind::Session);
    // Not in a frame: a browser may not keep what it is given there.
    let frame = Request::builder()
        .method(Method::GET)
        .uri(cloud.asks(&[("prompt", "none")]))
        .header("accept", "text/html")
        .header("sec-fetch-mode", "navigate")
        .header("sec-fetch-dest", "iframe")
        .header("sec-fetch-site", "cross-site");
    let framed = elsewhere.send(frame, Body::empty()).await;
    assert_eq!(answered(&framed, "error"), "login_required");
    assert!(framed.touches_no_cookie());
    let answer = elsewhere.get(&cloud.asks(&[])).await;
    assert!(answer.set_cookie(app.cookie_name(Kind::Session)).is_some());
    let code = answered(&answer, "code");
    cloud.redeems(&code).await.is(200);
}

async fn what_applications_read_first_says_what_is_spoken(app: TestApp) {
    let anyone = app.browser("node");
    let openid = anyone.get("/.well-known/openid-configuration").await;
    let metadata = openid.is(200).json();
    let oauth = anyone.get("/.well-known/oauth-authorization-server").await;
    assert_eq!(oauth.is(200).json(), metadata);
    assert_eq!(metadata["issuer"], "http://curfew.test");
    for (name, value) in metadata.as_object().unwrap() {
        let Some(url) = value.as_str().filter(|_| name.ends_with("_endpoint")) else {
            continue;
        };
        let path = url.strip_prefix("http://curfew.test").unwrap();
        assert!(server::addresses::find(path).is_some(), "{name}: {path}");
    }
    assert_eq!(
        metadata["code_challenge_methods_supported"],
        json!(["S256"])
    );
    assert_eq!(
        metadata["authorization_response_iss_parameter_supported"],
        true
    );
    let keys = anyone.get("/oauth/jwks.json").await;
    keys.is(200);
    assert_eq!(keys.header("cache-control"), "public, max-age=3600");
    assert_eq!(keys.json()["keys"].as_array().unwrap().len(), 2);
}

async fn a_request_by_post_goes_on_by_get(app: TestApp) {
    let ada = owner(&app).await;
    let cloud = Relying::registered(&ada, &cloud()).await;
    let asks = cloud.asks(&[]);
    let (path, query) = asks.split_once('?').unwrap();
    let request = super::relying::form_to(path)
        .header("origin", "https://cloud.example.com")
        .header("sec-fetch-site", "cross-site");
    let answer = ada.send(request, query.to_owned().into()).await;
    answer.is(303);
    let to = answer.header("location").to_owned();
    assert!(to.starts_with("/oauth/authorize?"), "{to}");
    answered(&ada.get(&to).await, "code");
}

async fn several_tabs_may_be_on_their_way_at_once(app: TestApp) {
    let ada = owner(&app).await;
    let cloud = Relying::registered(&ada, &cloud()).await;
    let one = cloud.code(&ada, &[]).await;
    // Back and reload: a code of its own each time.
    let other = cloud.code(&ada, &[]).await;
    assert_ne!(one, other);
    let (second, first) = (cloud.redeems(&other).await, cloud.redeems(&one).await);
    for tokens in [second, first] {
        let tokens = tokens.is(200).json();
        cloud
            .userinfo(tokens["access_token"].as_str().unwrap())
            .await
            .is(200);
    }
}

async fn a_remote_logout_ends_tokens_and_codes(app: TestApp) {
    let ada = owner(&app).await;
    let cloud = Relying::registered(&ada, &cloud()).await;
    let tokens = cloud.signs_in(&ada, &[]).await;
    let code = cloud.code(&ada, &[]).await;
    ada.remote_logout().await.is(303);
    let access = tokens["access_token"].as_str().unwrap();
    let refused = cloud.userinfo(access).await;
    refused.is(401);
    assert!(
        refused
            .header("www-authenticate")
            .contains("error=\"invalid_token\"")
    );
    let looked = cloud.posts("/oauth/introspect", &[("token", access)]).await;
    assert_eq!(looked.is(200).json(), json!({ "active": false }));
    for refused in [
        cloud.redeems(&code).await,
        cloud
            .refreshes(tokens["refresh_token"].as_str().unwrap())
            .await,
    ] {
        refused.is(400);
        assert_eq!(refused.json()["error"], "invalid_grant");
    }
    let other_node = app.another_node().await;
    let there = Relying {
        app: other_node,
        ..cloud
    };
    there.userinfo(access).await.is(401);
}
