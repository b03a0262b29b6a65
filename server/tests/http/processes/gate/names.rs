//! Names that headers cannot carry as they are, behind the proxies in use.

use crate::{databases, test_app::TestApp};

use super::{Proxy, Stage, proxies::Behind};

on_both!(
    names_arrive_in_ascii_through_nginx,
    names_arrive_in_ascii_through_caddy,
);

async fn names_arrive_in_ascii_through_nginx(app: TestApp) {
    names_arrive_in_ascii(&app, Proxy::nginx).await;
}

async fn names_arrive_in_ascii_through_caddy(app: TestApp) {
    names_arrive_in_ascii(&app, Proxy::caddy).await;
}

async fn names_arrive_in_ascii(app: &TestApp, start: fn(&Behind) -> Proxy) {
    let mut stage = Stage::set(app, start).await;
    let page = stage.url("/page");
    stage.browser.follows(&page).await.is(200);
    for (name, header) in [
        ("Zoë", "Zo%C3%AB"),
        ("Дима", "%D0%94%D0%B8%D0%BC%D0%B0"),
        ("李 🙂", "%E6%9D%8E %F0%9F%99%82"),
        ("Doe, Jane", "Doe, Jane"),
    ] {
        databases::run(app.db(), &format!("update users set name = '{name}'")).await;
        stage.browser.fetches(&page).await.is(200);
        let arrived = stage.application.requests().pop().unwrap();
        assert_eq!(arrived.headers("remote-name"), [header], "{arrived:?}");
    }
}
