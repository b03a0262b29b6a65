//! Applications: the page that registers them, and what they are told of a logout, by real receivers on loopback.

mod forms;
mod known;
mod members;
mod notices;
mod page;
mod receipt;
mod removing;
pub mod signed;

use serde_json::Value;

use crate::{browser::Browser, databases, test_app::TestApp};

pub const PAGE: &str = "/settings/applications";

/// Registers an application that is told at that address. Its client id.
pub async fn register(by: &Browser, name: &str, logout_address: &str) -> String {
    let made = by
        .call(
            "register_application",
            &[
                ("name", name),
                ("redirects", "http://127.0.0.1/callback"),
                ("logout_address", logout_address),
            ],
        )
        .await;
    let made: Value = made.is(200).json();
    made["id"].as_str().unwrap().to_owned()
}

/// Registers a site behind a gate. Its id.
pub async fn register_gate(by: &Browser, name: &str, address: &str) -> String {
    let form = [("kind", "gate"), ("name", name), ("address", address)];
    let made: Value = by.call("register_application", &form).await.is(200).json();
    made["id"].as_str().unwrap().to_owned()
}

/// Signs a user in at an application, as a redeemed code does. The `sid`.
pub async fn sign_in_at(app: &TestApp, user: &str, session: &str, application: &str) -> String {
    let id = accounts::time::Moment::now().id();
    databases::run(
        app.db(),
        &format!(
            "insert into application_sessions (id, application_id, user_id, session_id, epoch, scope, is_offline,
                                               authenticated_at, has_refreshed, created_at)
             select '{id}', '{application}', u.id, '{session}', u.epoch, 'openid', false, {now}, false, {now}
             from users u where u.id = '{user}'",
            now = accounts::time::Moment::now().at.0,
        ),
    )
    .await;
    id
}
