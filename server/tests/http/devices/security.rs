//! The rest of the page: the curfew, recent activity, and the tokens that a remote logout revokes.

use app::flash::Flash;

use super::{SECURITY, operation};
use crate::{
    databases,
    program::token_of,
    test_app::{FIREFOX_ON_LINUX, TestApp},
};

on_both!(
    a_curfew_that_makes_no_sense_is_refused_beside_its_field,
    what_happened_lately_is_there_in_words,
    older_activity_is_a_page_further_on,
    tokens_are_revoked_with_a_remote_logout_only_when_ticked,
);

async fn a_curfew_that_makes_no_sense_is_refused_beside_its_field(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    operation(&ada, "set_curfew", &[("time", "25:00"), ("zone", "UTC")])
        .await
        .leads_to(SECURITY);
    let page = ada.get(SECURITY).await;
    page.says("Enter a time like 22:30.");
    assert!(page.body.contains("value=\"25:00\""), "{page:?}");
    operation(
        &ada,
        "set_curfew",
        &[("time", "22:30"), ("zone", "Mars/Olympus")],
    )
    .await
    .leads_to(SECURITY);
    let page = ada.get(SECURITY).await;
    page.says("Choose a time zone from the list, like Europe/Berlin.");
    assert!(page.body.contains("value=\"Mars/Olympus\""), "{page:?}");
    // The field offers every zone, and each once.
    let field = page.tag("id=\"set_curfew-zone\"");
    assert!(field.contains("list=\"zones\""), "{field}");
    assert_eq!(page.body.matches("id=\"zones\"").count(), 1);
    for zone in accounts::curfew_schedule::zones() {
        let option = format!("<option value=\"{zone}\"");
        assert_eq!(page.body.matches(&option).count(), 1, "{zone}");
    }
    operation(
        &ada,
        "set_curfew",
        &[("time", "22:30"), ("zone", "Europe/Berlin")],
    )
    .await
    .leads_to(SECURITY);
    ada.get(SECURITY)
        .await
        .says("Sessions will end every day at 22:30, Europe/Berlin.")
        .says("Next curfew");
    assert!(ada.is_signed_in().await);
    operation(&ada, "set_curfew", &[("remove", "true")])
        .await
        .leads_to(SECURITY);
    ada.get(SECURITY)
        .await
        .says("The curfew has been removed.")
        .does_not_say("Next curfew");

    databases::run(app.db(), "update users set role = 'member'").await;
    ada.call("set_account_curfew", &[("time", "22:30"), ("zone", "UTC")])
        .await
        .refuses(403, "forbidden");
    ada.get(SECURITY)
        .await
        .does_not_say("For every member of your account");
}

async fn what_happened_lately_is_there_in_words(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    ada.remote_logout().await;
    let wrong = [
        ("email", "ada@example.com"),
        ("password", "not the password"),
    ];
    app.browser("<img src=x>")
        .call("sign_in", &wrong)
        .await
        .is(401);
    ada.sign_in("Ada").await;
    let page = ada.get(SECURITY).await;
    page.says("You signed up")
        .says("A sign-in failed")
        .says("You signed in")
        .says("Remote logout: 1 session ended")
        .says("Firefox on Linux, 192.0.2.1");
    assert!(!page.body.contains("<img src=x"));
}

async fn older_activity_is_a_page_further_on(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let page = ada.get(SECURITY).await;
    page.says("You signed up");
    assert!(!page.body.contains("Pages of recent activity"), "{page:?}");
    // Each is a row of its own.
    for n in 0..20 {
        let named = [("time", format!("{n:02}:30")), ("zone", "UTC".into())];
        ada.call("set_curfew", &named).await.is(200);
    }
    let newest = ada.get(SECURITY).await;
    newest.says("19:30").does_not_say("You signed up");
    let older = newest.tag("href=\"/profile/security?before=").to_owned();
    let older = crate::answer::attribute(&older, "href").unwrap();
    let (older, part) = older.split_once('#').unwrap();
    assert_eq!(part, "activity-title");
    let page = ada.get(older).await;
    page.is(200).says("You signed up").says("Newest");
    // What is on the one page is not on the other.
    newest
        .says("curfew to 05:30")
        .does_not_say("curfew to 04:30");
    page.says("curfew to 04:30").does_not_say("curfew to 05:30");
    let further = "href=\"/profile/security?before=";
    assert!(!page.body.contains(further), "{page:?}");
    ada.get("/profile/security?before=0")
        .await
        .says("Nothing older.")
        .says("Newest");
    let (_, number) = older.split_once("before=").unwrap();
    let program = ada.call("recent_activity", &[("before", number)]).await;
    assert!(
        program.is(200).body.contains("You signed up"),
        "{program:?}"
    );
}

async fn tokens_are_revoked_with_a_remote_logout_only_when_ticked(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    for kind in ["api", "mcp"] {
        token_of(&ada, kind, None).await;
    }
    ada.get("/profile/remote-logout?from=security")
        .await
        .says("Also revoke my API tokens");
    let form = [("from", "security"), ("revoke_mcp", "true")];
    let logged_out = ada
        .post_form("/api/fn/remote_logout", "/profile/remote-logout", &form)
        .await;
    logged_out.leads_to("/sign-in?next=/profile/security");
    let Some(Flash::Receipt(receipt)) = logged_out.flash() else {
        panic!("no receipt: {logged_out:?}")
    };
    assert_eq!((receipt.api_tokens, receipt.mcp_tokens), (None, Some(1)));
    let event = app.newest_event("Ada", "user.session_invalidated").await;
    assert_eq!(receipt.event, event.hash);
    ada.get("/sign-in")
        .await
        .says("Revoked: 1 MCP token. Not touched: API tokens and two-factor authentication.")
        .says(&event.hash[..12]);
    assert_eq!(app.token_counts("Ada").await, (1, 0));
    ada.sign_in("Ada").await;
    ada.remote_logout().await;
    ada.get("/sign-in")
        .await
        .says("Not touched: API tokens, MCP tokens and two-factor authentication.");
    assert_eq!(app.token_counts("Ada").await, (1, 0));
}
