//! A second factor that an account requires of its members, as browsers and programs meet it.

use accounts::{permissions::Permission, secret::Token};
use app::cookies::Kind;
use axum::body::Body;
use http::Request;
use server::addresses;

use crate::{
    answer::Answer,
    browser::{Browser, NOTHING},
    gate_checks,
    oauth::relying::{Relying, answered, cloud},
    test_app::{FIREFOX_ON_LINUX, TestApp},
    two_factor::protect,
};

on_both!(
    every_address_leads_to_the_set_up_or_says_its_code,
    what_frees_a_member_stays_within_reach,
    a_member_sets_one_up_and_goes_on,
    applications_wait_until_one_is_set_up,
    the_gate_refuses_with_the_reason,
    an_owner_is_told_what_it_means_before_and_after,
    turning_it_off_leads_back_to_the_set_up,
);

pub const YES: &[(&str, &str)] = &[("required", "yes")];
const NO: &[(&str, &str)] = &[("required", "no")];
pub const CODE: &str = "second_factor_required";

pub async fn sets_one_up(browser: &Browser) {
    let _codes = protect(browser).await;
}

/// Ada, an owner with a second factor, and Ben, a member without: signed in as it becomes required.
pub async fn required(app: &TestApp) -> (Browser, Browser) {
    let (ada, ben) = app.two("admin").await;
    sets_one_up(&ada).await;
    ada.call("require_second_factor", YES).await.is(200);
    (ada, ben)
}

async fn every_address_leads_to_the_set_up_or_says_its_code(app: TestApp) {
    let (_ada, ben) = required(&app).await;
    for address in addresses::all().filter(|address| !address.is_for_programs()) {
        let Some(permission) = address.permission() else {
            continue;
        };
        let is_left = permission.rule().without_second_factor;
        // These would end the session that the others are asked with.
        if matches!(
            permission,
            Permission::RemoteLogout | Permission::DeleteOwnUser
        ) {
            assert!(is_left, "{}", address.path);
            continue;
        }
        let (answer, refused) = if let Some(name) = address.function_name() {
            let answer = ben.call(name, NOTHING).await;
            let refused = answer.status == 403 && answer.json()["code"] == CODE;
            (answer, refused)
        } else {
            let answer = ben.get(address.path).await;
            let led = answer.status == 303 && answer.header("location") == "/profile/security";
            (answer, led)
        };
        assert_eq!(refused, !is_left, "{}: {answer:?}", address.path);
    }
    // A plain form leads there as well, and that page says why.
    ben.post_form(
        "/api/fn/update_profile",
        "/profile",
        &[("name", "Benjamin")],
    )
    .await
    .leads_to("/profile/security");
    ben.get("/profile/security")
        .await
        .is(200)
        .says("requires a second factor")
        .says("Set up two-factor authentication to continue.")
        .says("Remote logout")
        .does_not_say("/settings");
    let page = ben.get("/profile/security").await;
    assert!(!page.body.contains("href=\"/settings"), "{}", page.body);
    // They did nothing that is not theirs.
    assert_eq!(app.denials().await, 0);
}

async fn what_frees_a_member_stays_within_reach(app: TestApp) {
    let (_ada, ben) = required(&app).await;
    let phone = app.browser(FIREFOX_ON_LINUX);
    phone.sign_in_remembered("Ben").await;
    phone.get("/").await.leads_to("/profile/security");
    ben.get("/profile/remote-logout").await.is(200);
    ben.remote_logout().await.is(303);
    assert_eq!(app.remote_logouts("Ben").await, 1);
    assert!(!ben.is_signed_in().await && !phone.is_signed_in().await);
    // Signing in, and out, with the password as before.
    ben.sign_in("Ben").await;
    ben.get("/settings/members")
        .await
        .leads_to("/profile/security");
    ben.post_form("/sign-out", "/profile/security", NOTHING)
        .await
        .is(303);
    assert_eq!(ben.cookie(Kind::Session), None);
    ben.sign_in("Ben").await;
    ben.get("/profile/delete").await.is(200);
    ben.call("delete_account", &[("confirmation", "ben@example.com")])
        .await
        .is(200);
    assert!(!ben.is_signed_in().await);
}

async fn a_member_sets_one_up_and_goes_on(app: TestApp) {
    let (ada, ben) = required(&app).await;
    ben.get("/profile/two-factor").await.is(200).says("Start");
    sets_one_up(&ben).await;
    for page in ["/", "/profile", "/settings/members"] {
        ben.get(page).await.is(200);
    }
    ben.get("/profile/security")
        .await
        .does_not_say("requires a second factor");
    // One who joins sets one up first.
    let eve = app.browser(FIREFOX_ON_LINUX);
    eve.joins(&ada.invites("member").await, "Eve").await;
    eve.get("/").await.leads_to("/profile/security");
    ada.call("require_second_factor", NO).await.is(200);
    eve.get("/").await.is(200);
}

async fn applications_wait_until_one_is_set_up(app: TestApp) {
    let (ada, ben) = app.two("admin").await;
    sets_one_up(&ada).await;
    let cloud = Relying::registered(&ada, &cloud()).await;
    let signed_in = cloud.signs_in(&ben, &[]).await;
    let token = signed_in["access_token"].as_str().unwrap();
    cloud.userinfo(token).await.is(200);
    ada.call("require_second_factor", YES).await.is(200);
    cloud.userinfo(token).await.is(401);
    let led = ben.get(&cloud.asks(&[])).await;
    led.is(303);
    let page = ben.get(led.header("location")).await;
    page.is(403)
        .says("asks for a second factor")
        .says("Set it up");
    let silent = ben.get(&cloud.asks(&[("prompt", "none")])).await;
    assert_eq!(answered(&silent, "error"), "interaction_required");
    let request = cloud.asks(&[]);
    let (_, request) = request.split_once('?').unwrap();
    ben.call("continue_to_application", &[("request", request)])
        .await
        .refuses(403, CODE);
    // The request survives the set-up.
    sets_one_up(&ben).await;
    cloud.signs_in(&ben, &[]).await;
}

async fn an_owner_is_told_what_it_means_before_and_after(app: TestApp) {
    let (ada, ben) = app.two("admin").await;
    // Without one of their own: said on the page, and refused beside the field.
    ada.get("/settings/members")
        .await
        .says("Second factor for everyone")
        .says("2 members have none.")
        .says("Set up yours first");
    let refused = ada.call("require_second_factor", YES).await;
    refused.refuses(422, "validation_failed");
    assert!(refused.json()["fields"]["required"].is_string());
    // An admin sees it, and does not change it.
    ben.get("/settings/members")
        .await
        .says("2 members have none.")
        .does_not_say("Set up yours first");
    ben.call("require_second_factor", YES)
        .await
        .refuses(403, "forbidden");
    ben.get("/settings/members/second-factor").await.is(403);

    sets_one_up(&ada).await;
    ada.get("/settings/members")
        .await
        .says("1 member has none.")
        .says("Require it");
    ada.get("/settings/members/second-factor")
        .await
        .is(200)
        .says("Require a second factor?")
        .says("1 member has none yet.");
    // Without script: the form of that page.
    let form = ada
        .post_form(
            "/api/fn/require_second_factor",
            "/settings/members/second-factor",
            YES,
        )
        .await;
    form.leads_to("/settings/members");
    ada.get("/settings/members")
        .await
        .says("A second factor is required now")
        .says("1 member has to set one up before anything else.")
        .says("Stop requiring it");
    ada.get("/settings/members/second-factor")
        .await
        .says("Stop requiring a second factor?");
    ada.get("/settings/audit-log")
        .await
        .says("Ada required a second factor of every member; 1 member had none");
    // It asks again for who it is, some time after.
    crate::databases::run(
        app.db(),
        "update sessions set confirmed_at = confirmed_at - 3600000",
    )
    .await;
    ada.call("require_second_factor", NO)
        .await
        .refuses(403, "step_up_required");
    ada.call("require_second_factor", &[("required", "perhaps")])
        .await
        .refuses(403, "step_up_required");
}

async fn turning_it_off_leads_back_to_the_set_up(app: TestApp) {
    let (ada, _ben) = required(&app).await;
    ada.get("/profile/two-factor/off")
        .await
        .says("Your account requires a second factor");
    ada.call("turn_off_two_factor", NOTHING).await.is(200);
    ada.get("/settings/members")
        .await
        .leads_to("/profile/security");
    ada.call("require_second_factor", NO)
        .await
        .refuses(403, CODE);
    sets_one_up(&ada).await;
    ada.get("/settings/members").await.is(200);
}

async fn the_gate_refuses_with_the_reason(app: TestApp) {
    let app = app.with(&[
        ("CURFEW_TRUSTED_PROXIES", "192.0.2.1/32"),
        ("CURFEW_APPLICATIONS", "all"),
    ]);
    let (ada, ben) = app.two("member").await;
    sets_one_up(&ada).await;
    gate_checks::register(&app).await;
    let cookie = gate_checks::handed_over(&app, &ben).await;
    let cookie = cookie.expose();
    asks_the_gate(&app, cookie, false).await.is(200);
    ada.call("require_second_factor", YES).await.is(200);
    // It has ended there, and its sign-in says why.
    asks_the_gate(&app, cookie, false)
        .await
        .refuses(401, "not_signed_in");
    let begun = Token::random();
    let sign_in = format!(
        "/gate/sign-in?host=wiki.example.com&to=/&begun={}",
        begun.hash().as_str()
    );
    ben.get(&sign_in)
        .await
        .is(403)
        .says("Your account requires a second factor of its members.")
        .says("Set it up");
    // Whatever is found alive all the same is refused by the check itself.
    let alive = "update application_sessions set ended_at = null, end_reason = null";
    crate::databases::run(app.db(), alive).await;
    asks_the_gate(&app, cookie, false).await.refuses(403, CODE);
    asks_the_gate(&app, cookie, true).await.is(302);
    sets_one_up(&ben).await;
    gate_checks::handed_over(&app, &ben).await;
}

/// What the gate says of a cookie.
async fn asks_the_gate(app: &TestApp, cookie: &str, navigates: bool) -> Answer {
    let request = Request::get("/gate/forward")
        .header("x-forwarded-host", "wiki.example.com")
        .header("x-forwarded-proto", "https")
        .header("x-forwarded-method", "GET")
        .header("x-forwarded-uri", "/page")
        .header(
            "sec-fetch-mode",
            if navigates { "navigate" } else { "cors" },
        )
        .header("cookie", format!("__Host-curfew_gate={cookie}"));
    app.browser("proxy").send(request, Body::empty()).await
}
