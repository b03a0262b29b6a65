//! "Confirm it is you", as browsers and programs meet it.

use app::cookies::Kind;

use crate::{
    browser::{Browser, NOTHING},
    databases,
    test_app::{FIREFOX_ON_LINUX, PASSWORD, TestApp},
    two_factor::protect,
};

on_both!(
    a_sensitive_operation_asks_first_and_nothing_has_changed,
    a_session_that_was_confirmed_goes_on_under_a_new_cookie_even_when_the_operation_is_refused,
    a_request_that_was_on_its_way_with_the_old_cookie_loses_nothing,
    remote_logout_never_asks,
);

async fn long_ago(app: &TestApp) {
    databases::run(
        app.db(),
        "update sessions set confirmed_at = confirmed_at - 600000",
    )
    .await;
}

async fn signed_up(app: &TestApp) -> Browser {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    ada
}

async fn a_sensitive_operation_asks_first_and_nothing_has_changed(app: TestApp) {
    let ada = signed_up(&app).await;
    let _ = protect(&ada).await;
    long_ago(&app).await;
    let before = app.everything().await;
    let email = [("email", "countess@example.com")];
    let (code, remove) = ([("code", "123456")], [("remove", "true")]);
    for (operation, fields) in [
        ("begin_two_factor", NOTHING),
        ("turn_on_two_factor", &code),
        ("set_curfew", &remove),
        ("set_account_curfew", &remove),
        ("turn_off_two_factor", NOTHING),
        ("new_recovery_codes", NOTHING),
        ("use_recovery_codes", NOTHING),
        ("change_email", &email),
    ] {
        let refused = ada.call(operation, fields).await;
        refused.refuses(403, "step_up_required");
        assert!(refused.json()["fields"]["confirmation"].is_string());
    }
    assert_eq!(app.everything().await, before);
}

async fn a_session_that_was_confirmed_goes_on_under_a_new_cookie_even_when_the_operation_is_refused(
    app: TestApp,
) {
    let ada = signed_up(&app).await;
    long_ago(&app).await;
    let old = ada.cookie(Kind::Session).unwrap();
    // The password is right, the address is not.
    let form = [("email", "nonsense"), ("confirmation", PASSWORD)];
    let refused = ada
        .post_form("/api/fn/change_email", "/profile/login", &form)
        .await;
    refused.leads_to("/profile/login");
    assert_ne!(ada.cookie(Kind::Session).unwrap(), old);
    let page = ada.get("/profile/login").await;
    page.says("Enter an email address like")
        .does_not_say(PASSWORD);
    assert!(ada.is_signed_in().await);
    // Confirmed is confirmed: the second time nothing is asked.
    ada.call("change_email", &[("email", "countess@example.com")])
        .await
        .is(200);
    assert_eq!(app.events("Ada", "user.confirmed").await, 1);
}

async fn a_request_that_was_on_its_way_with_the_old_cookie_loses_nothing(app: TestApp) {
    let ada = signed_up(&app).await;
    long_ago(&app).await;
    let other_tab = ada.clone();
    let form = [
        ("email", "countess@example.com"),
        ("confirmation", PASSWORD),
    ];
    ada.call("change_email", &form).await.is(200);
    let answer = other_tab.get("/profile/login").await;
    answer.leads_to("/sign-in?next=/profile/login");
    assert!(answer.touches_no_cookie(), "{answer:?}");
    let program = other_tab.call("still_signed_in", NOTHING).await;
    program.refuses(401, "not_signed_in");
    assert!(program.touches_no_cookie(), "{program:?}");
    // By then the browser has the new one.
    ada.get("/sign-in?next=/profile/login")
        .await
        .leads_to("/profile/login");
}

async fn remote_logout_never_asks(app: TestApp) {
    let ada = signed_up(&app).await;
    long_ago(&app).await;
    ada.remote_logout().await.is(303);
    assert_eq!(app.remote_logouts("Ada").await, 1);
}
