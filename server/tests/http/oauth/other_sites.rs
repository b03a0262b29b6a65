//! What other sites do with the flow itself: silent requests in a frame, sign-ins forged for a user, codes that belong to another
//! browser (RFC 9700, 4.5 and 4.7; OpenID Connect Core 1.0, 3.1.2.1).

use accounts::secret::Token;
use app::cookies::Kind;
use axum::body::Body;
use http::Method;

use super::relying::{Relying, answered, cloud, form_to};
use crate::{
    answer::Answer,
    browser::{Browser, encoded},
    gate_checks,
    test_app::{FIREFOX_ON_LINUX, PASSWORD, TestApp, email_of},
};

on_both!(
    a_silent_request_in_a_frame_learns_nothing_of_another_sites_visitor,
    a_frame_of_our_own_site_gets_no_page_and_no_cookie,
    no_site_signs_a_visitor_in_as_another,
    a_request_that_one_browser_began_is_not_gone_on_with_in_another,
    a_hand_over_of_another_browser_signs_no_one_in,
);

/// A page of another site has this in a frame.
async fn framed(browser: &Browser, path: &str, site: &str) -> Answer {
    let request = http::Request::builder()
        .method(Method::GET)
        .uri(path)
        .header("accept", "text/html")
        .header("sec-fetch-mode", "navigate")
        .header("sec-fetch-dest", "iframe")
        .header("sec-fetch-site", site);
    browser.send(request, Body::empty()).await
}

#[track_caller]
fn is_never_framed(answer: &Answer) {
    assert_eq!(answer.header("x-frame-options"), "DENY");
    let policy = answer.header("content-security-policy");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
}

async fn a_silent_request_in_a_frame_learns_nothing_of_another_sites_visitor(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let cloud = Relying::registered(&ada, &cloud()).await;
    ada.sign_in_remembered("Ada").await;
    // Browsers send a cookie that is Lax with no frame of another site.
    for kind in [Kind::Session, Kind::RememberMe] {
        let signed_in = app.browser(FIREFOX_ON_LINUX);
        let form = [
            ("email", email_of("Ada")),
            ("password", PASSWORD.into()),
            ("remember_me", "true".into()),
        ];
        let answer = signed_in.call("sign_in", &form).await;
        let cookie = answer.is(200).set_cookie(app.cookie_name(kind)).unwrap();
        assert_eq!(cookie.same_site(), Some(cookie::SameSite::Lax), "{kind:?}");
    }
    // So what is answered there is what a stranger gets, signed in or not.
    let without_cookies = app.browser(FIREFOX_ON_LINUX);
    let silent = cloud.asks(&[("prompt", "none")]);
    let answer = framed(&without_cookies, &silent, "cross-site").await;
    assert_eq!(answered(&answer, "error"), "login_required");
    is_never_framed(&answer);
    assert!(answer.touches_no_cookie());
    assert!(answer.body.is_empty(), "{}", answer.body);
}

async fn a_frame_of_our_own_site_gets_no_page_and_no_cookie(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let cloud = Relying::registered(&ada, &cloud()).await;
    // A sibling host's frame carries the cookies: a code goes to the registered address, and no page is shown.
    let silent = cloud.asks(&[("prompt", "none")]);
    for site in ["same-site", "cross-site"] {
        let answer = framed(&ada, &silent, site).await;
        answered(&answer, "code");
        is_never_framed(&answer);
    }
    // What asks for something is a page, which no frame shows.
    for asks in [
        cloud.asks(&[("prompt", "consent")]),
        cloud.asks(&[("prompt", "select_account")]),
        cloud.asks(&[("prompt", "login")]),
    ] {
        let led = framed(&ada, &asks, "same-site").await;
        is_never_framed(&led);
        let page = framed(&ada, led.is(303).header("location"), "same-site").await;
        page.is(200);
        is_never_framed(&page);
    }
    // A remembered browser is signed in again by its window alone, so a frame is a stranger's.
    let remembered = app.browser(FIREFOX_ON_LINUX);
    remembered.sign_in_remembered("Ada").await;
    remembered.lose(Kind::Session);
    let before = remembered.cookie(Kind::RememberMe);
    let answer = framed(&remembered, &silent, "same-site").await;
    assert_eq!(answered(&answer, "error"), "login_required");
    assert_eq!(remembered.cookie(Kind::RememberMe), before);
    assert_eq!(remembered.cookie(Kind::Session), None);
}

async fn no_site_signs_a_visitor_in_as_another(app: TestApp) {
    let eve = app.browser(FIREFOX_ON_LINUX);
    eve.sign_up("Eve").await;
    let cloud = Relying::registered(&eve, &cloud()).await;
    let visitor = app.browser(FIREFOX_ON_LINUX);
    let email = email_of("Eve");
    let fields = encoded(&[("email", email.as_str()), ("password", PASSWORD)]);
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        let request = form_to("/api/fn/sign_in")
            .header("accept", "text/html")
            .header(name, value);
        let answer = visitor.send(request, fields.clone().into()).await;
        answer.is(403);
        assert!(answer.gives_no_session() && answer.touches_no_cookie());
    }
    // They are still no one here, and the application is told so.
    assert!(!visitor.is_signed_in().await);
    let silent = visitor.get(&cloud.asks(&[("prompt", "none")])).await;
    assert_eq!(answered(&silent, "error"), "login_required");
    let led = visitor.get(&cloud.asks(&[])).await;
    let to = led.is(303).header("location");
    assert!(to.starts_with("/sign-in?next=/oauth/resume"), "{to}");
}

async fn a_request_that_one_browser_began_is_not_gone_on_with_in_another(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let eve = app.browser(FIREFOX_ON_LINUX);
    eve.joins(&ada.invites("member").await, "Eve").await;
    let cloud = Relying::registered(&ada, &cloud()).await;
    // Eve answers the question in her browser, and keeps what it leads to.
    let asks = cloud.asks(&[("prompt", "consent")]);
    let (_, request) = asks.split_once('?').unwrap();
    let answer = eve
        .post_form(
            "/api/fn/continue_to_application",
            &format!("/oauth/confirm?{request}"),
            &[("request", request)],
        )
        .await;
    let resume = answer.is(303).header("location").to_owned();
    let goes_on = |browser: Browser, resume: String| async move {
        let page = browser.get(&resume).await;
        page.is(200);
        let to = page.header("refresh").split_once("url=").unwrap().1;
        browser.get(to).await
    };
    // In the victim's browser it is an unanswered question, in a stranger's the sign-in.
    let answer = goes_on(ada.clone(), resume.clone()).await;
    assert!(
        answer
            .is(303)
            .header("location")
            .starts_with("/oauth/confirm?"),
        "{answer:?}"
    );
    let stranger = app.browser(FIREFOX_ON_LINUX);
    let answer = goes_on(stranger, resume.clone()).await;
    assert!(
        answer.is(303).header("location").starts_with("/sign-in?"),
        "{answer:?}"
    );
    // In hers it goes on.
    let answer = goes_on(eve.clone(), resume).await;
    answered(&answer, "code");
}

async fn a_hand_over_of_another_browser_signs_no_one_in(app: TestApp) {
    let app = app.with(&[
        ("CURFEW_TRUSTED_PROXIES", "192.0.2.1/32"),
        ("CURFEW_APPLICATIONS", "all"),
    ]);
    let eve = app.browser(FIREFOX_ON_LINUX);
    eve.sign_up("Eve").await;
    gate_checks::register(&app).await;
    // Eve begins, and takes the code that her browser is led to.
    let (hers, victims) = (Token::random(), Token::random());
    let sign_in = format!(
        "/gate/sign-in?host=wiki.example.com&to=/&begun={}",
        hers.hash().as_str()
    );
    let page = eve.get(&sign_in).await;
    page.is(200);
    let (_, code) = page.body.split_once("/.curfew/finish?code=").unwrap();
    let code: String = code
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c))
        .collect();
    let finishes = |begun: Option<Token>| {
        let (app, code) = (app.clone(), code.clone());
        async move {
            let mut request = http::Request::get(format!("/.curfew/finish?code={code}"))
                .header("host", "wiki.example.com")
                .header("x-forwarded-host", "wiki.example.com")
                .header("x-forwarded-proto", "https");
            if let Some(begun) = begun {
                let cookie = format!("__Host-curfew_gate_begun={}", begun.expose());
                request = request.header("cookie", cookie);
            }
            app.browser("proxy").send(request, Body::empty()).await
        }
    };
    for begun in [None, Some(victims)] {
        let answer = finishes(begun).await;
        assert!([400, 410].contains(&answer.status), "{answer:?}");
        assert!(answer.touches_no_cookie(), "{answer:?}");
    }
    // It was meant for hers, and is good there.
    let answer = finishes(Some(hers)).await;
    answer.is(303);
    assert!(answer.set_cookie("__Host-curfew_gate").is_some());
}
