//! A copy of the database holds nothing that opens anything: planted passwords, codes, secrets and
//! tokens are looked for in every row, and in the file itself.

use accounts::{
    db::{Conn, Db},
    reset_password, second_factor,
};
use sqlx::AssertSqlSafe;
use testing::databases;

use crate::{
    confirming_a_sign_up, forgotten_password,
    test_app::{NOW, PASSWORD, SECOND, TestApp, after},
};

on_both!(a_copy_of_the_database_holds_no_secret_in_readable_form);

const TABLES: [&str; 22] = [
    "accounts",
    "users",
    "tokens",
    "remembered_devices",
    "remember_tokens",
    "sessions",
    "epoch_raises",
    "rate_limits",
    "known_devices",
    "instance_keys",
    "audit_chains",
    "audit_events",
    "authenticators",
    "recovery_codes",
    "two_factor_drafts",
    "pending_sign_ins",
    "email_links",
    "sign_ups",
    "emails",
    "invitations",
    "webhooks",
    "webhook_deliveries",
];

async fn a_copy_of_the_database_holds_no_secret_in_readable_form(db: Db) {
    let app = TestApp::new(db);
    let signing_up = confirming_a_sign_up::link(&app, "eve@example.com", NOW).await;
    let ada = app.protected("Ada").await;
    let pending = app.pending_sign_in(&ada.user, true, NOW).await;
    let completed = app.verify(&pending, &ada.code(NOW), NOW).await.unwrap();
    let open = app.pending_sign_in(&ada.user, true, NOW).await;
    let _ = app
        .try_sign_in(
            &ada.user.email,
            "a wrong password typed",
            &ada.user.client,
            NOW,
        )
        .await;
    let who = app.signed_in(&ada.here, after(SECOND)).await;
    let mut op = app.begin(&ada.user.client, NOW).await;
    second_factor::begin_new_codes(&mut op, &who).await.unwrap();
    op.commit().await.unwrap();
    let draft = app.draft(&ada.user, NOW).await.unwrap();
    // One email is waiting with its link.
    let email = &ada.user.email;
    let sent = forgotten_password::link(&app, email, NOW).await;
    let mut op = app.begin(&ada.user.client, NOW).await;
    reset_password::request(&mut op, email).await.unwrap();
    op.commit().await.unwrap();

    let mut planted = vec![
        PASSWORD.to_owned(),
        "a wrong password typed".into(),
        ada.secret.base32(),
        completed.session.token.expose().to_owned(),
        completed.remembered.unwrap().token.expose().to_owned(),
        completed.device.value.expose().to_owned(),
        open.token.expose().to_owned(),
        sent.expose().to_owned(),
        signing_up.expose().to_owned(),
        ada.here.expose().to_owned(),
    ];
    for code in ada.codes.iter().chain(&draft.codes) {
        planted.push(code.clone());
        planted.push(code.replace('-', ""));
    }
    let whole = everything(&app.db).await;
    // It is the right place to look: what is no secret is found.
    for known in [
        &ada.user.email,
        "eve@example.com",
        "reset_password",
        "authenticator",
    ] {
        assert!(whole.contains(known), "{known}");
    }
    for secret in planted {
        assert!(!whole.contains(&secret), "{secret} is readable");
    }
    // The link that waits is no readable token either.
    let waiting = forgotten_password::next_link(&app, NOW).await.unwrap();
    assert!(!whole.contains(waiting.expose()));
}

/// Every row of every table as text, and for SQLite the bytes of its files.
async fn everything(db: &Db) -> String {
    let mut conn = db.read().await.unwrap();
    match &mut conn {
        Conn::Sqlite(_) => {
            let url = databases::url_of(db);
            let file = url.strip_prefix("sqlite://").unwrap();
            [file.to_owned(), format!("{file}-wal")]
                .iter()
                .filter_map(|path| std::fs::read(path).ok())
                .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
                .collect()
        }
        Conn::Postgres(held) => {
            let mut all = format!("{TABLES:?}");
            for table in TABLES {
                let sql = format!("select cast(t as text) from {table} t");
                let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(sql))
                    .fetch_all(&mut **held)
                    .await
                    .unwrap();
                all.extend(rows);
            }
            all
        }
    }
}
