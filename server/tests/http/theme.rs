//! Light, dark or the system's: chosen once, drawn by the server from then on.

use crate::test_app::{FIREFOX_ON_LINUX, TestApp};

on_both!(
    a_theme_is_chosen_and_every_page_is_drawn_in_it,
    every_page_says_what_curfew_is,
);

async fn a_theme_is_chosen_and_every_page_is_drawn_in_it(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let page = ada.get("/profile").await;
    assert!(!page.tag("<html").contains("data-theme"));
    page.tag("content=\"light dark\"");
    let chosen = ada
        .post_form("/api/fn/set_theme", "/profile", &[("theme", "dark")])
        .await;
    chosen.leads_to("/profile#theme-title");
    let cookie = chosen.set_cookie("curfew_theme").unwrap();
    assert_eq!((cookie.value(), cookie.http_only()), ("dark", Some(true)));
    let page = ada.get("/profile").await;
    assert!(page.tag("value=\"dark\"").contains("aria-pressed=\"true\""));
    ada.post_form("/sign-out", "/", &[("on_page", "/")]).await;
    // Also where no user is signed in.
    for path in ["/sign-in", "/nothing-here"] {
        let page = ada.get(path).await;
        assert!(page.tag("<html").contains("data-theme=\"dark\""), "{path}");
        page.tag("name=\"color-scheme\" content=\"dark\"");
    }
    ada.sign_in("Ada").await;
    ada.call("set_theme", &[("theme", "black")])
        .await
        .refuses(422, "validation_failed");
    let system = ada
        .post_form("/api/fn/set_theme", "/profile", &[("theme", "system")])
        .await;
    assert!(system.removes("curfew_theme"));
    let page = ada.get("/profile").await;
    assert!(!page.tag("<html").contains("data-theme"));
    // A visitor chooses nothing.
    app.browser(FIREFOX_ON_LINUX)
        .call("set_theme", &[("theme", "dark")])
        .await
        .is(401);
}

async fn every_page_says_what_curfew_is(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    for path in ["/", "/settings", "/nothing-here"] {
        let page = ada.get(path).await;
        let description = page.tag("name=\"description\"");
        assert!(
            description.contains("content=\"A single sign-in"),
            "{description}"
        );
    }
}
