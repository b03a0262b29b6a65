//! A second factor, as browsers and programs meet it.

use accounts::{
    second_factor::draft,
    time::{Moment, UnixMillis},
};
use app::{context::now, cookies::Kind};

use crate::{
    browser::{Browser, NOTHING},
    test_app::{FIREFOX_ON_LINUX, PASSWORD, SAFARI_ON_IPHONE, TestApp, email_of},
};

on_both!(
    a_pending_sign_in_is_no_session_anywhere,
    a_pending_sign_in_from_before_a_remote_logout_leads_back_to_the_beginning,
    what_is_shown_of_a_set_up_is_for_its_user_alone,
    a_code_too_many_says_when_to_try_again,
    a_free_plan_is_refused_with_the_plans_that_have_it,
);

/// Turns two-factor authentication on. Returns the recovery codes, and what computes the code that many steps from now.
pub async fn protect(ada: &Browser) -> (Vec<String>, impl Fn(i64) -> String) {
    ada.call("begin_two_factor", NOTHING).await.is(200);
    let who = ada.signed_in().await;
    let mut conn = ada.app.read().await;
    let draft = draft::of(&mut conn, &who.user.id, &who.session).await;
    let draft = draft.unwrap().unwrap();
    drop(conn);
    let secret = draft.secret.unwrap();
    let code = move |steps: i64| {
        let at = now().at.0 + steps * 30_000;
        secret.code(Moment::at(UnixMillis(at)))
    };
    ada.call("turn_on_two_factor", &[("code", code(0))])
        .await
        .is(200);
    (draft.codes, code)
}

async fn pending(browser: &Browser, name: &str) {
    let form = [
        ("email", email_of(name)),
        ("password", PASSWORD.into()),
        ("remember_me", "true".into()),
        ("next", "/profile/login".into()),
    ];
    browser
        .post_form("/api/fn/sign_in", "/sign-in", &form)
        .await
        .leads_to("/sign-in/code");
}

async fn a_pending_sign_in_is_no_session_anywhere(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let (_, code) = protect(&ada).await;
    let phone = app.browser(SAFARI_ON_IPHONE);
    pending(&phone, "Ada").await;
    assert_eq!(phone.cookie(Kind::Session), None);
    assert_eq!(phone.cookie(Kind::RememberMe), None);
    let token = phone.cookie(Kind::PendingSignIn).unwrap();
    phone
        .get("/sign-in/code")
        .await
        .is(200)
        .says("Authentication code")
        .says("Use a recovery code")
        .does_not_say("Ada");
    // Its value is no other cookie's either.
    for kind in [Kind::Session, Kind::RememberMe, Kind::PendingSignIn] {
        let thief = app.browser(SAFARI_ON_IPHONE);
        thief.put(kind, &token);
        assert!(!thief.is_signed_in().await, "{kind:?}");
        thief.get("/profile").await.is(303);
        thief.call("remote_logout", NOTHING).await.is(401);
        thief.call("two_factor_draft", NOTHING).await.is(401);
    }
    assert_eq!(app.remote_logouts("Ada").await, 0);
    phone
        .post_form("/api/fn/verify_code", "/sign-in/code", &[("code", code(1))])
        .await
        .leads_to("/profile/login");
    assert!(phone.is_signed_in().await);
    assert_eq!(phone.cookie(Kind::PendingSignIn), None);
    assert!(phone.cookie(Kind::RememberMe).is_some());
    // Without one owed there is no such page.
    app.browser(SAFARI_ON_IPHONE)
        .get("/sign-in/code")
        .await
        .leads_to("/sign-in");
}

async fn a_pending_sign_in_from_before_a_remote_logout_leads_back_to_the_beginning(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let (codes, code) = protect(&ada).await;
    let [page, program] = [(); 2].map(|()| app.browser(SAFARI_ON_IPHONE));
    pending(&page, "Ada").await;
    pending(&program, "Ada").await;
    ada.remote_logout().await.is(303);
    program
        .call("verify_code", &[("code", &codes[0])])
        .await
        .refuses(401, "sign_in_expired");
    page.get("/sign-in/code").await.leads_to("/sign-in");
    assert_eq!(page.cookie(Kind::PendingSignIn), None);
    page.get("/sign-in")
        .await
        .says("took too long or was ended from another device");
    pending(&page, "Ada").await;
    page.call("verify_code", &[("code", code(1))]).await.is(200);
    assert!(page.is_signed_in().await);
}

async fn what_is_shown_of_a_set_up_is_for_its_user_alone(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    ada.call("begin_two_factor", NOTHING).await.is(200);
    let codes = ada.get("/profile/two-factor/recovery-codes.txt").await;
    codes.is(200);
    assert!(
        codes
            .header("content-disposition")
            .starts_with("attachment")
    );
    assert_eq!(codes.header("cache-control"), "no-store");
    let picture = ada.get("/profile/two-factor/qr.svg").await;
    assert_eq!(picture.is(200).header("content-type"), "image/svg+xml");
    let eve = app.browser(SAFARI_ON_IPHONE);
    for path in [
        "/profile/two-factor/recovery-codes.txt",
        "/profile/two-factor/qr.svg",
    ] {
        eve.get(path).await.is(303);
    }
    eve.sign_up("Eve").await;
    for path in [
        "/profile/two-factor/recovery-codes.txt",
        "/profile/two-factor/qr.svg",
    ] {
        eve.get(path).await.is(404);
    }
}

async fn a_code_too_many_says_when_to_try_again(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let (_, code) = protect(&ada).await;
    let stranger = app.browser(SAFARI_ON_IPHONE);
    pending(&stranger, "Ada").await;
    let right = code(1);
    let wrong = if right == "000000" {
        "000001"
    } else {
        "000000"
    };
    for _ in 0..10 {
        stranger
            .call("verify_code", &[("code", wrong)])
            .await
            .refuses(422, "validation_failed");
    }
    let refused = stranger.call("verify_code", &[("code", &right)]).await;
    refused.refuses(429, "too_many_attempts");
    let wait: u32 = refused.header("retry-after").parse().unwrap();
    assert!((1..=900).contains(&wait), "{wait}");
    // The owner's own browser is another matter.
    ada.call("sign_out", NOTHING).await.is(200);
    pending(&ada, "Ada").await;
    ada.call("verify_code", &[("code", &right)]).await.is(200);
}

async fn a_free_plan_is_refused_with_the_plans_that_have_it(app: TestApp) {
    let app = app.with(&[("CURFEW_DEFAULT_PLAN", "free")]);
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let refused = ada.call("begin_two_factor", NOTHING).await;
    refused.refuses(403, "plan_required");
    assert_eq!(
        refused.json()["plans"],
        serde_json::json!(["Plus", "Pro", "Enterprise"])
    );
    ada.get("/profile/security")
        .await
        .says("Available on Plus, Pro and Enterprise.");
}
