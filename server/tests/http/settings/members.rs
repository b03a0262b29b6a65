//! Members, as their owners and they themselves meet it.

use crate::{
    browser::NOTHING,
    test_app::{FIREFOX_ON_LINUX, PASSWORD, SAFARI_ON_IPHONE, TestApp},
};

on_both!(
    an_invitation_is_a_link_that_is_shown_once_and_works_once,
    an_invitation_works_where_sign_up_is_closed,
    an_email_that_is_taken_is_said_beside_the_field,
    what_is_no_invitation_is_said_to_be_none,
    a_disabled_member_is_out_with_the_next_request,
    a_member_who_is_logged_out_is_told_by_whom,
    everyone_is_logged_out_and_the_owner_stays_as_ticked,
    the_question_says_what_will_end,
    members_delete_their_own_account,
    a_role_that_is_none_is_malformed,
);

async fn an_invitation_is_a_link_that_is_shown_once_and_works_once(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let form = [("role", "admin"), ("email", "ben@example.com")];
    let made = ada
        .post_form("/api/fn/invite_member", "/settings/members", &form)
        .await;
    made.leads_to("/settings/members");
    let page = ada.get("/settings/members").await;
    page.says("The invitation is ready")
        .says("ben@example.com")
        .says("Admin");
    let (_, rest) = page
        .body
        .split_once("http://curfew.test/join?invite=")
        .unwrap();
    let token = rest.get(..43).unwrap();
    let link = format!("/join?invite={token}");
    assert!(!ada.get("/settings/members").await.body.contains(token));

    let ben = app.browser(SAFARI_ON_IPHONE);
    let shown = ben.get(&link).await;
    shown
        .is(200)
        .says("Join Ada’s account")
        .says("Ada invited you. Your role will be admin.");
    assert!(
        shown
            .tag("id=\"email\"")
            .contains("value=\"ben@example.com\""),
        "{shown:?}"
    );
    ben.joins(&link, "Ben").await;
    ben.get("/settings/members")
        .await
        .is(200)
        .says("Ben")
        .says("You");
    // Used up.
    let late = app.browser(SAFARI_ON_IPHONE);
    late.get(&link)
        .await
        .is(200)
        .says("This invitation is no longer valid");
    let form = [
        ("invite", token),
        ("name", "Cleo"),
        ("email", "cleo@example.com"),
        ("password", PASSWORD),
    ];
    late.call("join", &form).await.refuses(404, "not_found");
    assert_eq!(app.events("Ben", "member.joined").await, 1);
    app.chains_are_whole().await;
}

async fn an_invitation_works_where_sign_up_is_closed(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let closed = app.with(&[("CURFEW_SIGN_UP", "closed")]);
    let ben = closed.browser(FIREFOX_ON_LINUX);
    let form = [
        ("name", "Ben"),
        ("email", "ben@example.com"),
        ("password", PASSWORD),
    ];
    ben.call("sign_up", &form)
        .await
        .refuses(403, "sign_up_closed");
    ben.joins(&ada.at(&closed).invites("member").await, "Ben")
        .await;
    assert!(ben.is_signed_in().await);
}

async fn an_email_that_is_taken_is_said_beside_the_field(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let link = ada.invites("member").await;
    let (_, invite) = link.split_once("invite=").unwrap();
    let ben = app.browser(FIREFOX_ON_LINUX);
    let form = [
        ("invite", invite),
        ("name", "Ben"),
        ("email", "ada@example.com"),
        ("password", PASSWORD),
    ];
    let refused = ben.post_form("/api/fn/join", &link, &form).await;
    refused.leads_to(&link);
    let page = ben.get(&link).await;
    page.says("This email already belongs to a user here");
    assert!(
        page.tag("id=\"name\"").contains("value=\"Ben\""),
        "{page:?}"
    );
    assert!(!page.body.contains(PASSWORD));
    let weak = [
        ("invite", invite),
        ("name", ""),
        ("email", "ben"),
        ("password", "x"),
    ];
    ben.call("join", &weak)
        .await
        .refuses(422, "validation_failed");
    ben.joins(&link, "Ben").await;
}

async fn what_is_no_invitation_is_said_to_be_none(app: TestApp) {
    let anonymous = app.browser(FIREFOX_ON_LINUX);
    for link in [
        "/join",
        "/join?invite=",
        "/join?invite=x",
        "/join?invite=%3Cscript%3Ealert(1)%3C/script%3E",
        &format!("/join?invite={}", "A".repeat(43)),
        &format!("/join?invite={}", "x".repeat(3_000)),
    ] {
        let page = anonymous.get(link).await;
        page.is(200).says("This invitation is no longer valid");
        assert!(!page.body.contains("<script>alert"), "{page:?}");
    }
    // A user who is signed in is told to sign out first.
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let link = ada.invites("member").await;
    ada.get(&link).await.is(200).says("Sign out first");
    let (_, invite) = link.split_once("invite=").unwrap();
    let form = [
        ("invite", invite),
        ("name", "Ada"),
        ("email", "ada2@example.com"),
        ("password", PASSWORD),
    ];
    ada.call("join", &form).await.refuses(409, "conflict");
}

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
    ada.get("/settings/members")
        .await
        .says("1 session and 0 remembered devices ended.");
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
        .says("You stay signed in here.");
    assert!(!ben.is_signed_in().await);
    ben.sign_in("Ben").await;
    let done = ada
        .post_form(
            "/api/fn/remote_logout_everyone",
            "/settings/members/everyone",
            NOTHING,
        )
        .await;
    done.leads_to("/sign-in?next=/settings/members");
    assert!(!ada.is_signed_in().await && !ben.is_signed_in().await);
    app.chains_are_whole().await;
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
            "Log out everywhere",
        ),
        ("disable", "Disable Ben?", "Disable"),
        ("remove", "Remove Ben?", "Remove"),
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

async fn a_role_that_is_none_is_malformed(app: TestApp) {
    let (ada, _ben) = app.two("member").await;
    let id = app.id_of("Ben").await;
    for role in [
        "",
        "Owner",
        "root",
        "owner ",
        "watch-only",
        &"x".repeat(5_000),
    ] {
        ada.call("invite_member", &[("role", role)])
            .await
            .refuses(400, "malformed");
        ada.call("change_role", &[("member", id.as_str()), ("role", role)])
            .await
            .refuses(400, "malformed");
    }
    for email in ["ben", "a b@c.d", &format!("{}@b.c", "a".repeat(300))] {
        ada.call("invite_member", &[("role", "member"), ("email", email)])
            .await
            .refuses(422, "validation_failed");
    }
}
