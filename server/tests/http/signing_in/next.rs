//! Where signing in leads: of this site, or the home page.

use app::cookies::Kind;

use crate::{
    answer::attribute,
    browser::NOTHING,
    test_app::{FIREFOX_ON_LINUX, PASSWORD, TestApp},
};

on_both!(
    next_leads_to_paths_of_this_site,
    next_never_leads_elsewhere,
    a_refused_page_is_come_back_to,
);

const ELSEWHERE: [&str; 21] = [
    "//evil.example",
    "///evil.example",
    "https://evil.example",
    "https:evil.example",
    "HTTPS://evil.example/profile",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/a\r\nLocation: https://evil.example",
    "/a\r\nSet-Cookie: curfew_session=x",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "evil.example",
    "@evil.example",
    "/\u{2f}/evil.example",
    "/\u{0}",
    "/ä",
];

/// Of this site, but signing out, in circles, or no page.
const NO_PAGES: [&str; 4] = [
    "/sign-out",
    "/sign-in?next=/sign-in",
    "/api/fn/sign_out",
    "/sign-up",
];

async fn next_leads_to_paths_of_this_site(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    for next in [
        "/",
        "/profile/security",
        "/profile?tab=1&x=%2f",
        "/profile#devices",
    ] {
        let form = [
            ("email", "ada@example.com"),
            ("password", PASSWORD),
            ("next", next),
        ];
        ada.post_form("/api/fn/sign_in", "/sign-in", &form)
            .await
            .leads_to(next);
    }
}

async fn next_never_leads_elsewhere(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let anonymous = app.browser(FIREFOX_ON_LINUX);
    for next in ELSEWHERE.into_iter().chain(NO_PAGES) {
        let form = [
            ("email", "ada@example.com"),
            ("password", PASSWORD),
            ("next", next),
        ];
        ada.post_form("/api/fn/sign_in", "/sign-in", &form)
            .await
            .leads_to("/");
        let called = ada.call("sign_in", &form).await;
        called.is(200);
        assert_eq!(called.header("location"), "/", "{next:?}");

        let query = crate::browser::encoded(&[("next", next)]);
        ada.get(&format!("/sign-in?{query}")).await.leads_to("/");
        let page = anonymous.get(&format!("/sign-in?{query}")).await;
        page.is(200);
        assert_eq!(
            attribute(page.tag("name=\"next\""), "value").as_deref(),
            Some("/"),
            "{next:?}"
        );
    }
    // Said twice: neither is guessed at.
    ada.get("/sign-in?next=/profile&next=//evil.example")
        .await
        .leads_to("/");
}

async fn a_refused_page_is_come_back_to(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    ada.lose(Kind::Session);
    let refused = ada.get("/profile/password?x=1").await;
    let page = ada.get(refused.header("location")).await;
    let next = attribute(page.tag("name=\"next\""), "value").unwrap();
    let form = [
        ("email", "ada@example.com"),
        ("password", PASSWORD),
        ("next", &next),
    ];
    let back = ada
        .post_form("/api/fn/sign_in", refused.header("location"), &form)
        .await;
    back.leads_to("/profile/password?x=1");
    // A form sent by a user who is signed out comes back to the page it stood on.
    ada.lose(Kind::Session);
    let sent = ada
        .post_form("/api/fn/update_profile", "/profile", &[("name", "Ada")])
        .await;
    sent.leads_to("/sign-in?next=/profile");
    ada.post_form("/sign-out", "//evil.example/", NOTHING)
        .await
        .leads_to("/sign-in");
}
