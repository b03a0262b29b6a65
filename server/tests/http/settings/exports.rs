//! Exports that are still being sent when their session ends, or their user may not see the log any more.

mod races;

use std::time::Duration;

use accounts::{audit::LOOKED_THROUGH, plans::Plan};
use http::{Request, header};

use crate::{
    browser::{Browser, NOTHING},
    databases,
    download::Download,
    test_app::{FIREFOX_ON_LINUX, OTHER_PASSWORD, PASSWORD, SAFARI_ON_IPHONE, TestApp},
};

on_both!(
    an_export_is_cut_by_whatever_ends_its_session,
    an_export_is_cut_when_role_or_plan_do_not_allow_it_any_more,
    an_export_goes_on_while_its_session_lives,
    sending_an_export_is_no_use_of_the_session,
    an_export_that_is_compressed_is_cut_too,
    an_export_that_is_compressed_ends_when_it_is_whole,
    an_export_is_cut_while_the_database_is_unavailable,
    an_export_goes_on_over_a_long_part_that_holds_nothing_of_it,
    no_export_is_made_without_a_part_of_what_was_asked_for,
);

const EXPORT: &str = "/settings/audit-log/export?format=jsonl&action=account.renamed";

/// More than are read at a time, several times.
const EVENTS: usize = 1_000;

/// An export of more events than are read at a time, of which the first part was taken.
async fn begun(browser: &Browser) -> Download {
    let mut export = browser.download(EXPORT).await;
    export.takes_lines(1).await;
    assert!(export.taken.lines().count() < EVENTS / 2, "all at once");
    export
}

/// It breaks off, for that reason, and has nothing of what happened later.
async fn is_cut(app: &TestApp, export: Download, why: &str) {
    app.records("Ada", "later", 10).await;
    let before = export.taken.clone();
    let (taken, said) = export.arrives_cut().await;
    assert_eq!(said, why);
    assert!(!taken.contains("later"));
    assert_eq!(taken, before, "it went on");
}

const ENDED: &str = "the session has ended";
const NOT_ALLOWED: &str = "the permission is gone";

async fn an_export_is_cut_by_whatever_ends_its_session(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    app.records("Ada", "earlier", EVENTS).await;
    let phone = app.browser(SAFARI_ON_IPHONE);

    phone.sign_in("Ada").await;
    let export = begun(&phone).await;
    ada.remote_logout().await.is(303);
    is_cut(&app, export, ENDED).await;
    ada.sign_in("Ada").await;

    phone.sign_in("Ada").await;
    let export = begun(&phone).await;
    phone.post_form("/sign-out", "/", NOTHING).await.is(303);
    is_cut(&app, export, ENDED).await;

    phone.sign_in("Ada").await;
    let export = begun(&phone).await;
    let id = phone.signed_in().await.session;
    ada.call("end_session", &[("id", id.as_str())])
        .await
        .is(200);
    is_cut(&app, export, ENDED).await;

    phone.sign_in("Ada").await;
    let (export, own) = (begun(&phone).await, begun(&ada).await);
    let form = [
        ("current_password", PASSWORD),
        ("new_password", OTHER_PASSWORD),
    ];
    ada.call("change_password", &form).await.is(200);
    // The session that changed it lives on, under a new cookie.
    let whole = own.arrives_whole().await;
    assert_eq!(whole.matches("earlier").count(), EVENTS);
    is_cut(&app, export, ENDED).await;

    let export = begun(&ada).await;
    databases::run(app.db(), "update users set disabled_at = 1").await;
    assert_eq!(export.arrives_cut().await.1, ENDED);
}

async fn an_export_is_cut_when_role_or_plan_do_not_allow_it_any_more(app: TestApp) {
    let (ada, ben) = app.two("admin").await;
    app.records("Ada", "earlier", EVENTS).await;

    let (of_ada, of_ben) = (begun(&ada).await, begun(&ben).await);
    let id = app.id_of("Ben").await;
    let change = [("member", id.as_str()), ("role", "member")];
    ada.call("change_role", &change).await.is(200);
    is_cut(&app, of_ben, NOT_ALLOWED).await;

    // Down to a plan without the log: it lives on, and may not.
    app.put_on("Ada", Plan::Pro).await;
    is_cut(&app, of_ada, NOT_ALLOWED).await;
    assert!(ada.is_signed_in().await && ben.is_signed_in().await);

    app.put_on("Ada", Plan::Enterprise).await;
    let change = [("member", id.as_str()), ("role", "admin")];
    ada.call("change_role", &change).await.is(200);
    let of_ben = begun(&ben).await;
    ada.call("disable_member", &[("member", id.as_str())])
        .await
        .is(200);
    is_cut(&app, of_ben, ENDED).await;
}

async fn an_export_goes_on_while_its_session_lives(app: TestApp) {
    let (ada, ben) = app.two("admin").await;
    app.records("Ada", "earlier", EVENTS).await;
    let export = begun(&ada).await;
    // Another user's remote logout is none of hers, and a name is no permission.
    ben.remote_logout().await.is(303);
    let renamed = [("name", "Ada King"), ("username", "ada")];
    ada.call("update_profile", &renamed).await.is(200);
    let whole = export.arrives_whole().await;
    assert_eq!(whole.matches("earlier").count(), EVENTS);
}

async fn sending_an_export_is_no_use_of_the_session(app: TestApp) {
    let idle = Duration::from_hours(1);
    let app = app.with_limits(|limits| limits.session_idle = idle);
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    app.records("Ada", "earlier", EVENTS).await;
    let mut export = begun(&ada).await;
    app.state.last_seen.write(app.db()).await;
    let unused_for = |millis: u128| {
        format!(
            "update sessions set started_at = started_at - {millis}, last_active_at = last_active_at - {millis}"
        )
    };
    databases::run(app.db(), &unused_for(idle.as_millis() / 2)).await;
    let last = "select max(last_active_at) from sessions";
    let before = databases::number(app.db(), last).await;
    export.takes_lines(EVENTS / 2).await;
    app.state.last_seen.write(app.db()).await;
    assert_eq!(databases::number(app.db(), last).await, before);
    // So it does not keep its session, and ends with it.
    databases::run(app.db(), &unused_for(idle.as_millis() / 2)).await;
    is_cut(&app, export, ENDED).await;
}

async fn an_export_that_is_compressed_is_cut_too(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    app.records("Ada", "earlier", EVENTS).await;
    let phone = app.browser(SAFARI_ON_IPHONE);
    phone.sign_in("Ada").await;
    let compressed = Request::get(EXPORT).header(header::ACCEPT_ENCODING, "gzip");
    let export = phone.begins(compressed).await;
    ada.remote_logout().await.is(303);
    assert!(export.breaks_off().await.contains(ENDED));
}

async fn an_export_that_is_compressed_ends_when_it_is_whole(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    app.records("Ada", "earlier", EVENTS).await;
    for encoding in ["gzip", "br", "identity"] {
        let asked = Request::get(EXPORT).header(header::ACCEPT_ENCODING, encoding);
        let bytes = ada.begins(asked).await.ends().await;
        assert!(bytes > 1_000, "{encoding}: {bytes}");
    }
}

async fn an_export_is_cut_while_the_database_is_unavailable(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    app.records("Ada", "earlier", EVENTS).await;
    let export = begun(&ada).await;
    app.db().close().await;
    let (_, said) = export.arrives_cut().await;
    assert_eq!(said, "the database is unavailable");
}

async fn an_export_goes_on_over_a_long_part_that_holds_nothing_of_it(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    // What one look goes through holds other events alone, twice.
    for word in ["wanted", "other", "another", "wanted"] {
        let moved = format!("update audit_events set seq = seq - {LOOKED_THROUGH}");
        databases::run(app.db(), &moved).await;
        app.records("Ada", word, 3).await;
    }
    let back = format!("update audit_events set seq = seq + 4 * {LOOKED_THROUGH}");
    databases::run(app.db(), &back).await;
    for format in ["jsonl", "csv"] {
        let address = format!("/settings/audit-log/export?format={format}&q=wanted");
        let whole = ada.download(&address).await.arrives_whole().await;
        assert_eq!(whole.matches("wanted").count(), 6, "{format}: {whole}");
        assert!(!whole.contains("other"), "{format}: {whole}");
        // The same through what packs it: nothing to pack is no end.
        for encoding in ["gzip", "br"] {
            let asked = Request::get(&address).header(header::ACCEPT_ENCODING, encoding);
            let bytes = ada.begins(asked).await.ends().await;
            let shorter = Request::get(format!("{address}&until=2001-01-01"))
                .header(header::ACCEPT_ENCODING, encoding);
            let none = ada.begins(shorter).await.ends().await;
            assert!(bytes > none + 300, "{encoding}: {bytes}, {none}");
        }
    }
}

async fn no_export_is_made_without_a_part_of_what_was_asked_for(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let long = format!("q={}", "x".repeat(201));
    for (query, field) in [("from=foo", "from"), (long.as_str(), "q")] {
        let address = format!("/settings/audit-log/export?format=csv&{query}");
        // Back to the page, which says what is wrong.
        ada.get(&address)
            .await
            .leads_to(&format!("/settings/audit-log?format=csv&{query}"));
        let program = Request::get(&address).header(header::ACCEPT, "application/json");
        let answer = ada.send(program, axum::body::Body::empty()).await;
        let json = answer.refuses(422, "validation_failed").json();
        assert!(json["fields"][field].is_string(), "{json}");
    }
}
