//! The gate in front of an application, by the reverse proxies in use: the configurations are those of
//! `docs/GATE.md`, as they stand there.

mod application;
mod browser;
mod kept;
mod names;
mod proxies;

use accounts::{
    applications::{Details, Kind, OwnHost, register_by_operator},
    ids::AccountId,
    limits::ApplicationsFor,
};

use super::{client::Client, program::Program};
use crate::{databases, test_app::TestApp};
use application::Application;
use browser::GateBrowser;
use proxies::{Proxy, free_port};

on_both!(
    a_remote_logout_is_in_force_behind_nginx,
    a_remote_logout_is_in_force_behind_caddy,
    what_a_client_writes_does_not_reach_the_application_through_nginx,
    what_a_client_writes_does_not_reach_the_application_through_caddy,
    the_test_button_finds_the_gate_closed_behind_nginx,
    the_test_button_finds_the_gate_closed_behind_caddy,
    open_paths_are_open_and_tricks_are_not,
    nothing_is_let_through_while_curfew_is_gone,
    a_browser_without_cookies_does_not_go_round_in_circles,
);

const NAME: &str = "wiki.localhost";

/// Curfew, a proxy in front of an application, and Ada, who has signed up.
struct Stage {
    curfew: Program,
    proxy: Proxy,
    application: Application,
    /// Ada's browser, signed in at Curfew.
    browser: GateBrowser,
    _folder: tempfile::TempDir,
}

impl Stage {
    async fn set(app: &TestApp, start: fn(&proxies::Behind) -> Proxy) -> Self {
        Self::named(app, start, NAME).await
    }

    async fn named(app: &TestApp, start: fn(&proxies::Behind) -> Proxy, name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = format!("127.0.0.1:{}", free_port());
        let home = format!("http://{address}");
        let key = app.key_in(folder.path());
        let settings = [
            ("CURFEW_SECRET_KEY_FILE", key.to_str().unwrap()),
            ("CURFEW_LISTEN", address.as_str()),
            ("CURFEW_PUBLIC_URL", &home),
            ("CURFEW_TRUSTED_PROXIES", "127.0.0.1/32"),
        ];
        let curfew = Program::start_with(folder.path(), &app.url, &settings);
        let application = Application::start().await;
        let proxy = start(&proxies::Behind {
            folder: folder.path().to_owned(),
            curfew: address.clone(),
            application: application.address.clone(),
            name: name.to_owned(),
        });
        let mut ada = Client::default();
        ada.sign_up(&address, "Ada").await;
        register(app, &proxy.origin).await;
        Self {
            curfew,
            browser: GateBrowser::with(&home, ada.cookies),
            proxy,
            application,
            _folder: folder,
        }
    }

    fn url(&self, address: &str) -> String {
        format!("{}{address}", self.proxy.origin)
    }
}

/// Registers the application as its operator does.
async fn register(app: &TestApp, origin: &str) {
    let account = databases::texts(app.db(), "select id from accounts").await;
    let mut details = Details::new(Kind::Gate, "Wiki");
    details.address = origin.to_owned();
    details.plain_http = true;
    details.open_paths = vec!["/public/".into()];
    let instance = app.with_limits(|limits| limits.applications_for = ApplicationsFor::AllAccounts);
    let mut op = instance.begin().await;
    let own = OwnHost("127.0.0.1".into());
    let account = AccountId(account[0].clone());
    register_by_operator(&mut op, &account, &details, &own)
        .await
        .unwrap();
    op.commit().await.unwrap();
}

async fn a_remote_logout_is_in_force_behind_nginx(app: TestApp) {
    a_remote_logout_is_in_force(&app, Proxy::nginx).await;
}

async fn a_remote_logout_is_in_force_behind_caddy(app: TestApp) {
    a_remote_logout_is_in_force(&app, Proxy::caddy).await;
}

async fn a_remote_logout_is_in_force(app: &TestApp, start: fn(&proxies::Behind) -> Proxy) {
    let mut stage = Stage::set(app, start).await;
    let page = stage.url("/page?a=1&b=%2F");

    // A script of a browser that is not signed in there is told so, and gets no page.
    stage.browser.fetches(&page).await.is(401);
    assert_eq!(stage.application.requests().len(), 0);

    // A window is led to Curfew, and back to what it asked for.
    let there = stage.browser.follows(&page).await;
    there.is(200);
    assert_eq!(there.body, "the application");
    let arrived = stage.application.requests().pop().unwrap();
    assert_eq!(arrived.address, "/page?a=1&b=%2F");
    let user = databases::texts(app.db(), "select id from users").await;
    assert_eq!(arrived.header("remote-user"), user[0]);
    assert_eq!(arrived.header("remote-name"), "Ada");
    assert_eq!(arrived.header("remote-groups"), "owner");
    assert!(arrived.header("remote-email").starts_with("ada@"));
    stage.browser.fetches(&page).await.is(200);

    // A remote logout in another browser: not one request more is let through.
    let seen = stage.application.requests().len();
    let mut phone = Client::default();
    phone.sign_in(&stage.curfew.address, "Ada").await;
    let done = phone.call(
        &stage.curfew.address,
        "remote_logout",
        &[("path", "security")],
    );
    done.await.unwrap().is(200);
    stage.browser.fetches(&page).await.is(401);
    stage.browser.goes(&page).await.is(302);
    assert_eq!(stage.application.requests().len(), seen);
    // The window ends at Curfew's sign-in.
    let end = stage.browser.follows(&page).await;
    assert!(end.body.contains("Sign in"), "{end:?}");
    assert_eq!(stage.application.requests().len(), seen);
}

async fn the_test_button_finds_the_gate_closed_behind_nginx(app: TestApp) {
    the_test_button_finds_the_gate_closed(&app, Proxy::nginx).await;
}

async fn the_test_button_finds_the_gate_closed_behind_caddy(app: TestApp) {
    the_test_button_finds_the_gate_closed(&app, Proxy::caddy).await;
}

async fn the_test_button_finds_the_gate_closed(
    app: &TestApp,
    start: fn(&proxies::Behind) -> Proxy,
) {
    // A name that the machine's own resolver knows, because Curfew itself goes there.
    let stage = Stage::named(app, start, "localhost").await;
    let mut ada = Client::default();
    ada.sign_in(&stage.curfew.address, "Ada").await;
    let id = databases::texts(app.db(), "select id from applications").await;
    let form = [("application", id[0].as_str())];
    let tested = ada.call(&stage.curfew.address, "test_application", &form);
    let tested: serde_json::Value = tested.await.unwrap().is(200).json();
    assert_eq!(tested["understood"], true, "{tested}");
    // The application itself was not asked.
    assert_eq!(stage.application.requests().len(), 0);
}

async fn what_a_client_writes_does_not_reach_the_application_through_nginx(app: TestApp) {
    what_a_client_writes_does_not_reach_the_application(&app, Proxy::nginx).await;
}

async fn what_a_client_writes_does_not_reach_the_application_through_caddy(app: TestApp) {
    what_a_client_writes_does_not_reach_the_application(&app, Proxy::caddy).await;
}

async fn what_a_client_writes_does_not_reach_the_application(
    app: &TestApp,
    start: fn(&proxies::Behind) -> Proxy,
) {
    let mut stage = Stage::set(app, start).await;
    let page = stage.url("/page");
    stage.browser.follows(&page).await.is(200);
    let forged = [
        ("Remote-User", "root"),
        ("Remote-Email", "root@example.com"),
        ("Remote-Name", "Root"),
        ("Remote-Groups", "owner"),
        ("X-Forwarded-Method", "OPTIONS"),
        ("X-Forwarded-Uri", "/public/a"),
        ("X-Forwarded-Host", "other.example.com"),
        ("X-Forwarded-Proto", "https"),
    ];
    // Neither without a sign-in…
    let seen = stage.application.requests().len();
    GateBrowser::default().sends(&page, &forged).await.is(401);
    assert_eq!(stage.application.requests().len(), seen);
    // …nor with one, nor on an open path.
    for (address, name) in [("/page", "Ada"), ("/public/a", "Ada")] {
        stage
            .browser
            .sends(&stage.url(address), &forged)
            .await
            .is(200);
        let arrived = stage.application.requests().pop().unwrap();
        assert_eq!(arrived.headers("remote-name"), [name], "{arrived:?}");
        assert_eq!(arrived.headers("remote-user").len(), 1);
        assert_ne!(arrived.header("remote-user"), "root");
    }
    GateBrowser::default()
        .sends(&stage.url("/public/a"), &forged)
        .await
        .is(200);
    let arrived = stage.application.requests().pop().unwrap();
    for header in [
        "remote-user",
        "remote-email",
        "remote-name",
        "remote-groups",
    ] {
        assert_eq!(arrived.header(header), "", "{arrived:?}");
    }
    // The application gets its own cookies, and none of the gate's.
    stage.browser.keeps(&stage.proxy.origin, "theme", "dark");
    stage.browser.goes(&page).await.is(200);
    let arrived = stage.application.requests().pop().unwrap();
    let cookies = arrived.header("cookie");
    assert!(cookies.contains("theme=dark"), "{cookies}");
    assert!(!cookies.contains("curfew_gate"), "{cookies}");
}

async fn open_paths_are_open_and_tricks_are_not(app: TestApp) {
    for start in [Proxy::nginx, Proxy::caddy] {
        databases::run(app.db(), "delete from application_hosts").await;
        databases::run(app.db(), "update users set email = id").await;
        let stage = Stage::set(&app, start).await;
        let stranger = GateBrowser::default();
        stranger
            .fetches(&stage.url("/public/style.css"))
            .await
            .is(200);
        let seen = stage.application.requests().len();
        for trick in [
            "/public/../admin",
            "/public/%2e%2e/admin",
            "/public/..%2fadmin",
            "/public/%252e%252e/admin",
            "/public//../admin",
            "/public/..;/admin",
            "/public\\..\\admin",
            "//public/../admin",
            "/admin?x=/public/",
            "/admin#/public/",
        ] {
            let answer = stranger.fetches(&stage.url(trick)).await;
            assert!(
                [400, 401, 308].contains(&answer.status),
                "{trick}: {answer:?}"
            );
        }
        assert_eq!(stage.application.requests().len(), seen);
    }
}

async fn nothing_is_let_through_while_curfew_is_gone(app: TestApp) {
    let mut stage = Stage::set(&app, Proxy::nginx).await;
    let page = stage.url("/page");
    stage.browser.follows(&page).await.is(200);
    let seen = stage.application.requests().len();
    let curfew = stage.curfew;
    curfew.dies();
    stage.browser.fetches(&page).await.is(503);
    stage.browser.goes(&page).await.is(503);
    assert_eq!(stage.application.requests().len(), seen);
}

async fn a_browser_without_cookies_does_not_go_round_in_circles(app: TestApp) {
    let mut stage = Stage::set(&app, Proxy::nginx).await;
    stage.browser.keeps_no_cookies_of(&stage.proxy.origin);
    let end = stage.browser.follows(&stage.url("/page")).await;
    end.is(400);
    assert!(
        end.body.contains("This browser doesn’t keep cookies here"),
        "{end:?}"
    );
    assert_eq!(stage.application.requests().len(), 0);
}
