//! What browsers may keep of an application behind the proxies in use: what they keep they show without asking the gate.

use crate::test_app::TestApp;

use super::{Proxy, Stage, application::KEPT, proxies::Behind};

on_both!(
    browsers_ask_again_behind_nginx_unless_the_application_says_otherwise,
    browsers_ask_again_behind_caddy_unless_the_application_says_otherwise,
);

async fn browsers_ask_again_behind_nginx_unless_the_application_says_otherwise(app: TestApp) {
    browsers_ask_again(&app, Proxy::nginx).await;
}

async fn browsers_ask_again_behind_caddy_unless_the_application_says_otherwise(app: TestApp) {
    browsers_ask_again(&app, Proxy::caddy).await;
}

async fn browsers_ask_again(app: &TestApp, start: fn(&Behind) -> Proxy) {
    let mut stage = Stage::set(app, start).await;
    stage.browser.follows(&stage.url("/page")).await.is(200);
    let (kept, says) = KEPT;
    for (address, cache_control) in [("/page", "private, no-cache"), (kept, says)] {
        let answer = stage.browser.fetches(&stage.url(address)).await;
        answer.is(200);
        assert_eq!(answer.body, "the application");
        let sent: Vec<_> = answer.headers.get_all("cache-control").iter().collect();
        assert_eq!(sent, [cache_control], "{address}: {answer:?}");
    }
}
