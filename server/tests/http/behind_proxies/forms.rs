//! Plain forms whose browser or proxy leaves `Referer` out, or changes `Host`.

use http::{Method, header};

use crate::{
    answer::{Answer, attribute},
    browser::{Browser, NOTHING, encoded},
    emails::emails,
    hostile::FUNCTIONS,
    test_app::{FIREFOX_ON_LINUX, PASSWORD, SAFARI_ON_IPHONE, TestApp, email_of},
};

on_both!(
    a_form_comes_back_to_its_page_by_itself,
    a_form_of_a_link_comes_back_even_when_it_says_nothing,
    a_form_says_only_pages_of_the_list,
    a_plain_form_is_never_answered_with_json,
    an_old_cookie_is_answered_with_a_page_too,
);

const FORM: &str = "application/x-www-form-urlencoded";

/// Sends a plain form as it arrives behind a proxy that drops `Referer` and hands on a `Host` of its own.
async fn sends(browser: &Browser, path: &str, fields: &[(String, String)]) -> Answer {
    let request = Browser::navigates(Method::POST, path)
        .header(header::HOST, "127.0.0.1:3000")
        .header(header::ORIGIN, "http://curfew.test")
        .header(header::CONTENT_TYPE, FORM);
    browser.send(request, encoded(fields).into()).await
}

fn field(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// The path of the link in an email or a page.
fn link(text: &str, path: &str) -> String {
    let start =
        text.find(&format!("http://curfew.test{path}")).unwrap() + "http://curfew.test".len();
    let end = text[start..].find(|c: char| !c.is_ascii_graphic() || "<\"'".contains(c));
    text[start..start + end.unwrap()].to_owned()
}

/// The pages that are opened with a link, each with the action of its form and what to type into it.
async fn pages(app: &TestApp) -> Vec<(String, &'static str, Vec<(String, String)>)> {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let form = [("role", "member")];
    ada.call("invite_member", &form).await.is(200);
    let join = link(&ada.get("/settings/members").await.body, "/join?invite=");
    let form = [("email", email_of("Ada"))];
    ada.call("request_password_reset", &form).await.is(200);
    let emails = emails(app, &email_of("Ada")).await.join("\n");
    let reset = link(&emails, "/reset-password?token=");
    vec![
        (
            join,
            "/api/fn/join",
            vec![
                field("name", "Ben"),
                field("email", "no email"),
                field("password", PASSWORD),
            ],
        ),
        (
            reset,
            "/api/fn/reset_password",
            vec![field("new_password", "short")],
        ),
        (
            "/sign-in?next=/profile/security".into(),
            "/api/fn/sign_in",
            vec![
                field("email", "ada@example.com"),
                field("password", "wrong"),
            ],
        ),
    ]
}

async fn a_form_comes_back_to_its_page_by_itself(app: TestApp) {
    let pages = pages(&app).await;
    for (page, action, typed) in pages {
        let stranger = app.browser(SAFARI_ON_IPHONE);
        let mut fields = stranger.get(&page).await.is(200).hidden_fields(action);
        fields.extend(typed);
        sends(&stranger, action, &fields).await.leads_to(&page);
        let again = stranger.get(&page).await;
        again.is(200).tag("role=\"alert\"");
        if action.ends_with("sign_in") {
            let next = attribute(again.tag("name=\"next\""), "value");
            assert_eq!(next.as_deref(), Some("/profile/security"));
        }
    }
}

/// The form of a page from before an update, which names no page.
async fn a_form_of_a_link_comes_back_even_when_it_says_nothing(app: TestApp) {
    let pages = pages(&app).await;
    for (page, action, typed) in pages {
        if action.ends_with("sign_in") {
            continue;
        }
        let stranger = app.browser(SAFARI_ON_IPHONE);
        let mut fields = stranger.get(&page).await.hidden_fields(action);
        fields.retain(|(name, _)| name != "on_page");
        fields.extend(typed);
        sends(&stranger, action, &fields).await.leads_to(&page);
        stranger.get(&page).await.is(200).tag("role=\"alert\"");
    }
    // A new email address: its link is used up, and its page says so.
    let stranger = app.browser(SAFARI_ON_IPHONE);
    let token = "0".repeat(43);
    sends(
        &stranger,
        "/api/fn/confirm_email",
        &[field("token", &token)],
    )
    .await
    .leads_to(&format!("/confirm-email?token={token}"));
}

async fn a_form_says_only_pages_of_the_list(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let id = app.id_of("Ada").await;
    for page in [
        "//evil.example/profile",
        "https://evil.example/profile",
        "/\\evil.example",
        "/api/fn/sign_out",
        "/sign-out",
        "/nothing",
    ] {
        let fields = [
            field("on_page", page),
            field("for_user", &id),
            field("name", ""),
        ];
        sends(&ada, "/api/fn/update_profile", &fields)
            .await
            .leads_to("/profile");
    }
}

/// Every function, as a form that says nothing of where it stands, from a visitor and from a user.
async fn a_plain_form_is_never_answered_with_json(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let stranger = app.browser(SAFARI_ON_IPHONE);
    for (browser, is_user) in [(&stranger, false), (&ada, true)] {
        for (name, _) in FUNCTIONS {
            // Without the fields it needs, so that most are refused.
            let answer = sends(browser, &format!("/api/fn/{name}"), &[]).await;
            let kind = answer.header("content-type").to_owned();
            assert!(
                answer.status == 303 || kind.starts_with("text/html"),
                "{name}: {answer:?}"
            );
            if answer.status != 303 {
                answer.tag("<h1");
                answer.tag("href=\"/\"");
            }
            if is_user && !ada.is_signed_in().await {
                ada.sign_in("Ada").await;
            }
        }
    }
}

async fn an_old_cookie_is_answered_with_a_page_too(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let late = ada.clone();
    // A new cookie for this session; the old one is still on its way.
    ada.call("end_other_sessions", NOTHING).await.is(200);
    sends(&late, "/api/fn/update_profile", &[field("name", "Ada B")])
        .await
        .leads_to("/sign-in");
    assert!(ada.is_signed_in().await);
}
