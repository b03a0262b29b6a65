//! Codes as users paste them, in the browser, and what a wrong one is told.

use crate::{
    browser::{Browser, NOTHING},
    databases,
    test_app::{FIREFOX_ON_LINUX, PASSWORD, SAFARI_ON_IPHONE, TestApp, email_of},
    two_factor::protect,
};

on_both!(
    a_pasted_recovery_code_signs_in_once_and_then_says_that_it_was_used,
    a_code_minutes_off_is_told_about_clocks,
    the_fifth_wrong_answer_at_step_up_slows_it_down,
);

async fn pending(app: &TestApp) -> Browser {
    let phone = app.browser(SAFARI_ON_IPHONE);
    let form = [("email", email_of("Ada")), ("password", PASSWORD.into())];
    phone
        .post_form("/api/fn/sign_in", "/sign-in", &form)
        .await
        .leads_to("/sign-in/code");
    phone
}

/// What the page says beside the field after this code.
async fn told(phone: &Browser, code: &str) -> String {
    phone
        .post_form("/api/fn/verify_code", "/sign-in/code", &[("code", code)])
        .await
        .leads_to("/sign-in/code");
    phone.get("/sign-in/code").await.text_of("code-error")
}

async fn a_pasted_recovery_code_signs_in_once_and_then_says_that_it_was_used(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let (codes, _) = protect(&ada).await;
    let pasted = format!("\u{feff}3. {}\u{200b}\n", codes[2].replace('-', "\u{2011}"));
    let phone = pending(&app).await;
    phone
        .post_form("/api/fn/verify_code", "/sign-in/code", &[("code", &pasted)])
        .await
        .leads_to("/");
    let phone = pending(&app).await;
    let used = told(&phone, &codes[2]).await;
    assert!(used.contains("This recovery code has been used"), "{used}");
    assert!(!used.contains("Wait"), "{used}");
    let none = told(&phone, "0000-0000-0000-0000").await;
    assert!(none.contains("That recovery code isn’t right"), "{none}");
}

async fn a_code_minutes_off_is_told_about_clocks(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let (_, code) = protect(&ada).await;
    let phone = pending(&app).await;
    for steps in [-5, 5] {
        let said = told(&phone, &code(steps)).await;
        assert!(said.contains("a clock is wrong"), "{said}");
    }
    let said = told(&phone, &code(-60)).await;
    assert!(said.contains("isn’t right"), "{said}");
    // One that was never let past the password is told nothing.
    let stranger = app.browser(SAFARI_ON_IPHONE);
    let refused = stranger.call("verify_code", &[("code", code(-5))]).await;
    refused.refuses(401, "sign_in_expired");
}

async fn the_fifth_wrong_answer_at_step_up_slows_it_down(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let long_ago = "update sessions set confirmed_at = confirmed_at - 600000";
    databases::run(app.db(), long_ago).await;
    let form = |shown| [("email", "countess@example.com"), ("confirmation", shown)];
    for _ in 0..5 {
        ada.call("change_email", &form("a guess"))
            .await
            .refuses(403, "step_up_required");
    }
    let slowed = ada.call("change_email", &form(PASSWORD)).await;
    slowed.refuses(429, "too_many_attempts");
    let wait: u32 = slowed.header("retry-after").parse().unwrap();
    assert!((1..=900).contains(&wait), "{wait}");
    // Neither a remote logout nor signing in anew is kept from the user.
    ada.call("remote_logout", NOTHING).await.is(200);
    ada.sign_in("Ada").await;
    databases::run(app.db(), long_ago).await;
    ada.call("change_email", &form(PASSWORD)).await.is(200);
}
