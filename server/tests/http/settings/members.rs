//! Members, as their owners and they themselves meet it.

use crate::{
    browser::NOTHING,
    test_app::{PASSWORD, SAFARI_ON_IPHONE, TestApp},
};

on_both!(
    a_disabled_member_is_out_with_the_next_request,
    a_member_who_is_logged_out_is_told_by_whom,
    everyone_is_logged_out_and_the_owner_stays_as_ticked,
    the_question_says_what_will_end,
    the_invitations_of_a_member_who_is_logged_out_are_counted,
    members_delete_their_own_account,
    a_second_factor_that_was_lost_is_reset_by_an_owner_and_by_no_member,
);

async fn a_disabled_member_is_out_with_the_next_request(app: TestApp) {
    let (ada, ben) = app.two("member").await;
    let phone = app.browser(SAFARI_ON_IPHONE);
    phone.sign_in_remembered("Ben").await;
    let id = app.id_of("Ben").await;
    ada.call("disable_member", &[("member", id.as_str())])
        .await
        .is(200);
    for device in [&ben, &phone] {
        let refused = device.call("still_signed_in", NOTHING).await;
        refused.refuses(401, "session_ended");
        assert_eq!(refused.json()["reason"]["end_reason"], "disabled");
        assert_eq!(refused.json()["reason"]["who"], "Ada");
    }
    let again = [("email", "ben@example.com"), ("password", PASSWORD)];
    ben.call("sign_in", &again)
        .await
        .refuses(401, "invalid_credentials");
    ada.get("/settings/members").await.says("Disabled");
    ada.call("enable_member", &[("member", id.as_str())])
        .await
        .is(200);
    ben.sign_in("Ben").await;
    // Gone for good.
    ada.call("remove_member", &[("member", id.as_str())])
        .await
        .is(200);
    assert!(!ben.is_signed_in().await);
    ben.call("sign_in", &again)
        .await
        .refuses(401, "invalid_credentials");
    ada.get("/settings/members")
        .await
        .does_not_say("ben@example.com");
    ada.get("/settings/audit-log").await.says("Ada removed Ben");
}

async fn a_member_who_is_logged_out_is_told_by_whom(app: TestApp) {
    let (ada, ben) = app.two("member").await;
    let id = app.id_of("Ben").await;
    let form = [("member", id.as_str())];
    let logged_out = ada
        .post_form("/api/fn/remote_logout_member", "/settings/members", &form)
        .await;
    logged_out.leads_to("/settings/members");
    ada.get("/settings/members").await.says("1 session ended.");
    ben.get("/profile").await.leads_to("/sign-in?next=/profile");
    ben.get("/sign-in")
        .await
        .says("Ada signed you out on all devices at ");
    assert_eq!(
        (
            app.remote_logouts("Ben").await,
            app.remote_logouts("Ada").await
        ),
        (1, 0)
    );
    assert!(ada.is_signed_in().await);
}

async fn everyone_is_logged_out_and_the_owner_stays_as_ticked(app: TestApp) {
    let (ada, ben) = app.two("admin").await;
    ben.call("remote_logout_everyone", NOTHING)
        .await
        .refuses(403, "forbidden");
    let question = ada.get("/settings/members/everyone").await;
    question
        .is(200)
        .says("What will end for 2 members")
        .says("2 sessions");
    let form = [("keep_this", "true")];
    let copied = ada.clone();
    let done = ada
        .post_form(
            "/api/fn/remote_logout_everyone",
            "/settings/members/everyone",
            &form,
        )
        .await;
    done.leads_to("/settings/members");
    ada.get("/settings/members")
        .await
        .says("You stay signed in here.")
        .does_not_say("pending invitation");
    // A copy of the cookie is what this may be about.
    assert!(!copied.is_signed_in().await);
    assert!(!ben.is_signed_in().await);
    ben.sign_in("Ben").await;
    for browser in [&ada, &ben] {
        let invited = browser.call("invite_member", &[("role", "member")]).await;
        invited.is(200);
    }
    ada.get("/settings/members/everyone")
        .await
        .says("2 pending invitations: their links won’t work until they’re confirmed")
        .does_not_say("0 remembered devices");
    let done = ada
        .post_form(
            "/api/fn/remote_logout_everyone",
            "/settings/members/everyone",
            NOTHING,
        )
        .await;
    done.leads_to("/sign-in?next=/settings/members");
    ada.get("/sign-in?next=/settings/members")
        .await
        .says("2 pending invitations won’t work until confirmed");
    assert!(!ada.is_signed_in().await && !ben.is_signed_in().await);
    app.chains_are_whole().await;
}

async fn the_invitations_of_a_member_who_is_logged_out_are_counted(app: TestApp) {
    let (ada, ben) = app.two("admin").await;
    ben.call("invite_member", &[("role", "member")])
        .await
        .is(200);
    let id = app.id_of("Ben").await;
    ada.get(&format!(
        "/settings/members/confirm?operation=remote_logout&member={id}"
    ))
    .await
    .is(200)
    .says("1 pending invitation: its link won’t work until it’s confirmed")
    .does_not_say("0 API tokens");
    let form = [("member", id.as_str())];
    ada.post_form("/api/fn/remote_logout_member", "/settings/members", &form)
        .await
        .leads_to("/settings/members");
    ada.get("/settings/members")
        .await
        .says("1 pending invitation won’t work until it’s confirmed.");
}

async fn the_question_says_what_will_end(app: TestApp) {
    let (ada, _ben) = app.two("member").await;
    app.browser(SAFARI_ON_IPHONE)
        .sign_in_remembered("Ben")
        .await;
    let id = app.id_of("Ben").await;
    for (operation, title, button) in [
        (
            "remote_logout",
            "Log Ben out from all devices?",
            "Log out Ben",
        ),
        ("disable", "Disable Ben?", "Disable Ben"),
        ("remove", "Remove Ben?", "Remove Ben"),
    ] {
        let page = ada
            .get(&format!(
                "/settings/members/confirm?operation={operation}&member={id}"
            ))
            .await;
        page.is(200)
            .says(title)
            .says(button)
            .says("2 sessions")
            .says("1 remembered device");
    }
    for nonsense in [
        "",
        "?operation=remove",
        "?member=x&operation=remove",
        &format!("?operation=nothing&member={id}"),
    ] {
        ada.get(&format!("/settings/members/confirm{nonsense}"))
            .await
            .is(404);
    }
}

async fn members_delete_their_own_account(app: TestApp) {
    let (ada, ben) = app.two("member").await;
    ben.get("/profile/delete")
        .await
        .is(200)
        .says("This can’t be undone.")
        .says("ben@example.com");
    ben.call("delete_account", &[("confirmation", "yes")])
        .await
        .refuses(422, "validation_failed");
    ada.call("delete_account", &[("confirmation", "ada@example.com")])
        .await
        .refuses(409, "last_owner");
    let form = [("confirmation", "ben@example.com")];
    let gone = ben
        .post_form("/api/fn/delete_account", "/profile/delete", &form)
        .await;
    gone.leads_to("/sign-in");
    assert!(gone.removes("curfew_session"), "{gone:?}");
    ben.get("/sign-in")
        .await
        .says("Your account has been deleted");
    ada.call("delete_account", &[("confirmation", "ada@example.com")])
        .await
        .is(200);
    assert_eq!(app.user_count().await, 0);
    app.chains_are_whole().await;
}

async fn a_second_factor_that_was_lost_is_reset_by_an_owner_and_by_no_member(app: TestApp) {
    let (ada, ben) = app.two("member").await;
    let (ada_id, id) = (app.id_of("Ada").await, app.id_of("Ben").await);
    let page = format!("/settings/members/confirm?operation=reset_two_factor&member={id}");
    ada.get("/settings/members")
        .await
        .does_not_say("Reset two-factor");
    ada.call("reset_two_factor", &[("member", id.as_str())])
        .await
        .refuses(403, "forbidden");
    let _ = crate::two_factor::protect(&ben).await;
    ben.call("reset_two_factor", &[("member", ada_id.as_str())])
        .await
        .refuses(403, "forbidden");
    ada.call("reset_two_factor", &[("member", ada_id.as_str())])
        .await
        .refuses(403, "forbidden");
    ada.get("/settings/members").await.says("Reset two-factor");
    ada.get(&page)
        .await
        .is(200)
        .says("make sure that it’s them who asks");
    ada.call("reset_two_factor", &[("member", id.as_str())])
        .await
        .is(200);
    let refused = ben.call("still_signed_in", NOTHING).await;
    refused.refuses(401, "session_ended");
    assert_eq!(refused.json()["reason"]["who"], "Ada");
    assert!(app.user("Ben").await.two_factor_since.is_none());
    ben.sign_in("Ben").await;
    assert!(ben.is_signed_in().await);
    ada.get("/settings/audit-log")
        .await
        .says("Ada turned off two-factor authentication for Ben");
}
