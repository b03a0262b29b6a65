//! A copy of the database holds nothing that opens anything: planted passwords, codes, secrets and
//! tokens are looked for in every row, and in the file itself.

use accounts::{
    db::{Conn, Db},
    second_factor,
};
use sqlx::AssertSqlSafe;

use crate::{
    confirming_a_sign_up, databases, forgotten_password,
    home::{Home, NOW, PASSWORD, SECOND, after},
};

on_both!(a_copy_of_the_database_holds_no_secret_in_readable_form);

const TABLES: [&str; 16] = [
    "accounts",
    "users",
    "tokens",
    "remembered_devices",
    "remember_tokens",
    "sessions",
    "attempts",
    "known_devices",
    "audit_chains",
    "audit_events",
    "authenticators",
    "recovery_codes",
    "two_factor_drafts",
    "pending_sign_ins",
    "email_links",
    "sign_ups",
];

async fn a_copy_of_the_database_holds_no_secret_in_readable_form(db: Db) {
    let home = Home::new(db);
    let signing_up = confirming_a_sign_up::link(&home, "eve@example.com", NOW).await;
    let ada = home.protected("Ada").await;
    let pending = home.pending_sign_in(&ada.person, true, NOW).await;
    let entered = home.verify(&pending, &ada.code(NOW), NOW).await.unwrap();
    let open = home.pending_sign_in(&ada.person, true, NOW).await;
    let _ = home
        .try_sign_in(
            &ada.person.email,
            "a wrong password typed",
            &ada.person.client,
            NOW,
        )
        .await;
    let who = home.signed_in(&ada.here, after(SECOND)).await;
    let mut tx = home.db.write().await.unwrap();
    second_factor::begin_new_codes(&mut tx, &home.keys, &who, &home.limits, NOW)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let draft = home.draft(&ada.person, NOW).await.unwrap();
    // One email is waiting with its link.
    let (keys, limits) = (&home.keys, &home.limits);
    let (email, client) = (&ada.person.email, &ada.person.client);
    let sent = forgotten_password::link(&home, email, NOW).await;
    accounts::reset_password::request(&home.db, keys, limits, email, client, NOW)
        .await
        .unwrap();

    let mut planted = vec![
        PASSWORD.to_owned(),
        "a wrong password typed".into(),
        ada.secret.base32(),
        entered.session.token.expose().to_owned(),
        entered.remembered.unwrap().token.expose().to_owned(),
        entered.known_device.expose().to_owned(),
        open.token.expose().to_owned(),
        sent.expose().to_owned(),
        signing_up.expose().to_owned(),
        ada.here.expose().to_owned(),
    ];
    for code in ada.codes.iter().chain(&draft.codes) {
        planted.push(code.clone());
        planted.push(code.replace('-', ""));
    }
    let whole = everything(&home.db).await;
    // It is the right place to look: what is no secret is found.
    for known in [
        &ada.person.email,
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
    let waiting = forgotten_password::next_link(&home, NOW).await.unwrap();
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
            for table in TABLES.iter().chain(&["emails"]) {
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
