//! Which pages' forms are taken: fetch metadata, `Origin`, and over plain http the token of the form.

use app::cookies::Kind;
use http::{Request, header, request};

use crate::{
    answer::Answer,
    browser::{Browser, NOTHING, encoded},
    logged::{logged, with},
    test_app::{FIREFOX_ON_LINUX, PASSWORD, SAFARI_ON_IPHONE, TestApp, email_of},
};

on_both!(
    the_public_address_is_ours_however_it_is_written,
    the_stricter_sign_decides,
    a_form_without_an_origin_passes_by_its_token_over_plain_http,
    a_token_is_of_one_browser_and_one_user,
    a_refusal_is_logged_with_what_differs_and_the_setting,
    over_https_fetch_metadata_vouch_and_no_token_is_made,
);

const FORM: &str = "application/x-www-form-urlencoded";
const PUBLIC: (&str, &str) = ("CURFEW_PUBLIC_URL", "https://curfew.example");

fn posts(path: &str) -> request::Builder {
    Request::post(path)
        .header(header::ACCEPT, "text/html")
        .header(header::CONTENT_TYPE, FORM)
}

/// What a browser sends from a page with `Referrer-Policy: no-referrer`.
async fn without_origin(browser: &Browser, path: &str, fields: &[(String, String)]) -> Answer {
    let request = posts(path).header(header::ORIGIN, "null");
    browser.send(request, encoded(fields).into()).await
}

async fn still_signed_in(browser: &Browser, signs: &[(&str, &str)]) -> Answer {
    let mut request = Request::post("/api/fn/still_signed_in").header(header::CONTENT_LENGTH, "0");
    for (name, value) in signs {
        request = request.header(*name, *value);
    }
    browser.send(request, axum::body::Body::empty()).await
}

async fn the_public_address_is_ours_however_it_is_written(app: TestApp) {
    app.browser(FIREFOX_ON_LINUX).sign_up("Ada").await;
    for written in ["https://curfew.example", "https://Curfew.Example:443/"] {
        let app = app.with(&[("CURFEW_PUBLIC_URL", written)]);
        let ada = app.browser(FIREFOX_ON_LINUX);
        ada.sign_in("Ada").await;
        for host in ["curfew.example", "127.0.0.1:3000", "curfew.internal"] {
            for origin in ["https://curfew.example", "https://curfew.example:443"] {
                still_signed_in(&ada, &[("host", host), ("origin", origin)])
                    .await
                    .is(200);
            }
        }
    }
}

async fn the_stricter_sign_decides(app: TestApp) {
    app.browser(FIREFOX_ON_LINUX).sign_up("Ada").await;
    let app = app.with(&[PUBLIC]);
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_in("Ada").await;
    let same = ("sec-fetch-site", "same-origin");
    let host = ("host", "curfew.example");
    for signs in [
        &[host, same, ("origin", "https://evil.example")][..],
        &[host, same, ("origin", "http://curfew.example")],
        &[host, ("origin", "http://curfew.example")],
        &[
            host,
            ("sec-fetch-site", "cross-site"),
            ("origin", "https://curfew.example"),
        ],
        &[
            host,
            ("sec-fetch-site", "same-site"),
            ("origin", "https://curfew.example"),
        ],
        &[host, ("origin", "null")],
    ] {
        still_signed_in(&ada, signs)
            .await
            .refuses(403, "cross_site");
    }
    for signs in [
        &[host, same, ("origin", "https://curfew.example")][..],
        &[host, same, ("origin", "null")],
        &[host, same],
        &[host],
    ] {
        still_signed_in(&ada, signs).await.is(200);
    }
}

async fn a_form_without_an_origin_passes_by_its_token_over_plain_http(app: TestApp) {
    // Signing up, signing in, a form of a user, and signing out.
    let ada = app.browser(FIREFOX_ON_LINUX);
    let typed = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let with = |mut fields: Vec<(String, String)>, more: &[(String, String)]| {
        fields.extend_from_slice(more);
        fields
    };
    let email = typed("email", &email_of("Ada"));
    let password = typed("password", PASSWORD);

    let fields = ada.get("/sign-up").await.hidden_fields("/api/fn/sign_up");
    let fields = with(
        fields,
        &[
            typed("name", "Ada"),
            email.clone(),
            password.clone(),
            typed("setup_code", &app.setup_code()),
        ],
    );
    without_origin(&ada, "/api/fn/sign_up", &fields)
        .await
        .leads_to("/");
    let fields = ada.get("/profile").await.hidden_fields("/sign-out");
    without_origin(&ada, "/sign-out", &fields)
        .await
        .leads_to("/sign-in");
    let fields = ada.get("/sign-in").await.hidden_fields("/api/fn/sign_in");
    let fields = with(fields, &[email, password]);
    without_origin(&ada, "/api/fn/sign_in", &fields)
        .await
        .leads_to("/");
    let page = "/profile/remote-logout?from=security";
    let fields = ada.get(page).await.hidden_fields("/api/fn/remote_logout");
    without_origin(&ada, "/api/fn/remote_logout", &fields)
        .await
        .leads_to("/sign-in?next=/profile/security");
    assert_eq!(app.remote_logouts("Ada").await, 1);
}

async fn a_token_is_of_one_browser_and_one_user(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let eve = app.browser(SAFARI_ON_IPHONE);
    eve.sign_up("Eve").await;
    let page = "/profile/remote-logout?from=security";
    let of = async |browser: &Browser| {
        let page = browser.get(page).await;
        page.is(200).hidden_fields("/api/fn/remote_logout")
    };
    let before = app.everything().await;
    let eves = of(&eve).await;
    let mut forged: Vec<Vec<(String, String)>> = vec![
        Vec::new(),
        // Eve's own form, in Ada's browser.
        eves.clone(),
        // Ada is named in it.
        eves.iter()
            .filter(|(name, _)| name != "for_user")
            .cloned()
            .chain([("for_user".into(), app.id_of("Ada").await)])
            .collect(),
    ];
    // And without the token, all of Ada's own.
    let mut own = of(&ada).await;
    own.retain(|(name, _)| name != "form_token");
    forged.push(own);
    for fields in &forged {
        let answer = without_origin(&ada, "/api/fn/remote_logout", fields).await;
        answer.is(403).says("This request came from another site");
        assert!(answer.touches_no_cookie(), "{answer:?}");
    }
    // Even when Eve has put her own browser's cookie into Ada's: the token is for Eve.
    let planted = ada.clone();
    planted.put(Kind::Form, &eve.cookie(Kind::Form).unwrap());
    for fields in &forged {
        without_origin(&planted, "/api/fn/remote_logout", fields)
            .await
            .is(403);
    }
    // And a token of an anonymous page of hers is for no user.
    let anonymous = app.browser(SAFARI_ON_IPHONE);
    let form = anonymous
        .get("/sign-in")
        .await
        .hidden_fields("/api/fn/sign_in");
    planted.put(Kind::Form, &anonymous.cookie(Kind::Form).unwrap());
    without_origin(&planted, "/api/fn/remote_logout", &form)
        .await
        .is(403);
    assert_eq!(app.everything().await, before);
    assert!(ada.is_signed_in().await);
}

async fn a_refusal_is_logged_with_what_differs_and_the_setting(app: TestApp) {
    let app = app.with(&[PUBLIC]);
    let browser = app.browser(FIREFOX_ON_LINUX);
    let signs = [("host", "127.0.0.1:3000"), ("origin", "https://curfew.lan")];
    let (answer, lines) = logged(still_signed_in(&browser, &signs)).await;
    answer.refuses(403, "cross_site");
    let refused = with(&lines, "a form was refused as coming from another site");
    let [line] = refused[..] else {
        panic!("{lines:#?}")
    };
    for part in [
        "CURFEW_PUBLIC_URL",
        "https://curfew.lan",
        "https://curfew.example",
        "127.0.0.1:3000",
        "function=\"still_signed_in\"",
    ] {
        assert!(line.contains(part), "{part}: {line}");
    }
}

async fn over_https_fetch_metadata_vouch_and_no_token_is_made(app: TestApp) {
    let app = app.with(&[PUBLIC]);
    let ada = app.browser(FIREFOX_ON_LINUX);
    let page = ada.get("/sign-up").await;
    assert!(page.is(200).touches_no_cookie(), "{page:?}");
    let mut fields = page.hidden_fields("/api/fn/sign_up");
    assert!(fields.iter().all(|(name, _)| name != "form_token"));
    for (name, value) in [
        ("name", "Ada"),
        ("email", "ada@example.com"),
        ("password", PASSWORD),
        ("setup_code", &app.setup_code()),
    ] {
        fields.push((name.into(), value.into()));
    }
    without_origin(&ada, "/api/fn/sign_up", &fields)
        .await
        .is(403);
    let request = posts("/api/fn/sign_up")
        .header(header::ORIGIN, "null")
        .header("sec-fetch-site", "same-origin");
    ada.send(request, encoded(&fields).into())
        .await
        .leads_to("/");
    ada.call("still_signed_in", NOTHING).await.is(200);
}
