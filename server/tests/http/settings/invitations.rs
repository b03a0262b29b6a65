//! Invitations, as the members who send them and the visitors who accept them meet them.

use crate::test_app::{CHROME_ON_WINDOWS, FIREFOX_ON_LINUX, PASSWORD, SAFARI_ON_IPHONE, TestApp};

on_both!(
    an_invitation_is_a_link_that_is_shown_once_and_works_once,
    an_invitation_works_where_sign_up_is_closed,
    an_email_that_is_taken_is_said_beside_the_field,
    what_is_no_invitation_is_said_to_be_none,
    a_role_that_is_none_is_malformed,
    each_that_waits_says_when_by_whom_and_from_which_device_it_was_created,
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
        .says("Ada invited you at ben@example.com. Your role will be admin.");
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
        .is(410)
        .says("This invitation is no longer valid")
        .says("Sign in");
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
        page.is(410).says("This invitation is no longer valid");
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

async fn each_that_waits_says_when_by_whom_and_from_which_device_it_was_created(app: TestApp) {
    let (ada, ben) = app.two("admin").await;
    ada.invites("member").await;
    let mut thief = app.browser(CHROME_ON_WINDOWS);
    thief.address = [198, 51, 100, 7].into();
    thief.sign_in("Ada").await;
    thief.invites("member").await;
    // After the break-in.
    ada.remote_logout().await.is(303);
    ada.sign_in("Ada").await;
    let page = ada.get("/settings/members").await;
    page.is(200).says("Needs confirming");
    let text = page.text();
    let (_, pending) = text.split_once("Pending invitations").unwrap();
    // The newest first.
    let hers = pending
        .find("by Ada, from Chrome on Windows, 198.51.100.7")
        .unwrap();
    let own = pending
        .find("by Ada, from Firefox on Linux, 192.0.2.1")
        .unwrap();
    assert!(hers < own, "{pending}");
    assert_eq!(pending.matches("Created at ").count(), 2, "{pending}");
    // Another admin is not told from which address.
    ben.get("/settings/members")
        .await
        .says("by Ada, from Chrome on Windows")
        .does_not_say("198.51.100.7");
}
