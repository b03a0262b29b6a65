//! While the database is unavailable: 503, nothing shown, no user signed out, no cookie touched; then all works again.

use accounts::db::Db;
use app::cookies::Kind;
use axum::body::Body;
use http::Request;
use sqlx::{Connection, PgConnection, SqliteConnection};

use crate::{
    answer::Answer,
    browser::NOTHING,
    databases::{self, postgres_server, run_on_server},
    logged::logged,
    test_app::{FIREFOX_ON_LINUX, PASSWORD, SAFARI_ON_IPHONE, TestApp},
};

on_both!(
    no_request_is_served_and_no_user_signed_out_until_it_answers_again,
    a_remote_logout_that_cannot_be_written_changes_nothing,
    a_remembered_device_keeps_its_cookie,
    every_line_of_an_outage_names_the_function_or_the_page,
);

/// From now on the database is unavailable: PostgreSQL takes no connection, SQLite's file has no users.
async fn make_database_unavailable(app: &TestApp) {
    match app.db() {
        Db::Sqlite { .. } => {
            databases::run(app.db(), "alter table users rename to gone").await;
        }
        Db::Postgres { .. } => {
            let name = app.url.rsplit('/').next().unwrap();
            let mut admin = PgConnection::connect(&postgres_server()).await.unwrap();
            run_on_server(
                &mut admin,
                &format!("alter database {name} with allow_connections false"),
            )
            .await;
            let end = "select pg_terminate_backend(pid) from pg_stat_activity where datname";
            run_on_server(&mut admin, &format!("{end} = '{name}'")).await;
        }
    }
}

async fn make_database_available(app: &TestApp) {
    match app.db() {
        Db::Sqlite { .. } => {
            databases::run(app.db(), "alter table gone rename to users").await;
        }
        Db::Postgres { .. } => {
            let name = app.url.rsplit('/').next().unwrap();
            let mut admin = PgConnection::connect(&postgres_server()).await.unwrap();
            run_on_server(
                &mut admin,
                &format!("alter database {name} with allow_connections true"),
            )
            .await;
        }
    }
}

#[track_caller]
fn is_unavailable(answer: &Answer, as_page: bool) {
    if as_page {
        answer
            .is(503)
            .says("Curfew can’t reach its database right now");
        answer
            .says("Nothing was changed.")
            .does_not_say("Ada")
            .does_not_say("signed out");
        assert!(
            answer.header("content-type").starts_with("text/html"),
            "{answer:?}"
        );
    } else {
        answer.refuses(503, "service_unavailable");
        assert!(
            answer.json()["message"]
                .as_str()
                .unwrap()
                .contains("Nothing was changed."),
            "{answer:?}"
        );
    }
    assert!(answer.touches_no_cookie(), "{answer:?}");
    assert_eq!(answer.header("clear-site-data"), "");
    assert_eq!(answer.header("retry-after"), "5");
    assert_eq!(answer.header("cache-control"), "no-store");
}

async fn no_request_is_served_and_no_user_signed_out_until_it_answers_again(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let remembered = app.browser(SAFARI_ON_IPHONE);
    remembered.sign_in_remembered("Ada").await;
    remembered.lose(Kind::Session);
    // Whose cookie was dead already: what it is cannot be known now, so it stays.
    let dead = app.browser(SAFARI_ON_IPHONE);
    dead.put(Kind::Session, &"A".repeat(43));
    let nonsense = app.browser(SAFARI_ON_IPHONE);
    nonsense.put(Kind::Session, "nonsense");
    let anonymous = app.browser(SAFARI_ON_IPHONE);
    let before = app.everything().await;

    make_database_unavailable(&app).await;
    for browser in [&ada, &remembered, &dead] {
        for path in [
            "/",
            "/profile/security",
            "/profile/remote-logout",
            "/sign-in",
            "/nothing",
        ] {
            is_unavailable(&browser.get(path).await, true);
        }
        is_unavailable(&browser.remote_logout().await, true);
        is_unavailable(&browser.post_form("/sign-out", "/", NOTHING).await, true);
        for function in [
            "still_signed_in",
            "remote_logout",
            "remote_logout_facts",
            "sign_out",
        ] {
            is_unavailable(&browser.call(function, NOTHING).await, false);
        }
    }
    is_unavailable(
        &ada.call(
            "change_password",
            &[("current_password", PASSWORD), ("new_password", "x")],
        )
        .await,
        false,
    );
    is_unavailable(
        &anonymous
            .call(
                "sign_in",
                &[("email", "ada@example.com"), ("password", PASSWORD)],
            )
            .await,
        false,
    );
    for browser in [&anonymous, &nonsense] {
        is_unavailable(&browser.get("/profile").await, true);
    }
    anonymous.get("/readyz").await.is(503);
    anonymous.get("/healthz").await.is(200);

    make_database_available(&app).await;
    assert_eq!(app.everything().await, before);
    anonymous.get("/readyz").await.is(200);
    assert!(ada.is_signed_in().await && remembered.comes_back().await);
    ada.remote_logout()
        .await
        .leads_to("/sign-in?next=/profile/security");
    assert!(!remembered.is_signed_in().await);
    assert_eq!(app.remote_logouts("Ada").await, 1);
}

/// Another process holds what the remote logout needs, for longer than it waits.
enum Hold {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Hold {
    async fn of(app: &TestApp) -> Self {
        match app.db() {
            Db::Sqlite { .. } => {
                let mut held = SqliteConnection::connect(&app.url).await.unwrap();
                sqlx::query("begin exclusive")
                    .execute(&mut held)
                    .await
                    .unwrap();
                Self::Sqlite(held)
            }
            Db::Postgres { .. } => {
                let mut held = PgConnection::connect(&app.url).await.unwrap();
                sqlx::query("begin").execute(&mut held).await.unwrap();
                sqlx::query("select id from users for update")
                    .execute(&mut held)
                    .await
                    .unwrap();
                Self::Postgres(held)
            }
        }
    }

    async fn let_go(self) {
        match self {
            Self::Sqlite(mut held) => sqlx::query("rollback").execute(&mut held).await.map(|_| ()),
            Self::Postgres(mut held) => {
                sqlx::query("rollback").execute(&mut held).await.map(|_| ())
            }
        }
        .unwrap();
    }
}

async fn a_remote_logout_that_cannot_be_written_changes_nothing(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let phone = app.browser(SAFARI_ON_IPHONE);
    phone.sign_in_remembered("Ada").await;
    let before = app.everything().await;

    let held = Hold::of(&app).await;
    let (as_program, as_form) = tokio::join!(
        ada.call("remote_logout", &[("from", "security")]),
        ada.remote_logout(),
    );
    is_unavailable(&as_program, false);
    // The page can still be read, so the form comes back, with the button to try again.
    as_form.leads_to("/profile/remote-logout?from=security");
    for name in ["curfew_session", "curfew_remember"] {
        assert!(as_form.set_cookie(name).is_none(), "{as_form:?}");
    }
    assert_eq!(as_form.header("clear-site-data"), "");
    let page = ada.get(as_form.header("location")).await;
    page.is(200)
        .says("Curfew can’t reach its database right now. Nothing was changed.");
    page.says("Log out everywhere");
    held.let_go().await;

    assert_eq!(app.everything().await, before);
    assert!(ada.is_signed_in().await && phone.is_signed_in().await);
    ada.remote_logout()
        .await
        .leads_to("/sign-in?next=/profile/security");
    assert!(!phone.is_signed_in().await);
    assert_eq!(app.remote_logouts("Ada").await, 1);
}

async fn a_remembered_device_keeps_its_cookie(app: TestApp) {
    app.browser(FIREFOX_ON_LINUX).sign_up("Ada").await;
    let phone = app.browser(SAFARI_ON_IPHONE);
    phone.sign_in_remembered("Ada").await;
    phone.lose(Kind::Session);
    let cookie = phone.cookie(Kind::RememberMe);
    let held = Hold::of(&app).await;
    let program = Request::post("/api/fn/still_signed_in").header("content-length", "0");
    let (page, program) = tokio::join!(phone.get("/profile"), phone.send(program, Body::empty()));
    is_unavailable(&page, true);
    // A program's request exchanges nothing, so it waits for no writer.
    program.refuses(401, "not_signed_in");
    assert!(program.touches_no_cookie(), "{program:?}");
    held.let_go().await;
    assert_eq!(phone.cookie(Kind::RememberMe), cookie);
    assert!(
        phone.comes_back().await,
        "the try that failed has not used it up"
    );
    assert_eq!(app.events("Ada", "user.remembered_device_reused").await, 0);
}

async fn every_line_of_an_outage_names_the_function_or_the_page(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    make_database_unavailable(&app).await;
    let ((), lines) = logged(async {
        ada.call("remote_logout", NOTHING).await.is(503);
        ada.post_form("/sign-out", "/", NOTHING).await.is(503);
        ada.get("/profile/security?secret=typed").await.is(503);
        ada.call("typed_by_a_user", NOTHING).await.is(503);
    })
    .await;
    make_database_available(&app).await;
    for (named, at_least) in [
        ("function=\"remote_logout\"", 2),
        ("function=\"sign_out\"", 2),
        ("page=\"/profile/security\"", 2),
    ] {
        let outage = lines.iter().filter(|line| line.contains(named));
        assert!(outage.count() >= at_least, "{named}: {lines:#?}");
    }
    // What is on no list is text of a user.
    assert!(
        lines.iter().all(|line| !line.contains("typed")),
        "{lines:#?}"
    );
}
