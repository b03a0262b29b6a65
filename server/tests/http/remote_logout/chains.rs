//! What a stolen session of an owner prepares in its ten minutes, played against the service: after a remote logout and
//! a new password nothing of it leads back.

use accounts::plans::Plan;
use app::cookies::Kind;

use crate::{
    browser::{Browser, NOTHING},
    emails::emails,
    program::{Program, token_of},
    test_app::{FIREFOX_ON_LINUX, OTHER_PASSWORD, PASSWORD, SAFARI_ON_IPHONE, TestApp, email_of},
};

on_both!(
    nothing_that_a_stolen_session_prepared_leads_back,
    a_downgrade_does_not_forbid_the_remote_logout,
    a_token_logs_out_three_times_an_hour_and_goes_when_it_is_revoked,
);

const MALLORY: &str = "mallory@example.com";

/// A browser with a copy of that session.
fn thief_of(app: &TestApp, browser: &Browser) -> Browser {
    let thief = app.browser(SAFARI_ON_IPHONE);
    thief.put(Kind::Session, &browser.cookie(Kind::Session).unwrap());
    thief
}

/// The token of the link in the newest email to that address that leads to that page.
async fn link_token(app: &TestApp, to: &str, page: &str) -> String {
    let all = emails(app, to).await;
    let start = format!("http://curfew.test{page}?token=");
    let email = all.iter().find(|email| email.contains(&start)).unwrap();
    let (_, token) = email.split_once(&start).unwrap();
    token
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect()
}

async fn nothing_that_a_stolen_session_prepared_leads_back(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let thief = thief_of(&app, &ada);

    // In the first ten minutes no step-up is asked for.
    let made = thief.call("invite_member", &[("role", "owner")]).await;
    let link = made.is(200).json().as_str().unwrap().to_owned();
    let link = link.strip_prefix("http://curfew.test").unwrap().to_owned();
    thief
        .call("change_email", &[("email", MALLORY)])
        .await
        .is(200);
    let new_address = link_token(&app, MALLORY, "/confirm-email").await;
    thief.call("begin_two_factor", NOTHING).await.is(200);
    thief
        .call("request_password_reset", &[("email", email_of("Ada"))])
        .await
        .is(200);
    let reset = link_token(&app, &email_of("Ada"), "/reset-password").await;
    thief.call("change_plan", &[("plan", "free")]).await.is(200);

    ada.remote_logout()
        .await
        .leads_to("/sign-in?next=/profile/security");
    ada.sign_in("Ada").await;
    let change = [
        ("current_password", PASSWORD),
        ("new_password", OTHER_PASSWORD),
    ];
    ada.call("change_password", &change).await.is(200);
    let epoch = app.epoch("Ada").await;

    assert!(!thief.is_signed_in().await);
    for (function, fields) in [
        ("invite_member", vec![("role", "owner")]),
        ("change_plan", vec![("plan", "enterprise")]),
        ("turn_on_two_factor", vec![("code", "123456")]),
    ] {
        thief.call(function, &fields).await.is(401);
    }
    // The link to join waits; those to another address and another password are dead.
    thief
        .get(&link)
        .await
        .says("This invitation has to be confirmed");
    let (_, invite) = link.split_once('=').unwrap();
    let join = [
        ("invite", invite),
        ("name", "Mallory"),
        ("email", MALLORY),
        ("password", PASSWORD),
    ];
    thief.call("join", &join).await.refuses(409, "conflict");
    thief
        .call("confirm_email", &[("token", new_address.as_str())])
        .await
        .refuses(410, "link_expired");
    let choose = [("token", reset.as_str()), ("new_password", PASSWORD)];
    thief
        .call("reset_password", &choose)
        .await
        .refuses(410, "link_expired");
    // Neither the old password nor the device that the thief signed in on helps.
    let old = [("email", email_of("Ada")), ("password", PASSWORD.into())];
    thief.call("sign_in", &old).await.is(401);

    assert_eq!(app.user_count().await, 1);
    assert_eq!(app.user("Ada").await.email, email_of("Ada"));
    assert_eq!(app.epoch("Ada").await, epoch);
    assert!(ada.is_signed_in().await && !thief.is_signed_in().await);
    app.chains_are_whole().await;
}

async fn a_downgrade_does_not_forbid_the_remote_logout(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    for round in 1..=5 {
        let thief = thief_of(&app, &ada);
        for plan in ["free", "plus", "free", "pro", "free"] {
            thief.call("change_plan", &[("plan", plan)]).await.is(200);
        }
        for page in ["/profile/security", "/profile/password"] {
            let page = ada.get(page).await;
            page.is(200).tag("action=\"/profile/remote-logout\"");
            // And why it is there, on a plan that has it not.
            page.says("Your account is now on Free, which doesn’t include this.");
        }
        ada.get("/profile/remote-logout")
            .await
            .is(200)
            .says("Log out from all devices?");
        ada.remote_logout()
            .await
            .leads_to("/sign-in?next=/profile/security");
        assert_eq!(app.remote_logouts("Ada").await, round);
        assert!(!thief.is_signed_in().await);

        // What is signed in on the smaller plan keeps nothing.
        ada.sign_in("Ada").await;
        ada.call("remote_logout", &[("from", "security")])
            .await
            .refuses(403, "plan_required");
        ada.get("/profile/security")
            .await
            .says("Available on Plus, Pro and Enterprise.");
        app.put_on("Ada", Plan::Enterprise).await;
    }
}

async fn a_token_logs_out_three_times_an_hour_and_goes_when_it_is_revoked(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let thief = thief_of(&app, &ada);
    let program = Program::new(&app, &token_of(&thief, "api", Some("sessions")).await);
    ada.remote_logout().await.is(303);
    for logged_out in 2..=4 {
        ada.sign_in("Ada").await;
        program.post("/api/v1/remote-logout").await.is(200);
        assert!(!ada.is_signed_in().await);
        assert_eq!(app.remote_logouts("Ada").await, logged_out);
    }
    ada.sign_in("Ada").await;
    for _ in 0..3 {
        let refused = program.post("/api/v1/remote-logout").await;
        refused.refuses(429, "too_many_attempts");
        assert!(!refused.header("retry-after").is_empty());
    }
    assert!(ada.is_signed_in().await);
    // The box under "More" of the dialog.
    let both = [("from", "security"), ("revoke_api", "on")];
    ada.call("remote_logout", &both).await.is(200);
    program.get("/api/v1/me").await.is(401);
    assert_eq!(app.token_counts("Ada").await, (0, 0));
}
