//! What the dialog and the confirm page say is what the database has at that moment.

use crate::{
    browser::NOTHING,
    databases,
    program::token_of,
    test_app::{CHROME_ON_WINDOWS, FIREFOX_ON_LINUX, SAFARI_ON_IPHONE, TestApp},
    two_factor::protect,
};

on_both!(
    the_facts_equal_the_database,
    the_confirm_page_shows_the_same_facts_and_a_plain_form,
    a_long_list_says_how_many_more_there_are,
    the_receipt_equals_the_facts,
    looking_changes_nothing,
);

async fn the_facts_equal_the_database(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    app.browser(FIREFOX_ON_LINUX).sign_up("Grace").await;
    for (sessions, devices) in [(1, 0), (2, 1), (3, 2)] {
        let facts = ada
            .call("remote_logout_facts", NOTHING)
            .await
            .is(200)
            .json();
        assert_eq!(
            (&facts["sessions"], &facts["remembered_devices"]),
            (&sessions.into(), &devices.into())
        );
        assert_eq!(app.open_sessions("Ada").await, sessions);
        assert_eq!(app.open_devices("Ada").await, devices);
        app.browser(SAFARI_ON_IPHONE)
            .sign_in_remembered("Ada")
            .await;
    }
    let facts = ada.call("remote_logout_facts", NOTHING).await.json();
    let listed = facts["devices"].as_array().unwrap();
    assert_eq!(listed.len(), 4);
    assert_eq!(
        (&listed[0]["this"], &listed[0]["label"]),
        (&true.into(), &"Firefox on Linux".into())
    );
    assert!(
        listed[1..]
            .iter()
            .all(|d| d["this"] == false && d["label"] == "Safari on iPhone"),
        "{facts}"
    );
    // This one is in use; when the others were used tells them apart.
    assert!(listed.iter().all(|d| d["last_active"].is_null()), "{facts}");
    databases::run(
        app.db(),
        "update sessions set started_at = started_at - 7200000, last_active_at = last_active_at - 7200000",
    )
    .await;
    let facts = ada.call("remote_logout_facts", NOTHING).await.json();
    let listed = facts["devices"].as_array().unwrap();
    assert!(listed[0]["last_active"].is_null(), "{facts}");
    assert!(
        listed[1..].iter().all(|d| d["last_active"].is_i64()),
        "{facts}"
    );
    ada.get("/profile/remote-logout")
        .await
        .says(" · active now")
        .says(" · 2 hours ago");
    assert_eq!(
        (&facts["api_tokens"], &facts["mcp_tokens"]),
        (&0.into(), &0.into())
    );
    assert_eq!(facts["two_factor"], false);

    for kind in ["api", "mcp", "mcp"] {
        token_of(&ada, kind, None).await;
    }
    // A revoked one is not counted.
    let revoked = ada.call("create_api_token", &[("name", "CI")]).await;
    let revoked = revoked.is(200).json()["id"].as_str().unwrap().to_owned();
    ada.call("revoke_api_token", &[("token", revoked)])
        .await
        .is(200);
    let _ = protect(&ada).await;
    let two_factor_since = app.user("Ada").await.two_factor_since;
    let facts = ada.call("remote_logout_facts", NOTHING).await.json();
    assert_eq!(
        (&facts["api_tokens"], &facts["mcp_tokens"]),
        (&1.into(), &2.into())
    );
    assert_eq!(facts["two_factor"], true);
    ada.remote_logout().await.is(303);
    assert_eq!(
        app.token_counts("Ada").await,
        (1, 2),
        "a remote logout revokes no tokens"
    );
    assert!(two_factor_since.is_some());
    assert_eq!(app.user("Ada").await.two_factor_since, two_factor_since);
}

async fn a_long_list_says_how_many_more_there_are(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let page = "/profile/remote-logout?from=security";
    let rows = |html: &str| html.matches("class=\"outcome__device\"").count();
    for (sessions, more) in [
        (4, None),
        (5, Some("and 2 more")),
        (25, Some("and 22 more")),
    ] {
        while app.open_sessions("Ada").await < sessions {
            app.browser(CHROME_ON_WINDOWS).sign_in("Ada").await;
        }
        let shown = ada.get(page).await;
        shown.is(200);
        match more {
            None => {
                shown.does_not_say(" more");
                assert_eq!(rows(&shown.body), 4);
            }
            Some(more) => {
                shown.says(more);
                let (first, rest) = shown.body.split_once("<details").unwrap();
                assert_eq!(rows(first), 3, "{more}");
                let named = usize::try_from(sessions).unwrap().min(20);
                assert_eq!(rows(rest), named - 3, "{more}");
            }
        }
    }
    ada.get(page).await.says("and 5 more");
}

async fn the_confirm_page_shows_the_same_facts_and_a_plain_form(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    app.browser(CHROME_ON_WINDOWS)
        .sign_in_remembered("Ada")
        .await;
    for from in ["security", "password"] {
        let page = ada
            .get(&format!("/profile/remote-logout?from={from}"))
            .await;
        page.is(200)
            .says("Log out from all devices?")
            .says("What will end")
            .says("What stays");
        page.says("2 sessions").says("1 remembered device");
        // What there is none of is left out; the way to it stays.
        page.does_not_say("0 API tokens")
            .does_not_say("0 MCP tokens");
        page.says("Two-factor authentication: off")
            .says("This can’t be undone.");
        page.says("Firefox on Linux")
            .says("This device")
            .says("Chrome on Windows");
        assert!(
            page.tag("<form")
                .contains("action=\"/api/fn/remote_logout\""),
            "{page:?}"
        );
        assert!(
            page.tag("<form").to_lowercase().contains("method=\"post\""),
            "{page:?}"
        );
        assert!(
            page.tag("name=\"from\"")
                .contains(&format!("value=\"{from}\"")),
            "{page:?}"
        );
        page.tag(&format!("href=\"/profile/{from}\""));
        page.tag("href=\"/settings/api\"");
        page.tag("href=\"/settings/mcp\"");
        // The card's button leads here without script.
        let card = ada.get(&format!("/profile/{from}")).await;
        assert!(
            card.tag("action=\"/profile/remote-logout\"")
                .contains("method=\"get\""),
            "{card:?}"
        );
        assert!(card.tag("name=\"from\"").contains(from), "{card:?}");
    }
}

async fn the_receipt_equals_the_facts(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    for _ in 0..3 {
        app.browser(SAFARI_ON_IPHONE)
            .sign_in_remembered("Ada")
            .await;
    }
    // One has signed out, one has run out: neither is counted.
    let gone = app.browser(CHROME_ON_WINDOWS);
    gone.sign_in("Ada").await;
    gone.post_form("/sign-out", "/", NOTHING)
        .await
        .leads_to("/sign-in");
    let old = app.browser(CHROME_ON_WINDOWS);
    old.sign_in("Ada").await;
    databases::run(
        app.db(),
        "update sessions set expires_at = 1 where user_agent like '%Windows%' and ended_at is null",
    )
    .await;
    let facts = ada.call("remote_logout_facts", NOTHING).await.json();
    assert_eq!(
        (&facts["sessions"], &facts["remembered_devices"]),
        (&4.into(), &3.into())
    );
    let logged_out = ada.remote_logout().await;
    ada.get(logged_out.header("location"))
        .await
        .says("4 sessions and 3 remembered devices ended at ");
    old.get("/").await.is(303);
    old.get("/sign-in")
        .await
        .says("This session expired at ")
        .does_not_say("Remote logout");
}

async fn looking_changes_nothing(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let before = app.everything().await;
    ada.call("remote_logout_facts", NOTHING).await.is(200);
    ada.get("/profile/remote-logout").await.is(200);
    ada.get("/profile/remote-logout?from=elsewhere")
        .await
        .is(200);
    ada.get("/profile/security").await.is(200);
    assert_eq!(app.everything().await, before);
}
