//! Opening a database: new, again, beside another process, and after a newer version.

use accounts::{
    db::{Db, OpenError},
    sessions::By,
};
use testing::databases;

use crate::test_app::{NOW, TestApp};

on_both!(
    a_database_that_is_opened_again_has_what_it_had,
    a_database_that_a_newer_version_has_used_is_refused_below_its_floor,
    a_program_goes_on_beside_a_newer_version_that_has_left_the_floor,
    a_database_without_a_floor_is_none_of_ours,
    a_second_process_sees_at_once_what_the_first_did,
);

async fn a_database_that_is_opened_again_has_what_it_had(db: Db) {
    let mut app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in(&ada, NOW).await;
    let url = databases::url_of(&app.db);
    app.db.close().await;
    app.db = Db::open(&url).await.unwrap();
    assert!(app.is_live(&here.session.token, NOW).await);
    app.db.close().await;
}

/// A newer version has migrated the database, and what else it has done. Gives the database's address.
async fn migrated_by_a_newer_version(db: Db, and: &str) -> String {
    let row =
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
               select 20990101000000, 'from the future', success, checksum, 0
               from _sqlx_migrations where version = 1";
    assert_eq!(databases::run(&db, row).await, 1);
    databases::run(&db, and).await;
    let url = databases::url_of(&db);
    db.close().await;
    url
}

async fn a_database_that_a_newer_version_has_used_is_refused_below_its_floor(db: Db) {
    let raised = "update instance set oldest_migration = 20990101000000";
    let url = migrated_by_a_newer_version(db, raised).await;
    match Db::open(&url).await {
        Err(OpenError::Newer(20_990_101_000_000)) => {}
        other => panic!("{other:?}"),
    }
}

async fn a_program_goes_on_beside_a_newer_version_that_has_left_the_floor(db: Db) {
    let mut app = TestApp::new(db.clone());
    let ada = app.user("Ada").await;
    let here = app.sign_in(&ada, NOW).await;
    let added = "alter table users add column from_the_future text";
    let url = migrated_by_a_newer_version(db, added).await;
    app.db = Db::open(&url).await.unwrap();
    assert!(app.is_live(&here.session.token, NOW).await);
    app.remote_logout(&ada.id, By::Operator, NOW).await.unwrap();
    assert!(!app.is_live(&here.session.token, NOW).await);
    // What it found does not stand in the way of another start.
    let second = Db::open(&url).await.unwrap();
    second.close().await;
    app.db.close().await;
}

async fn a_database_without_a_floor_is_none_of_ours(db: Db) {
    let gone = "alter table instance rename column oldest_migration to something_else";
    let url = migrated_by_a_newer_version(db, gone).await;
    let refused = Db::open(&url).await;
    assert!(matches!(refused, Err(OpenError::Newer(_))), "{refused:?}");
}

async fn a_second_process_sees_at_once_what_the_first_did(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in(&ada, NOW).await;
    let mut other = app.clone();
    other.db = Db::open(&databases::url_of(&app.db)).await.unwrap();
    assert!(other.is_live(&here.session.token, NOW).await);
    other
        .remote_logout(&ada.id, By::Operator, NOW)
        .await
        .unwrap();
    assert!(!app.is_live(&here.session.token, NOW).await);
    other.db.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_open_a_new_database_at_once_all_get_it() {
    for _ in 0..5 {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("new/curfew.db").display());
        let mut opening = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let url = url.clone();
            opening.spawn(async move { Db::open(&url).await });
        }
        for opened in opening.join_all().await {
            opened.unwrap().close().await;
        }
    }
}

#[tokio::test]
async fn an_address_of_no_known_database_is_refused() {
    let refused = Db::open("mysql://localhost/curfew").await;
    assert!(matches!(refused, Err(OpenError::Scheme)), "{refused:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn the_files_of_a_database_are_readable_by_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;

    // Whatever the folder is like.
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let url = format!("sqlite://{}", folder.path().join("curfew.db").display());
    let db = Db::open(&url).await.unwrap();
    let _tx = db.write().await.unwrap();
    let mut files = 0;
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}: {mode:o}", file.path().display());
        files += 1;
    }
    assert!(files >= 2, "the database and what SQLite keeps beside it");
}
