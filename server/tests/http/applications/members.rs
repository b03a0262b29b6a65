//! What an owner reads of applications before and after a remote logout of others; and what ends with a user's own change.

use super::{register, register_gate, sign_in_at};
use crate::{
    browser::{Browser, NOTHING},
    databases,
    test_app::{FIREFOX_ON_LINUX, OTHER_PASSWORD, PASSWORD, TestApp},
};

on_both!(
    a_remote_logout_of_a_member_says_what_applications_are_told,
    what_applications_were_told_is_for_the_own_account_only,
    a_remote_logout_of_everyone_says_what_applications_are_told,
    every_card_says_what_a_gate_does_not_reach,
    the_count_of_everyone_says_which_session_stays,
    a_changed_password_counts_what_ends_at_applications,
);

/// Signs a browser's user in at an application, with its session.
async fn goes_to(browser: &Browser, application: &str) {
    let who = browser.signed_in().await;
    sign_in_at(&browser.app, &who.user.id.0, &who.session.0, application).await;
}

async fn a_remote_logout_of_a_member_says_what_applications_are_told(app: TestApp) {
    let (ada, ben) = app.two("member").await;
    let wiki = register(&ada, "Wiki", "http://127.0.0.1:9/x").await;
    let silent = register(&ada, "Silent", "").await;
    for application in [&wiki, &wiki, &silent] {
        goes_to(&ben, application).await;
    }
    goes_to(&ada, &wiki).await;
    let id = app.id_of("Ben").await;
    for operation in ["remote_logout", "disable", "remove"] {
        let page = format!("/settings/members/confirm?operation={operation}&member={id}");
        ada.get(&page)
            .await
            .is(200)
            .says("Told at once: Wiki (2 sessions)")
            .says("Can’t be told: Silent (its own session may live up to 30 days)");
    }
    let form = [("member", id.as_str())];
    ada.post_form("/api/fn/remote_logout_member", "/settings/members", &form)
        .await
        .leads_to("/settings/members");
    ada.get("/settings/members")
        .await
        .says("Ben is logged out from all devices")
        .says("1 session ended.")
        .says("Wiki (2 sessions): Being told")
        .says("Silent : Can’t be told: its own session may live up to 30 days")
        .says("Some applications may still be open. Log members out of those marked here, too.");
    // It is said once.
    ada.get("/settings/members").await.does_not_say("Silent");
    // Without any, nothing is said of them; and a member who is at an application alone is signed in somewhere.
    ada.post_form("/api/fn/remote_logout_member", "/settings/members", &form)
        .await
        .leads_to("/settings/members");
    ada.get("/settings/members")
        .await
        .says("No session was left to end.")
        .does_not_say("Their answers");
    let page = format!("/settings/members/confirm?operation=remote_logout&member={id}");
    ada.get(&page).await.says("they aren’t signed in anywhere");
    ben.sign_in("Ben").await;
    goes_to(&ben, &silent).await;
    let offline = "update application_sessions set is_offline = true, session_id = 'gone' where ended_at is null
                 and application_id = (select id from applications where name = 'Silent')
                 and epoch = (select epoch from users where email = 'ben@example.com')";
    databases::run(app.db(), offline).await;
    databases::run(app.db(), "update sessions set ended_at = started_at, end_reason = 'signed_out' where user_id = (select id from users where email = 'ben@example.com') and ended_at is null").await;
    ada.get(&page)
        .await
        .says("Can’t be told: Silent")
        .does_not_say("they aren’t signed in anywhere");
}

async fn what_applications_were_told_is_for_the_own_account_only(app: TestApp) {
    use accounts::{
        applications::{LogoutScope, told_of_members},
        ids::EventId,
    };

    let (ada, ben) = app.two("member").await;
    let wiki = register(&ada, "Wiki", "").await;
    goes_to(&ben, &wiki).await;
    ben.remote_logout().await.is(303);
    let eve = app.browser(FIREFOX_ON_LINUX);
    eve.sign_up("Eve").await;
    let event = testing::databases::text(app.db(), "select event_id from epoch_raises").await;
    let event = EventId(event);
    for (name, found) in [("Ada", 1), ("Eve", 0)] {
        let account = app.user(name).await.account_id;
        for scope in [LogoutScope::Member, LogoutScope::Everyone] {
            let mut conn = app.read().await;
            let told = told_of_members(&mut conn, &account, &event, scope).await;
            assert_eq!(told.unwrap().len(), found, "{name} {scope:?}");
        }
    }
}

async fn a_remote_logout_of_everyone_says_what_applications_are_told(app: TestApp) {
    let (ada, ben) = app.two("member").await;
    let wiki = register(&ada, "Wiki", "http://127.0.0.1:9/x").await;
    let silent = register(&ada, "Silent", "").await;
    for (browser, application) in [(&ada, &wiki), (&ben, &wiki), (&ben, &silent)] {
        goes_to(browser, application).await;
    }
    let everyone = "/settings/members/everyone";
    ada.get(everyone)
        .await
        .is(200)
        .says("Told at once: Wiki (2 sessions)")
        .says("Can’t be told: Silent (its own session may live up to 30 days)");
    let form = [("keep_this", "true")];
    ada.post_form("/api/fn/remote_logout_everyone", everyone, &form)
        .await
        .leads_to("/settings/members");
    ada.get("/settings/members")
        .await
        .says("Everyone else has been logged out")
        .says("1 session ended. You stay signed in here.")
        .says("Wiki (2 sessions): Being told")
        .says("Silent : Can’t be told")
        .says("Some applications may still be open.");
    // Without this session it is said on the sign-in page, in numbers; of answers only where one may come.
    let open = "Some applications may still be open.";
    let answers = "Their answers come in under Settings → Applications.";
    for (application, says, never) in [(&silent, open, answers), (&wiki, answers, open)] {
        ben.sign_in("Ben").await;
        goes_to(&ben, application).await;
        ada.post_form("/api/fn/remote_logout_everyone", everyone, NOTHING)
            .await
            .leads_to("/sign-in?next=/settings/members");
        ada.get("/sign-in")
            .await
            .says("1 sign-in at an application ended, too.")
            .says(says)
            .does_not_say(never)
            .does_not_say("behind a gate")
            .does_not_say("Silent")
            .does_not_say("Wiki");
        ada.sign_in("Ada").await;
    }
}

async fn every_card_says_what_a_gate_does_not_reach(app: TestApp) {
    let (ada, ben) = app.two("member").await;
    let gate = register_gate(&ada, "Gate", "https://gate.example.com").await;
    let open = "What was open behind a gate, such as a WebSocket or a download, lives until its proxy’s limit.";
    // The owner reads it of a member.
    goes_to(&ben, &gate).await;
    let id = app.id_of("Ben").await;
    let form = [("member", id.as_str())];
    ada.post_form("/api/fn/remote_logout_member", "/settings/members", &form)
        .await
        .leads_to("/settings/members");
    ada.get("/settings/members")
        .await
        .says("Refused at its next request")
        .says(open);
    // The user reads it where a remote logout of their own leads to, and on its receipt.
    goes_to(&ada, &gate).await;
    ada.remote_logout().await.is(303);
    for page in ["/sign-in?next=/profile/security", "/receipt"] {
        ada.get(page)
            .await
            .says("Refused at its next request")
            .says(open);
    }
    // Of everyone there are numbers alone.
    ada.sign_in("Ada").await;
    goes_to(&ada, &gate).await;
    let everyone = "/settings/members/everyone";
    ada.post_form("/api/fn/remote_logout_everyone", everyone, NOTHING)
        .await
        .leads_to("/sign-in?next=/settings/members");
    ada.get("/sign-in")
        .await
        .says("1 sign-in at an application ended, too.")
        .says(open)
        .does_not_say("Refused");
}

async fn the_count_of_everyone_says_which_session_stays(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let everyone = "/settings/members/everyone";
    ada.get(everyone)
        .await
        .says("What will end for 1 member")
        .says("No other session")
        .says("1 session, this one too");
    app.browser(FIREFOX_ON_LINUX).sign_in("Ada").await;
    ada.get(everyone)
        .await
        .says("1 other session")
        .says("2 sessions, this one too");
    let form = [("keep_this", "true")];
    for says in ["1 session ended.", "No other session was left to end."] {
        ada.post_form("/api/fn/remote_logout_everyone", everyone, &form)
            .await
            .leads_to("/settings/members");
        ada.get("/settings/members").await.says(says);
    }
}

async fn a_changed_password_counts_what_ends_at_applications(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let wiki = register(&ada, "Wiki", "").await;
    goes_to(&ada, &wiki).await;
    for (current, new, says, never) in [
        (
            PASSWORD,
            OTHER_PASSWORD,
            "1 sign-in at an application ended. You stay signed in here.",
            "anywhere else",
        ),
        (
            OTHER_PASSWORD,
            PASSWORD,
            "You weren’t signed in anywhere else.",
            "at an application ended",
        ),
    ] {
        let form = [("current_password", current), ("new_password", new)];
        ada.post_form("/api/fn/change_password", "/profile/password", &form)
            .await
            .leads_to("/profile/password");
        let page = ada.get("/profile/password").await;
        page.says(says).does_not_say(never);
    }
    // What came from this session stays with it when the other devices are signed out, and is not counted.
    goes_to(&ada, &wiki).await;
    let other = app.browser(FIREFOX_ON_LINUX);
    other.sign_in("Ada").await;
    goes_to(&other, &wiki).await;
    ada.post_form("/api/fn/end_other_sessions", "/profile/security", NOTHING)
        .await
        .leads_to("/profile/security");
    ada.get("/profile/security")
        .await
        .says("1 other session and 1 sign-in at an application ended.");
}
