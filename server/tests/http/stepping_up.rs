//! "Confirm it is you", as browsers and programs meet it.

mod waiting;

use accounts::plans::Plan;
use app::cookies::Kind;
use server::addresses::{self, StepUp};

use crate::{
    browser::{Browser, NOTHING},
    databases,
    test_app::{FIREFOX_ON_LINUX, PASSWORD, SAFARI_ON_IPHONE, TestApp},
    two_factor::protect,
};

on_both!(
    a_sensitive_operation_asks_first_and_nothing_has_changed,
    a_session_that_was_confirmed_goes_on_under_a_new_cookie_even_when_the_operation_is_refused,
    a_request_that_was_on_its_way_with_the_old_cookie_loses_nothing,
    every_function_that_the_list_says_asks_first,
    a_plain_form_without_a_field_continues_on_a_page_of_its_own,
    a_link_made_before_a_remote_logout_waits_for_a_confirmation,
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
    // Where the new cookie never arrives, the sign-in page is shown, and does not lead to itself.
    let lost = other_tab.get("/sign-in?next=/profile/login").await;
    lost.is(200).says("Remember me");
    for name in ["curfew_session", "curfew_remember"] {
        assert_eq!(lost.set_cookie(name), None, "{lost:?}");
    }
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

/// No field is sent: the question comes before the function looks at any.
async fn every_function_that_the_list_says_asks_first(app: TestApp) {
    let ada = signed_up(&app).await;
    app.put_on("Ada", Plan::Enterprise).await;
    long_ago(&app).await;
    let before = app.everything().await;
    let mut asked = 0;
    for address in addresses::all() {
        let Some(StepUp::AsksFor(field)) = address.step_up else {
            continue;
        };
        let refused = ada.call(address.function_name().unwrap(), NOTHING).await;
        refused.refuses(403, "step_up_required");
        assert!(
            refused.json()["fields"][field].is_string(),
            "{}: {refused:?}",
            address.path
        );
        asked += 1;
    }
    assert!(asked > 20, "{asked}");
    assert_eq!(app.everything().await, before);
}

async fn a_plain_form_without_a_field_continues_on_a_page_of_its_own(app: TestApp) {
    let ada = signed_up(&app).await;
    long_ago(&app).await;
    let members = "/settings/members";
    let form = [("role", "admin"), ("email", "ben@example.com")];
    ada.post_form("/api/fn/invite_member", members, &form)
        .await
        .leads_to("/profile/confirm");
    let page = ada.get("/profile/confirm").await;
    page.is(200)
        .says("You’re about to invite a member.")
        .does_not_say("Enter your password.");
    // Said once, in the heading: neither above the form nor at the field.
    // The last one: a template for a page that has ended stands before it.
    let main = page.body.rsplit_once("<main").unwrap().1;
    let main = main.split_once("</main>").unwrap().0;
    assert_eq!(main.matches("Confirm it’s you").count(), 1, "{page:?}");
    // A page that is loaded again still has what was typed.
    let again = ada.get("/profile/confirm").await;
    again.is(200).says("You’re about to invite a member.");
    assert!(again.tag("name=\"email\"").contains("ben@example.com"));
    assert!(
        page.tag("name=\"email\"").contains("ben@example.com"),
        "{page:?}"
    );
    let with = |shown: &'static str| [form[0], form[1], ("confirmation", shown)];
    ada.post_form(
        "/api/fn/invite_member",
        "/profile/confirm",
        &with("wrong horse"),
    )
    .await
    .leads_to("/profile/confirm");
    ada.get("/profile/confirm")
        .await
        .says("You’re about to invite a member.")
        .says("That isn’t your password.")
        .does_not_say("wrong horse");
    ada.post_form("/api/fn/invite_member", "/profile/confirm", &with(PASSWORD))
        .await
        .leads_to(members);
    ada.get(members)
        .await
        .says("The invitation is ready")
        .says("ben@example.com");
    // Opened by itself it asks for nothing.
    ada.get("/profile/confirm")
        .await
        .is(200)
        .says("There’s nothing to confirm");
    // What is wrong otherwise is said where it was typed.
    long_ago(&app).await;
    let wrong = [
        ("role", "admin"),
        ("email", "nonsense"),
        ("confirmation", PASSWORD),
    ];
    ada.post_form("/api/fn/invite_member", "/profile/confirm", &wrong)
        .await
        .leads_to(members);
}

async fn a_link_made_before_a_remote_logout_waits_for_a_confirmation(app: TestApp) {
    let ada = signed_up(&app).await;
    let made = ada.call("invite_member", &[("role", "owner")]).await;
    let link = made.json().as_str().unwrap().to_owned();
    let link = link.strip_prefix("http://curfew.test").unwrap();
    let thief = app.browser(SAFARI_ON_IPHONE);
    thief.get(link).await.is(200).says("Join Ada’s account");
    ada.get("/profile/remote-logout")
        .await
        .says("1 pending invitation");
    ada.remote_logout().await.is(303);
    ada.get("/sign-in").await.says("1 pending invitation");
    thief
        .get(link)
        .await
        .is(200)
        .says("This invitation has to be confirmed");
    let (_, token) = link.split_once('=').unwrap();
    let form = [
        ("invite", token),
        ("name", "Mallory"),
        ("email", "mallory@example.com"),
        ("password", PASSWORD),
    ];
    thief.call("join", &form).await.refuses(409, "conflict");
    assert_eq!(app.user_count().await, 1);

    ada.sign_in("Ada").await;
    let page = ada.get("/settings/members").await;
    page.says("Needs confirming: all of Ada’s sessions ended after it was created.");
    let id = page.tag("name=\"invitation\"");
    let (_, id) = id.split_once("value=\"").unwrap();
    let (id, _) = id.split_once('"').unwrap();
    let confirm = [("invitation", id)];
    long_ago(&app).await;
    ada.call("confirm_invitation", &confirm)
        .await
        .refuses(403, "step_up_required");
    let confirm = [("invitation", id), ("confirmation", PASSWORD)];
    ada.call("confirm_invitation", &confirm).await.is(200);
    ada.call("confirm_invitation", &confirm)
        .await
        .refuses(404, "not_found");
    thief.joins(link, "Ben").await;
    assert_eq!(app.user_count().await, 2);
    app.chains_are_whole().await;
}
