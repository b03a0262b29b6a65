//! Signing up where the mailbox has to be shown first (`CURFEW_CONFIRM_SIGN_UP`).

use crate::{
    browser::Browser,
    emails::emails,
    test_app::{FIREFOX_ON_LINUX, OTHER_PASSWORD, PASSWORD, SAFARI_ON_IPHONE, TestApp, email_of},
};

on_both!(
    the_link_from_the_email_and_the_password_make_an_account,
    the_first_user_of_an_install_is_in_at_once,
    a_user_with_an_account_is_told_so_and_emailed_no_link,
    an_expired_link_leads_back_to_signing_up,
    every_link_that_works_no_longer_is_410_with_a_heading_and_a_way_on,
);

/// Ada is here; every user who comes after her is emailed a link.
async fn confirming(app: &TestApp) -> TestApp {
    app.browser(FIREFOX_ON_LINUX).sign_up("Ada").await;
    app.with(&[("CURFEW_CONFIRM_SIGN_UP", "on")])
}

/// Eve signs up without script. The path of her email's link.
async fn wants_in(app: &TestApp, eve: &Browser) -> String {
    let email = email_of("Eve");
    let form = [("name", "Eve"), ("email", &email), ("password", PASSWORD)];
    let sent = eve.post_form("/api/fn/sign_up", "/sign-up", &form).await;
    sent.is(303).leads_to("/confirm-sign-up");
    assert!(sent.gives_no_session());
    eve.get("/confirm-sign-up")
        .await
        .is(200)
        .says("Check your email");
    let sent = emails(app, &email).await;
    let [email] = &sent[..] else {
        panic!("{sent:?}")
    };
    let (_, rest) = email.split_once("/confirm-sign-up?token=").unwrap();
    format!("/confirm-sign-up?token={}", &rest[..43])
}

async fn the_link_from_the_email_and_the_password_make_an_account(app: TestApp) {
    let app = confirming(&app).await;
    let eve = app.browser(FIREFOX_ON_LINUX);
    let page = wants_in(&app, &eve).await;
    let token = page.split_once('=').unwrap().1;
    // On another device than the one she signed up on.
    let phone = app.browser(SAFARI_ON_IPHONE);
    phone
        .get(&page)
        .await
        .is(200)
        .says("You’re signing up as Eve with eve@example.com");
    let with = async |password| {
        let form = [("token", token), ("password", password)];
        phone
            .post_form("/api/fn/confirm_sign_up", &page, &form)
            .await
    };
    with(OTHER_PASSWORD).await.is(303).leads_to(&page);
    phone
        .get(&page)
        .await
        .is(200)
        .says("not the password you chose");
    assert!(!phone.is_signed_in().await);
    with(PASSWORD).await.is(303).leads_to("/");
    assert!(phone.is_signed_in().await);
    assert_eq!(app.events("Eve", "user.created").await, 1);
    // Only there; and the link is used.
    assert!(!eve.is_signed_in().await);
    phone
        .get(&page)
        .await
        .is(410)
        .says("This link has expired or was used");
    app.chains_are_whole().await;
}

async fn the_first_user_of_an_install_is_in_at_once(app: TestApp) {
    let app = app.with(&[("CURFEW_CONFIRM_SIGN_UP", "on")]);
    let mut tries = tokio::task::JoinSet::new();
    for n in 0..8 {
        let visitor = app.browser(FIREFOX_ON_LINUX);
        tries.spawn(async move {
            let email = format!("{n}@example.com");
            let form = [
                ("name", "Ada"),
                ("email", email.as_str()),
                ("password", PASSWORD),
            ];
            visitor.call("sign_up", &form).await.is(200);
            visitor.is_signed_in().await
        });
    }
    // One of them; the others look into their mailboxes.
    let answers = tries.join_all().await;
    assert_eq!(answers.into_iter().filter(|is_in| *is_in).count(), 1);
    assert_eq!(app.user_count().await, 1);
}

async fn a_user_with_an_account_is_told_so_and_emailed_no_link(app: TestApp) {
    let app = confirming(&app).await;
    let visitor = app.browser(SAFARI_ON_IPHONE);
    let email = email_of("Ada");
    let form = [("name", "Eve"), ("email", &email), ("password", PASSWORD)];
    visitor.call("sign_up", &form).await.is(200);
    assert!(!visitor.is_signed_in().await);
    let sent = emails(&app, &email).await;
    let [email] = &sent[..] else {
        panic!("{sent:?}")
    };
    assert!(email.contains("You already have an account"), "{email}");
    assert!(!email.contains("token="), "{email}");
}

async fn an_expired_link_leads_back_to_signing_up(app: TestApp) {
    let app = confirming(&app).await;
    let eve = app.browser(FIREFOX_ON_LINUX);
    for nonsense in ["", "x", "0000000000000000000000000000000000000000000"] {
        eve.get(&format!("/confirm-sign-up?token={nonsense}"))
            .await
            .is(410)
            .says("This link has expired or was used")
            .says("Sign up");
        let form = [("token", nonsense), ("password", PASSWORD)];
        eve.call("confirm_sign_up", &form)
            .await
            .refuses(410, "link_expired");
    }
    // Where signing up leads to, however often it is loaded.
    eve.get("/confirm-sign-up")
        .await
        .is(200)
        .says("Check your email");
}

async fn every_link_that_works_no_longer_is_410_with_a_heading_and_a_way_on(app: TestApp) {
    let anonymous = app.browser(FIREFOX_ON_LINUX);
    for (page, field) in [
        ("/reset-password", "token"),
        ("/confirm-email", "token"),
        ("/not-me", "token"),
        ("/confirm-sign-up", "token"),
        ("/join", "invite"),
    ] {
        for value in ["", "x", &"0".repeat(43)] {
            let answer = anonymous.get(&format!("{page}?{field}={value}")).await;
            answer.is(410);
            let (_, main) = answer.body.split_once("<main").unwrap();
            assert!(
                main.contains("<h1") && main.contains("<a rel=\"external\" href=\"/"),
                "{answer:?}"
            );
        }
    }
}
