//! A full disk: what needs room is refused, nothing has happened, and it works by itself once there is
//! room. SQLite rolls a transaction back by itself then, and its driver loses count.

use accounts::{
    db::{Conn, Db},
    sessions::By,
};
use testing::databases;

use crate::test_app::{NOW, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn after_a_full_disk_a_remote_logout_works_again_by_itself() {
    databases::sqlite(async |db: Db| {
        let app = TestApp::new(db.clone());
        let ada = app.user("Ada").await;
        let here = app.sign_in(&ada, NOW).await;

        write_until_full(&db).await;
        assert!(app.is_live(&here.session.token, NOW).await);

        // A new connection has room, as after the operator has made some.
        let logged_out = app.remote_logout(&ada.id, By::Session(&here.session.id), NOW);
        assert_eq!(logged_out.await.unwrap().sessions, 1);
    })
    .await;
}

/// A transaction that fails because the file must not grow by another page.
async fn write_until_full(db: &Db) {
    let mut tx = db.write().await.unwrap();
    let Conn::Sqlite(conn) = &mut *tx else {
        unreachable!("asked of SQLite only");
    };
    sqlx::query("pragma max_page_count = 1")
        .execute(&mut **conn)
        .await
        .unwrap();
    let more = "insert into rate_limits (subject, failures, window_ends_at)
                values (hex(randomblob(4000)), 1, 9000000000000)";
    let mut written = 0;
    let full = loop {
        match sqlx::query(more).execute(&mut **conn).await {
            Ok(_) => written += 1,
            Err(full) => break full,
        }
        assert!(written < 100, "the file grows all the same");
    };
    // The log names the file.
    let told = db.explain(&full);
    let url = databases::url_of(db);
    let file = url.strip_prefix("sqlite://").unwrap();
    assert!(told.contains("full") && told.contains(file), "{told}");
}
