//! What a stranger who tries passwords learns: nothing, and then to wait.

use std::net::Ipv4Addr;

use app::cookies::Kind;
use http::HeaderMap;

use crate::{
    answer::Answer,
    browser::Browser,
    emails::emails,
    test_app::{FIREFOX_ON_LINUX, OTHER_PASSWORD, PASSWORD, SAFARI_ON_IPHONE, TestApp, email_of},
};

on_both!(
    an_unknown_email_and_a_wrong_password_look_the_same,
    after_the_limit_the_answer_is_429_with_the_time_to_wait,
    a_stranger_cannot_keep_a_known_device_out,
    a_thief_with_a_copy_of_every_cookie_neither_locks_the_owner_out_nor_stays_unsaid,
    a_user_with_a_reset_link_is_kept_out_by_no_stranger,
    an_address_has_a_limit_of_its_own,
    a_plain_form_that_was_refused_keeps_the_email_and_no_password,
);

const WRONG: &str = "not the password of any user";

async fn tries(browser: &Browser, email: &str, password: &str) -> Answer {
    browser
        .call("sign_in", &[("email", email), ("password", password)])
        .await
}

async fn an_unknown_email_and_a_wrong_password_look_the_same(app: TestApp) {
    app.browser(FIREFOX_ON_LINUX).sign_up("Ada").await;
    let stranger = app.browser(SAFARI_ON_IPHONE);
    let headers = |answer: &Answer| -> HeaderMap {
        let mut headers = answer.headers.clone();
        headers.remove("x-request-id");
        headers
    };
    let wrong = tries(&stranger, "ada@example.com", WRONG).await;
    let unknown = tries(&stranger, "ida@example.com", WRONG).await;
    wrong.refuses(401, "invalid_credentials");
    assert_eq!((wrong.status, &wrong.body), (unknown.status, &unknown.body));
    assert_eq!(headers(&wrong), headers(&unknown));

    let mut pages = Vec::new();
    for email in ["ada@example.com", "ida@example.com"] {
        let form = [("email", email), ("password", WRONG)];
        stranger
            .post_form("/api/fn/sign_in", "/sign-in", &form)
            .await
            .leads_to("/sign-in");
        let page = stranger.get("/sign-in").await;
        page.is(200).says("The email or password is wrong.");
        pages.push(page.text());
    }
    assert_eq!(pages[0], pages[1]);
}

async fn after_the_limit_the_answer_is_429_with_the_time_to_wait(app: TestApp) {
    app.browser(FIREFOX_ON_LINUX).sign_up("Ada").await;
    let app = app.with(&[
        ("CURFEW_ATTEMPTS_PER_USER", "3"),
        ("CURFEW_ATTEMPT_WINDOW", "15m"),
    ]);
    for email in ["ada@example.com", "ida@example.com"] {
        let stranger = app.browser(SAFARI_ON_IPHONE);
        for _ in 0..3 {
            tries(&stranger, email, WRONG)
                .await
                .refuses(401, "invalid_credentials");
        }
        // A right password is not looked at either.
        let refused = tries(&stranger, email, PASSWORD).await;
        refused.refuses(429, "too_many_attempts");
        let wait: u64 = refused.header("retry-after").parse().unwrap();
        assert!((880..=900).contains(&wait), "{refused:?}");
        assert_eq!(refused.json()["retry_after"], wait);
        let form = [("email", email), ("password", PASSWORD)];
        stranger
            .post_form("/api/fn/sign_in", "/sign-in", &form)
            .await
            .leads_to("/sign-in");
        stranger
            .get("/sign-in")
            .await
            .says("Too many attempts. Try again in 15 minutes.");
    }
    // Counted in the database: a restart forgets nothing.
    let restarted = app.another_node().await;
    tries(
        &restarted.browser(SAFARI_ON_IPHONE),
        "ada@example.com",
        PASSWORD,
    )
    .await
    .refuses(429, "too_many_attempts");
    restarted.db().close().await;
}

async fn a_stranger_cannot_keep_a_known_device_out(app: TestApp) {
    let app = app.with(&[
        ("CURFEW_ATTEMPTS_PER_USER", "3"),
        ("CURFEW_ATTEMPTS_PER_ADDRESS", "5"),
    ]);
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let stranger = app.browser(SAFARI_ON_IPHONE);
    for _ in 0..10 {
        tries(&stranger, "ada@example.com", WRONG).await;
    }
    tries(&stranger, "ada@example.com", PASSWORD)
        .await
        .refuses(429, "too_many_attempts");
    ada.remote_logout()
        .await
        .leads_to("/sign-in?next=/profile/security");
    ada.sign_in("Ada").await;
    // Its own failures count.
    for _ in 0..3 {
        tries(&ada, "ada@example.com", WRONG)
            .await
            .refuses(401, "invalid_credentials");
    }
    tries(&ada, "ada@example.com", PASSWORD)
        .await
        .refuses(429, "too_many_attempts");
}

async fn a_thief_with_a_copy_of_every_cookie_neither_locks_the_owner_out_nor_stays_unsaid(
    app: TestApp,
) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let thief = ada.clone();
    ada.remote_logout().await.is(303);
    for _ in 0..5 {
        tries(&thief, "ada@example.com", WRONG).await.is(401);
    }
    let copied = ada.cookie(Kind::KnownDevice);
    ada.sign_in("Ada").await;
    assert_ne!(ada.cookie(Kind::KnownDevice), copied);
    // Those about what was done until now.
    emails(&app, &email_of("Ada")).await;

    thief.sign_in("Ada").await;
    let told = emails(&app, &email_of("Ada")).await;
    assert!(
        told.iter().any(|email| email.contains("/not-me?token=")),
        "{told:?}"
    );
    // The thief's sign-in takes nothing from the owner's browser.
    ada.sign_in("Ada").await;
    let told = emails(&app, &email_of("Ada")).await;
    assert!(told.is_empty(), "{told:?}");
}

async fn a_user_with_a_reset_link_is_kept_out_by_no_stranger(app: TestApp) {
    app.browser(FIREFOX_ON_LINUX).sign_up("Ada").await;
    let (stranger, phone) = (app.browser(SAFARI_ON_IPHONE), app.browser(SAFARI_ON_IPHONE));
    let strangers_try = async || {
        for _ in 0..10 {
            tries(&stranger, "ada@example.com", WRONG).await;
        }
        tries(&stranger, "ada@example.com", WRONG).await.is(429);
    };
    strangers_try().await;
    let email = email_of("Ada");
    phone
        .call("request_password_reset", &[("email", &email)])
        .await
        .is(200);
    let sent = emails(&app, &email).await;
    let start = "http://curfew.test/reset-password?token=";
    let token = sent.iter().find_map(|email| email.split_once(start));
    let token = &token.unwrap().1[..43];
    let choose = [("token", token), ("new_password", OTHER_PASSWORD)];
    phone.call("reset_password", &choose).await.is(200);
    assert!(!phone.is_signed_in().await);
    strangers_try().await;
    tries(&phone, "ada@example.com", OTHER_PASSWORD)
        .await
        .is(200);
    assert!(phone.is_signed_in().await);
}

async fn an_address_has_a_limit_of_its_own(app: TestApp) {
    app.browser(FIREFOX_ON_LINUX).sign_up("Ada").await;
    let app = app.with(&[("CURFEW_ATTEMPTS_PER_ADDRESS", "4")]);
    let stranger = app.browser(SAFARI_ON_IPHONE);
    for n in 0..4 {
        tries(&stranger, &email_of(&format!("stranger{n}")), WRONG)
            .await
            .is(401);
    }
    tries(&stranger, "ada@example.com", PASSWORD)
        .await
        .refuses(429, "too_many_attempts");
    let mut elsewhere = app.browser(SAFARI_ON_IPHONE);
    elsewhere.address = Ipv4Addr::new(198, 51, 100, 7).into();
    tries(&elsewhere, "ada@example.com", PASSWORD).await.is(200);
}

async fn a_plain_form_that_was_refused_keeps_the_email_and_no_password(app: TestApp) {
    app.browser(FIREFOX_ON_LINUX).sign_up("Ada").await;
    let stranger = app.browser(SAFARI_ON_IPHONE);
    let form = [
        ("email", "ada@example.com"),
        ("password", WRONG),
        ("remember_me", "true"),
        ("next", "/profile"),
    ];
    let refused = stranger
        .post_form("/api/fn/sign_in", "/sign-in?next=/profile", &form)
        .await;
    refused.leads_to("/sign-in?next=/profile");
    let flash = format!("{:?}", refused.flash().unwrap());
    assert!(
        flash.contains("ada@example.com") && !flash.contains(WRONG),
        "{flash}"
    );
    let page = stranger.get("/sign-in?next=/profile").await;
    page.says("The email or password is wrong.");
    assert!(
        page.tag("name=\"email\"")
            .contains("value=\"ada@example.com\""),
        "{page:?}"
    );
    assert!(
        page.tag("name=\"remember_me\"").contains(" checked"),
        "{page:?}"
    );
    assert!(!page.body.contains(WRONG), "{page:?}");
    // Empty fields are told one by one, beside the field.
    stranger
        .post_form(
            "/api/fn/sign_in",
            "/sign-in",
            &[("email", " "), ("password", "")],
        )
        .await
        .leads_to("/sign-in");
    let page = stranger.get("/sign-in").await;
    assert_eq!(page.text_of("email-error"), "Enter your email address.");
    assert_eq!(page.text_of("password-error"), "Enter your password.");
    assert!(
        page.tag("name=\"email\"").contains("aria-invalid=\"true\""),
        "{page:?}"
    );
    assert!(
        page.tag("name=\"email\"")
            .contains("aria-describedby=\"email-error\""),
        "{page:?}"
    );
}
