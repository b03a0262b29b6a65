//! A new password ends every other session and all remembered devices, on every plan.

use app::cookies::Kind;

use crate::{
    browser::{Browser, NOTHING},
    test_app::{FIREFOX_ON_LINUX, OTHER_PASSWORD, PASSWORD, SAFARI_ON_IPHONE, TestApp},
};

on_both!(
    every_other_session_ends_and_this_one_goes_on_under_a_new_cookie,
    it_works_on_free_too,
    what_is_wrong_is_said_beside_the_field_and_nothing_changes,
    passwords_never_come_back_in_a_cookie_or_a_page,
    guessing_the_current_password_has_a_limit,
);

const WRONG: &str = "not the password of any user";

fn form(current: &'static str, new: &'static str) -> [(&'static str, &'static str); 2] {
    [("current_password", current), ("new_password", new)]
}

async fn ada_twice(app: &TestApp) -> (Browser, Browser) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let phone = app.browser(SAFARI_ON_IPHONE);
    phone.sign_in_remembered("Ada").await;
    (ada, phone)
}

async fn every_other_session_ends_and_this_one_goes_on_under_a_new_cookie(app: TestApp) {
    let (ada, phone) = ada_twice(&app).await;
    let before = ada.clone();
    let changed = ada
        .post_form(
            "/api/fn/change_password",
            "/profile/password",
            &form(PASSWORD, OTHER_PASSWORD),
        )
        .await;
    changed.leads_to("/profile/password");
    ada.get("/profile/password")
        .await
        .says("Your password has been changed")
        .says("1 other session and 1 remembered device ended. You stay signed in here.");
    assert_ne!(ada.cookie(Kind::Session), before.cookie(Kind::Session));
    assert!(
        !before.is_signed_in().await,
        "the old value of this very session is dead too"
    );

    let refused = phone.call("still_signed_in", NOTHING).await;
    refused.refuses(401, "session_ended");
    assert_eq!(refused.json()["reason"]["end_reason"], "password_changed");
    phone
        .get("/sign-in")
        .await
        .says("The password was changed at ")
        .says("from Firefox on Linux. Was this you?");
    assert_eq!(phone.cookie(Kind::RememberMe), None);

    let sign_in = |password| [("email", "ada@example.com"), ("password", password)];
    phone
        .call("sign_in", &sign_in(PASSWORD))
        .await
        .refuses(401, "invalid_credentials");
    phone
        .call("sign_in", &sign_in(OTHER_PASSWORD))
        .await
        .is(200);
    assert_eq!(app.remote_logouts("Ada").await, 0);
    assert_eq!(app.events("Ada", "user.password_changed").await, 1);
    app.chains_are_whole().await;
}

async fn it_works_on_free_too(app: TestApp) {
    let app = app.with(&[("CURFEW_DEFAULT_PLAN", "free")]);
    let (ada, phone) = ada_twice(&app).await;
    ada.call("change_password", &form(PASSWORD, OTHER_PASSWORD))
        .await
        .is(200);
    assert!(ada.is_signed_in().await);
    assert!(!phone.is_signed_in().await);
}

async fn what_is_wrong_is_said_beside_the_field_and_nothing_changes(app: TestApp) {
    let (ada, phone) = ada_twice(&app).await;
    for (current, new, field, words) in [
        (
            WRONG,
            OTHER_PASSWORD,
            "current_password",
            "That’s not your current password.",
        ),
        (
            PASSWORD,
            PASSWORD,
            "new_password",
            "That’s already your password.",
        ),
        (PASSWORD, "short", "new_password", ""),
    ] {
        let refused = ada.call("change_password", &form(current, new)).await;
        refused.refuses(422, "validation_failed");
        assert!(
            refused.json()["fields"][field]
                .as_str()
                .unwrap()
                .contains(words),
            "{refused:?}"
        );
        let plain = ada
            .post_form(
                "/api/fn/change_password",
                "/profile/password",
                &form(current, new),
            )
            .await;
        plain.leads_to("/profile/password");
        let page = ada.get("/profile/password").await;
        assert!(
            page.text_of(&format!("{field}-error")).contains(words),
            "{page:?}"
        );
    }
    assert!(ada.is_signed_in().await && phone.is_signed_in().await);
    phone.sign_in("Ada").await;
}

async fn passwords_never_come_back_in_a_cookie_or_a_page(app: TestApp) {
    let (ada, _) = ada_twice(&app).await;
    for (current, new) in [(WRONG, OTHER_PASSWORD), (PASSWORD, "short one")] {
        let refused = ada
            .post_form(
                "/api/fn/change_password",
                "/profile/password",
                &form(current, new),
            )
            .await;
        let flash = format!("{:?}", refused.flash().unwrap());
        let page = ada.get("/profile/password").await;
        for secret in [current, new] {
            assert!(!flash.contains(secret), "{flash}");
            assert!(!page.body.contains(secret), "{page:?}");
        }
    }
}

async fn guessing_the_current_password_has_a_limit(app: TestApp) {
    let app = app.with(&[("CURFEW_ATTEMPTS_PER_USER", "3")]);
    let (ada, _) = ada_twice(&app).await;
    for _ in 0..3 {
        ada.call("change_password", &form(WRONG, OTHER_PASSWORD))
            .await
            .is(422);
    }
    let refused = ada
        .call("change_password", &form(PASSWORD, OTHER_PASSWORD))
        .await;
    refused.refuses(429, "too_many_attempts");
    assert!(
        refused.header("retry-after").parse::<u64>().is_ok(),
        "{refused:?}"
    );
    // Never in the way of a remote logout.
    ada.remote_logout()
        .await
        .leads_to("/sign-in?next=/profile/security");
}
