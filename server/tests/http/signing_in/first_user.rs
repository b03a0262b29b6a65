//! The first user of an install: who is asked for the setup code, and what a wrong one is answered.

use app::cookies::Kind;
use axum::body::Body;
use http::Method;

use crate::{
    browser::Browser,
    databases,
    logged::logged,
    test_app::{FIREFOX_ON_LINUX, PASSWORD, SAFARI_ON_IPHONE, TestApp},
};

on_both!(
    one_user_signs_up_and_then_none_by_default,
    a_wrong_code_is_said_beside_its_field_and_nothing_typed_is_lost,
    codes_cannot_be_tried_for_ever,
    on_the_machine_itself_no_code_is_asked_for,
    each_sign_of_another_machine_asks_for_the_code,
    the_first_of_all_shows_the_code_where_sign_up_is_open,
    the_code_is_in_no_cookie_no_event_and_no_log_line,
    the_last_user_who_leaves_opens_nothing,
    the_last_user_who_leaves_an_open_install_leaves_it_to_who_has_the_code,
);

const HERE: (&str, &str) = ("CURFEW_PUBLIC_URL", "http://localhost:3000");

/// As a newcomer starts it: nothing says who may sign up.
fn fresh(app: &TestApp) -> TestApp {
    app.with(&[("CURFEW_SIGN_UP", "")])
}

/// A visitor who has not read the log.
fn stranger(app: &TestApp) -> Browser {
    let mut stranger = app.browser(SAFARI_ON_IPHONE);
    stranger.has_read_the_log = false;
    stranger
}

fn form<'a>(email: &'a str, code: &'a str) -> [(&'static str, &'a str); 4] {
    [
        ("name", "Ada"),
        ("email", email),
        ("password", PASSWORD),
        ("setup_code", code),
    ]
}

async fn one_user_signs_up_and_then_none_by_default(app: TestApp) {
    let app = fresh(&app);
    let visitor = app.browser(FIREFOX_ON_LINUX);
    visitor.get("/").await.leads_to("/sign-up");
    let page = visitor.get("/sign-up").await;
    page.says("Setup code").does_not_say(&app.setup_code());
    visitor.sign_up("Ada").await;
    let eve = stranger(&app);
    eve.call("sign_up", &form("eve@example.com", &app.setup_code()))
        .await
        .refuses(403, "sign_up_closed");
    eve.get("/sign-up")
        .await
        .says("Sign-up is closed")
        .does_not_say("Setup code");
    assert_eq!(app.user_count().await, 1);
}

async fn a_wrong_code_is_said_beside_its_field_and_nothing_typed_is_lost(app: TestApp) {
    let app = fresh(&app);
    let code = app.setup_code();
    let ada = stranger(&app);
    for (wrong, why) in [
        ("", "Type the setup code"),
        ("0000-0000-0000-0000", "This isn’t the setup code"),
        (&code[..18], "This isn’t the setup code"),
    ] {
        let refused = ada.call("sign_up", &form("ada@example.com", wrong)).await;
        refused.refuses(422, "validation_failed");
        let fields = refused.json()["fields"].as_object().unwrap().clone();
        assert_eq!(fields.keys().collect::<Vec<_>>(), ["setup_code"]);
        // Without script.
        ada.post_form(
            "/api/fn/sign_up",
            "/sign-up",
            &form("ada@example.com", wrong),
        )
        .await
        .leads_to("/sign-up");
        let page = ada.get("/sign-up").await;
        let said = page.is(200).text_of("setup_code-error");
        assert!(said.contains(why), "{said}");
        let input = |name: &str| page.tag(&format!(" name=\"{name}\"")).to_owned();
        let value = |name: &str| crate::answer::attribute(&input(name), "value");
        assert_eq!(value("name").as_deref(), Some("Ada"));
        assert_eq!(value("email").as_deref(), Some("ada@example.com"));
        for secret in ["password", "setup_code"] {
            assert_eq!(value(secret).unwrap_or_default(), "", "{secret}");
        }
    }
    // And a form without the field.
    ada.call("sign_up", &form("ada@example.com", "")[..3])
        .await
        .refuses(422, "validation_failed");
    assert_eq!(app.user_count().await, 0);
    // As it was read off a screen.
    let typed = format!(" {} ", code.to_lowercase().replace('-', " "));
    ada.post_form(
        "/api/fn/sign_up",
        "/sign-up",
        &form("ada@example.com", &typed),
    )
    .await
    .leads_to("/");
    assert!(ada.is_signed_in().await);
}

async fn codes_cannot_be_tried_for_ever(app: TestApp) {
    let app = fresh(&app).with(&[("CURFEW_ATTEMPTS_PER_USER", "3")]);
    let code = app.setup_code();
    let eve = stranger(&app);
    for _ in 0..3 {
        let refused = eve.call("sign_up", &form("eve@example.com", "X")).await;
        refused.refuses(422, "validation_failed");
    }
    let refused = eve.call("sign_up", &form("eve@example.com", "X")).await;
    refused.refuses(429, "too_many_attempts");
    assert!(!refused.header("retry-after").is_empty(), "{refused:?}");
    // Another network is counted apart.
    let mut far = stranger(&app);
    far.address = "198.51.100.7".parse().unwrap();
    far.call("sign_up", &form("far@example.com", "X"))
        .await
        .refuses(422, "validation_failed");
    // The owner behind the same proxy, which is not trusted: every visitor has its address.
    let ada = stranger(&app);
    assert_eq!(ada.address, eve.address);
    ada.call("sign_up", &form("ada@example.com", &code))
        .await
        .is(200);
}

/// Whether the page has the field, for a browser at that address that names this host.
async fn asks(app: &TestApp, peer: &str, more: &[(&str, &str)]) -> bool {
    let mut visitor = app.browser(FIREFOX_ON_LINUX);
    visitor.address = peer.parse().unwrap();
    let mut request = Browser::navigates(Method::GET, "/sign-up");
    for (name, value) in more {
        request = request.header(*name, *value);
    }
    let page = visitor.send(request, Body::empty()).await;
    page.is(200).says("Create an account");
    page.body.contains("name=\"setup_code\"")
}

async fn on_the_machine_itself_no_code_is_asked_for(app: TestApp) {
    for url in ["", HERE.1, "http://127.0.0.1:3000", "http://[::1]:3000"] {
        let app = fresh(&app).with(&[("CURFEW_PUBLIC_URL", url)]);
        for peer in ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"] {
            for host in ["localhost:3000", "127.0.0.1:3000", "[::1]:3000"] {
                let asks = asks(&app, peer, &[("host", host)]).await;
                assert!(!asks, "{url} {peer} {host}");
            }
        }
    }
    let app = fresh(&app).with(&[HERE]);
    let mut owner = stranger(&app);
    owner.address = "127.0.0.1".parse().unwrap();
    owner.sign_up("Ada").await;
    assert!(owner.is_signed_in().await);
}

async fn each_sign_of_another_machine_asks_for_the_code(app: TestApp) {
    let here = fresh(&app).with(&[HERE]);
    let elsewhere = fresh(&app).with(&[("CURFEW_PUBLIC_URL", "https://curfew.example.com")]);
    // Listening on a network without a public address: what users type is not known.
    let network = [("CURFEW_PUBLIC_URL", ""), ("CURFEW_LISTEN", "0.0.0.0:3000")];
    let network = fresh(&app).with(&network);
    let host = ("host", "localhost:3000");
    let far = "192.0.2.1";
    for (what, app, peer, more) in [
        ("peer", &here, far, &[host][..]),
        ("mapped peer", &here, "::ffff:192.0.2.1", &[host]),
        (
            "host",
            &here,
            "127.0.0.1",
            &[("host", "curfew.example.com")],
        ),
        (
            "one of two hosts",
            &here,
            "127.0.0.1",
            &[host, ("host", "curfew.example.com")],
        ),
        ("public address", &elsewhere, "127.0.0.1", &[host]),
        ("every address", &network, "127.0.0.1", &[host]),
        (
            "X-Forwarded-For",
            &here,
            "127.0.0.1",
            &[host, ("x-forwarded-for", "192.0.2.9")],
        ),
        (
            "X-Forwarded-Proto",
            &here,
            "127.0.0.1",
            &[host, ("x-forwarded-proto", "https")],
        ),
        (
            "Forwarded",
            &here,
            "127.0.0.1",
            &[host, ("forwarded", "for=192.0.2.9")],
        ),
        ("Via", &here, "127.0.0.1", &[host, ("via", "1.1 proxy")]),
        (
            "X-Real-IP",
            &here,
            "127.0.0.1",
            &[host, ("x-real-ip", "192.0.2.9")],
        ),
        // Whatever it says: a client cannot make itself the machine.
        (
            "a forged header",
            &here,
            "127.0.0.1",
            &[host, ("x-forwarded-for", "127.0.0.1")],
        ),
    ] {
        assert!(asks(app, peer, more).await, "{what}");
    }
    // The page asks, and so does the function.
    let eve = stranger(&here);
    eve.call("sign_up", &form("eve@example.com", ""))
        .await
        .refuses(422, "validation_failed");
    assert_eq!(app.user_count().await, 0);
}

async fn the_first_of_all_shows_the_code_where_sign_up_is_open(app: TestApp) {
    for confirm in ["off", "on"] {
        let app = app.with(&[
            ("CURFEW_SIGN_UP", "open"),
            ("CURFEW_CONFIRM_SIGN_UP", confirm),
        ]);
        let eve = stranger(&app);
        eve.get("/sign-up").await.says("Setup code");
        for wrong in ["", "X"] {
            eve.call("sign_up", &form("eve@example.com", wrong))
                .await
                .refuses(422, "validation_failed");
        }
        let sign_ups = databases::number(app.db(), "select count(*) from sign_ups").await;
        assert_eq!((app.user_count().await, sign_ups), (0, 0), "{confirm}");
    }
    app.browser(FIREFOX_ON_LINUX).sign_up("Ada").await;
    let eve = stranger(&app);
    eve.get("/sign-up").await.does_not_say("Setup code");
    eve.call("sign_up", &form("eve@example.com", ""))
        .await
        .is(200);
    assert_eq!(app.user_count().await, 2);
}

async fn the_code_is_in_no_cookie_no_event_and_no_log_line(app: TestApp) {
    let app = fresh(&app);
    let code = app.setup_code();
    let ada = stranger(&app);
    let story = async {
        // Right, and something else is wrong: the form comes back.
        let refused = ada
            .post_form("/api/fn/sign_up", "/sign-up", &form("nonsense", &code))
            .await;
        let flash = format!("{:?}", refused.leads_to("/sign-up").flash().unwrap());
        let page = ada.get("/sign-up").await;
        assert!(page.body.contains("email-error"), "{page:?}");
        ada.post_form(
            "/api/fn/sign_up",
            "/sign-up",
            &form("ada@example.com", &code),
        )
        .await
        .leads_to("/");
        format!("{flash}{}", page.body)
    };
    let (seen, lines) = logged(story).await;
    assert!(!seen.contains(&code), "{seen}");
    assert!(seen.contains("nonsense"), "{seen}");
    let events = "select action || ' ' || coalesce(details, '') from audit_events";
    let events = databases::texts(app.db(), events).await;
    assert!(!events.is_empty());
    let limits = databases::texts(app.db(), "select subject from rate_limits").await;
    for line in lines.iter().chain(&events).chain(&limits) {
        assert!(!line.contains(&code), "{line}");
    }
    assert!(ada.cookie(Kind::Session).is_some());
}

async fn the_last_user_who_leaves_opens_nothing(app: TestApp) {
    let app = fresh(&app);
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let deletes = [("confirmation", "ada@example.com")];
    ada.call("delete_account", &deletes).await.is(200);
    assert_eq!(app.user_count().await, 0);
    let code = app.setup_code();
    for app in [&app, &app.with(&[HERE])] {
        let mut eve = stranger(app);
        eve.address = "127.0.0.1".parse().unwrap();
        eve.get("/").await.leads_to("/sign-in");
        eve.get("/sign-up").await.says("Sign-up is closed");
        eve.call("sign_up", &form("eve@example.com", &code))
            .await
            .refuses(403, "sign_up_closed");
    }
    assert_eq!(app.user_count().await, 0);
}

async fn the_last_user_who_leaves_an_open_install_leaves_it_to_who_has_the_code(app: TestApp) {
    for confirm in ["off", "on"] {
        let app = app.with(&[
            ("CURFEW_SIGN_UP", "open"),
            ("CURFEW_CONFIRM_SIGN_UP", confirm),
        ]);
        let ada = app.browser(FIREFOX_ON_LINUX);
        ada.sign_up("Ada").await;
        // A link that was sent before.
        let eve = stranger(&app);
        eve.call("sign_up", &form("eve@example.com", ""))
            .await
            .is(200);
        if confirm == "off" {
            let deletes = [("confirmation", "eve@example.com")];
            eve.call("delete_account", &deletes).await.is(200);
        }
        let deletes = [("confirmation", "ada@example.com")];
        ada.call("delete_account", &deletes).await.is(200);
        assert_eq!(app.user_count().await, 0, "{confirm}");

        let eve = stranger(&app);
        eve.get("/").await.leads_to("/sign-up");
        eve.get("/sign-up").await.says("Setup code");
        for wrong in ["", "X"] {
            eve.call("sign_up", &form("eve@example.com", wrong))
                .await
                .refuses(422, "validation_failed");
        }
        assert_eq!(app.user_count().await, 0, "{confirm}");
        let ben = stranger(&app);
        ben.call("sign_up", &form("ben@example.com", &app.setup_code()))
            .await
            .is(200);
        assert!(ben.is_signed_in().await, "{confirm}");
        let deletes = [("confirmation", "ben@example.com")];
        ben.call("delete_account", &deletes).await.is(200);
    }
}
