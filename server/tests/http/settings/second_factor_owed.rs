//! What a member who owes a second factor did before it was required: their tokens and their invitations.

use serde_json::{Value, json};

use super::second_factor::{CODE, YES, required, sets_one_up};
use crate::{
    browser::NOTHING,
    program::{Program, token_of},
    test_app::{FIREFOX_ON_LINUX, PASSWORD, SAFARI_ON_IPHONE, TestApp},
};

on_both!(
    tokens_wait_until_one_is_set_up,
    remote_logout_by_rest_and_by_mcp_never_waits,
    an_invitation_says_what_its_sender_has_to_do_first,
    a_member_is_offered_nothing_that_they_may_not_do_yet,
);

/// What a tool says that failed.
fn failure(answer: &Value) -> &str {
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    answer["result"]["content"][0]["text"].as_str().unwrap()
}

async fn tokens_wait_until_one_is_set_up(app: TestApp) {
    let (ada, ben) = app.two("admin").await;
    sets_one_up(&ada).await;
    let api = Program::new(&app, &token_of(&ben, "api", Some("sessions")).await);
    let mcp = Program::new(&app, &token_of(&ben, "mcp", Some("remote_logout")).await);
    api.get("/api/v1/me").await.is(200);
    ada.call("require_second_factor", YES).await.is(200);
    for path in ["me", "sessions", "audit-events", "members"] {
        api.get(&format!("/api/v1/{path}")).await.refuses(403, CODE);
    }
    let of_ada = format!("/api/v1/members/{}/remote-logout", app.id_of("Ada").await);
    api.post(&of_ada).await.refuses(403, CODE);
    // An assistant gets as far as the words that say what to do.
    mcp.rpc("tools/list", json!({})).await.is(200);
    for tool in ["get_profile", "list_sessions", "recent_security_events"] {
        let refused = mcp.tool(tool, json!({})).await;
        let why = failure(&refused);
        assert!(why.contains("requires a second factor"), "{tool}: {why}");
        assert!(!refused.to_string().contains("ben@example.com"));
    }
    assert_eq!(app.denials().await, 0);
    sets_one_up(&ben).await;
    api.get("/api/v1/me").await.is(200);
    let profile = mcp.tool("get_profile", json!({})).await;
    assert_eq!(
        profile["result"]["structuredContent"]["email"],
        "ben@example.com"
    );
}

async fn remote_logout_by_rest_and_by_mcp_never_waits(app: TestApp) {
    let (ada, ben) = app.two("member").await;
    sets_one_up(&ada).await;
    let api = Program::new(&app, &token_of(&ben, "api", Some("sessions")).await);
    let mcp = Program::new(&app, &token_of(&ben, "mcp", Some("remote_logout")).await);
    let reads = Program::new(&app, &token_of(&ben, "mcp", None).await);
    ada.call("require_second_factor", YES).await.is(200);
    assert!(ben.is_signed_in().await);
    let ended = api.post("/api/v1/remote-logout").await.is(200).json();
    assert_eq!(ended["sessions"], 1, "{ended}");
    assert!(!ben.is_signed_in().await);

    ben.sign_in("Ben").await;
    // A token that was made without it has it no more than before.
    let refused = reads.tool("remote_logout", json!({})).await;
    assert_eq!(refused["error"]["code"], -32602, "{refused}");
    assert!(ben.is_signed_in().await);
    let ended = mcp.tool("remote_logout", json!({})).await;
    assert_eq!(
        ended["result"]["structuredContent"]["sessions"], 1,
        "{ended}"
    );
    assert!(!ben.is_signed_in().await && ada.is_signed_in().await);
    assert_eq!(app.remote_logouts("Ben").await, 2);
    // One session by its id, which is theirs as well.
    ben.sign_in("Ben").await;
    let session = ben.signed_in().await.session;
    api.delete(&format!("/api/v1/sessions/{}", session.as_str()))
        .await
        .is(204);
    assert!(!ben.is_signed_in().await);
}

async fn an_invitation_says_what_its_sender_has_to_do_first(app: TestApp) {
    let (ada, ben) = app.two("admin").await;
    sets_one_up(&ada).await;
    let link = ben.invites("member").await;
    ada.call("require_second_factor", YES).await.is(200);
    let eve = app.browser(SAFARI_ON_IPHONE);
    eve.get(&link)
        .await
        .is(200)
        .says("This invitation doesn’t work now")
        .says("Ben, who invited you, has not set it up yet")
        .does_not_say("Your role will be");
    let (_, invite) = link.split_once("invite=").unwrap();
    let form = [
        ("invite", invite),
        ("name", "Eve"),
        ("email", "eve@example.com"),
        ("password", PASSWORD),
    ];
    let refused = eve.call("join", &form).await;
    refused.refuses(409, "conflict");
    let why = refused.json()["message"].as_str().unwrap().to_owned();
    assert!(why.contains("two-factor authentication first"), "{why}");
    assert_eq!(app.user_count().await, 2);
    // The owners see why it waits, and nothing to confirm.
    ada.get("/settings/members")
        .await
        .says("Opens nothing until Ben has set up two-factor authentication")
        .does_not_say("Confirm the invitation");
    sets_one_up(&ben).await;
    eve.get(&link)
        .await
        .says("This invitation has to be confirmed");
    let page = ben.get("/settings/members").await;
    let id = page.tag("name=\"invitation\"").to_owned();
    let id = crate::answer::attribute(&id, "value").unwrap();
    ben.call("confirm_invitation", &[("invitation", id.as_str())])
        .await
        .is(200);
    eve.joins(&link, "Eve").await;
    assert_eq!(app.events("Eve", "member.joined").await, 1);
}

async fn a_member_is_offered_nothing_that_they_may_not_do_yet(app: TestApp) {
    let (_ada, ben) = required(&app).await;
    let phone = app.browser(FIREFOX_ON_LINUX);
    phone.sign_in("Ben").await;
    let page = ben.get("/profile/security").await;
    page.is(200)
        .says("Sign out all others")
        .does_not_say("Save name");
    assert!(!page.body.contains("rename_device"), "{page:?}");
    let session = ben.signed_in().await.session;
    ben.call(
        "rename_device",
        &[("id", session.as_str()), ("label", "Desk")],
    )
    .await
    .refuses(403, CODE);
    let asks = ben.get("/profile/remote-logout").await;
    asks.is(200).does_not_say("Manage tokens");
    assert!(!asks.body.contains("href=\"/settings"), "{asks:?}");
    // What the confirmation of the set-up says it is for.
    let long_ago = "update sessions set confirmed_at = confirmed_at - 3600000";
    crate::databases::run(app.db(), long_ago).await;
    ben.post_form("/api/fn/begin_two_factor", "/profile/two-factor", NOTHING)
        .await
        .leads_to("/profile/confirm");
    ben.get("/profile/confirm")
        .await
        .says("You’re about to set up two-factor authentication");
    let just_now = "update sessions set confirmed_at = confirmed_at + 3600000";
    crate::databases::run(app.db(), just_now).await;
    sets_one_up(&ben).await;
    let page = ben.get("/profile/security").await;
    page.says("Save name");
    ben.get("/profile/remote-logout")
        .await
        .says("Manage tokens in Settings:");
}
