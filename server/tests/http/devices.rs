//! Profile → Security: the devices, ending and naming them, with plain forms.

mod list;
mod security;
mod timeline;

use accounts::{
    ids::SessionId,
    sessions::{self, LastUse},
};
use app::cookies::Kind;

use crate::{
    answer::Answer,
    browser::Browser,
    test_app::{CHROME_ON_WINDOWS, FIREFOX_ON_LINUX, SAFARI_ON_IPHONE, TestApp},
};

on_both!(
    a_device_is_ended_by_its_button_and_the_page_says_so,
    ending_the_others_changes_this_browsers_cookie_and_nothing_else_of_it,
    a_user_ends_and_names_only_their_own,
    a_name_is_text_wherever_it_is_shown,
);

const SECURITY: &str = "/profile/security";

async fn operation<V: AsRef<str>>(browser: &Browser, name: &str, fields: &[(&str, V)]) -> Answer {
    browser
        .post_form(&format!("/api/fn/{name}"), SECURITY, fields)
        .await
}

/// The id of the user's live session on that browser.
async fn session_of(app: &TestApp, name: &str, user_agent: &str) -> String {
    let user = app.user_id(name).await;
    let first = SessionId(String::new());
    let listed = sessions::list(&mut app.read().await, &user, &first, LastUse::Any, 100).await;
    let mut listed = listed.unwrap().into_iter();
    let on_it = listed.find(|session| session.user_agent == user_agent);
    on_it.unwrap().id.0
}

async fn a_device_is_ended_by_its_button_and_the_page_says_so(app: TestApp) {
    let (ada, phone) = (app.browser(FIREFOX_ON_LINUX), app.browser(SAFARI_ON_IPHONE));
    ada.sign_up("Ada").await;
    phone.sign_in_remembered("Ada").await;
    ada.get(SECURITY)
        .await
        .is(200)
        .says("Safari on iPhone")
        .says("Password, remembered");
    let id = session_of(&app, "Ada", SAFARI_ON_IPHONE).await;
    operation(&ada, "end_session", &[("id", &id)])
        .await
        .leads_to(SECURITY);
    let page = ada.get(SECURITY).await;
    page.says("Safari on iPhone is signed out: 1 session and 1 remembered device ended.");
    page.says("You signed out Safari on iPhone: 1 session and 1 remembered device ended");
    assert!(!phone.is_signed_in().await);
    let refused = phone.call("still_signed_in", crate::browser::NOTHING).await;
    refused.refuses(401, "session_ended");
    // Twice is once, and says so.
    operation(&ada, "end_session", &[("id", &id)])
        .await
        .leads_to(SECURITY);
    ada.get(SECURITY)
        .await
        .says("This device isn’t signed in any more. Nothing was changed.");
    app.chains_are_whole().await;
}

async fn ending_the_others_changes_this_browsers_cookie_and_nothing_else_of_it(app: TestApp) {
    let (ada, phone) = (app.browser(FIREFOX_ON_LINUX), app.browser(SAFARI_ON_IPHONE));
    ada.sign_up("Ada").await;
    phone.sign_in_remembered("Ada").await;
    let (before, copied) = (ada.cookie(Kind::Session), ada.clone());
    operation(&ada, "end_other_sessions", crate::browser::NOTHING)
        .await
        .leads_to(SECURITY);
    assert_ne!(ada.cookie(Kind::Session), before);
    assert!(ada.is_signed_in().await && !phone.is_signed_in().await);
    let refused = copied
        .call("still_signed_in", crate::browser::NOTHING)
        .await;
    assert_ne!(refused.status, 200, "a copied cookie is signed out as well");
    ada.get(SECURITY)
        .await
        .says("1 other session and 1 remembered device ended. You stay signed in here.");
}

async fn a_user_ends_and_names_only_their_own(app: TestApp) {
    let (ada, bob) = (
        app.browser(FIREFOX_ON_LINUX),
        app.browser(CHROME_ON_WINDOWS),
    );
    ada.sign_up("Ada").await;
    bob.sign_up("Bob").await;
    let bobs = session_of(&app, "Bob", CHROME_ON_WINDOWS).await;
    let before = app.everything().await;
    for id in [bobs.as_str(), "", "x", "' or 1=1 --", &"x".repeat(10_000)] {
        for kind in ["", "remembered", "nonsense"] {
            let fields = [("id", id), ("kind", kind), ("label", "mine")];
            for name in ["end_session", "rename_device"] {
                ada.call(name, &fields).await.refuses(404, "not_found");
            }
        }
    }
    ada.call("end_session", crate::browser::NOTHING)
        .await
        .refuses(400, "malformed");
    let own = session_of(&app, "Ada", FIREFOX_ON_LINUX).await;
    ada.call("end_session", &[("id", own)])
        .await
        .refuses(400, "malformed");
    let anonymous = app.browser(SAFARI_ON_IPHONE);
    for name in [
        "end_session",
        "rename_device",
        "set_curfew",
        "end_other_sessions",
    ] {
        anonymous
            .call(name, &[("id", &bobs)])
            .await
            .refuses(401, "not_signed_in");
    }
    assert_eq!(app.everything().await, before);
}

async fn a_name_is_text_wherever_it_is_shown(app: TestApp) {
    let (ada, phone) = (app.browser(FIREFOX_ON_LINUX), app.browser(SAFARI_ON_IPHONE));
    ada.sign_up("Ada").await;
    phone.sign_in("Ada").await;
    let id = session_of(&app, "Ada", SAFARI_ON_IPHONE).await;
    let name = "<script>alert(1)</script>\"'&amp;";
    operation(
        &ada,
        "rename_device",
        &[("id", id.as_str()), ("label", name)],
    )
    .await
    .leads_to(SECURITY);
    for path in [SECURITY, "/profile/remote-logout?from=security", SECURITY] {
        let page = ada.get(path).await;
        page.is(200);
        assert!(!page.body.contains("<script>alert"), "{path}");
        assert!(page.body.contains("alert(1)"), "{path}");
    }
    let long = "x".repeat(61);
    operation(
        &ada,
        "rename_device",
        &[("id", id.as_str()), ("label", &long)],
    )
    .await
    .leads_to(SECURITY);
    let page = ada.get(SECURITY).await;
    page.says("Use 60 characters or fewer.");
    assert!(page.body.contains(&long), "what was typed is still there");
}
