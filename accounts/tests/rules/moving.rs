//! An install that moves to the other database: what is signed in and every second factor stay, and a copy that is not
//! whole is not kept.

mod targets;

use std::time::Duration;

use accounts::{
    copy_to::{Move, MoveError, Moved, copy_to},
    db::{Db, OpenError},
    instance::Instance,
    limits::Limits,
    sample,
    sessions::By,
};
use tempfile::TempDir;
use testing::databases;

use crate::test_app::{NOW, TestApp, after};

/// An SQLite database that no process has open, and the keys of its install.
struct Source {
    folder: TempDir,
    keys: accounts::keys::Keys,
}

impl Source {
    /// After that story.
    async fn of(story: impl AsyncFnOnce(&TestApp)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("curfew.db").display());
        let app = TestApp::new(Db::open(&url).await.unwrap());
        story(&app).await;
        app.db.close().await;
        let keys = app.keys.clone();
        Self { folder, keys }
    }

    fn url(&self) -> String {
        format!(
            "sqlite://{}",
            self.folder.path().join("curfew.db").display()
        )
    }

    async fn runs(&self, sql: &str) {
        let db = Db::open(&self.url()).await.unwrap();
        databases::run(&db, sql).await;
        db.close().await;
    }

    async fn moves(&self, to: &Db) -> Result<Moved, MoveError> {
        let (from, to) = (self.url(), databases::url_of(to));
        let moving = Move {
            from: &from,
            to: &to,
            keys: &self.keys,
            limits: Limits::default(),
            now: NOW,
        };
        copy_to(&moving).await
    }

    /// It is as it was, and the target empty.
    async fn stays(&self, to: &Db) {
        assert_eq!(users(to).await, 0);
        let db = Db::open(&self.url()).await.unwrap();
        db.close().await;
    }
}

async fn users(db: &Db) -> i64 {
    databases::number(db, "select count(*) from users").await
}

async fn demo(app: &TestApp) {
    sample::demo(app, NOW).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_and_a_session_are_good_at_the_target() {
    databases::postgres(async |to: Db| {
        let (mut ada, mut instance) = (None, None);
        let source = Source::of(async |app: &TestApp| {
            ada = Some(app.protected("Ada").await);
            instance = Some((app.hasher.clone(), app.keys.clone()));
        })
        .await;
        let (ada, (hasher, keys)) = (ada.unwrap(), instance.unwrap());
        let moved = source.moves(&to).await.unwrap();
        assert!(moved.events > 0 && moved.tables.len() > 35, "{moved:?}");
        let limits = Limits::default();
        let instance = Instance {
            db: to,
            hasher,
            keys,
            limits,
        };
        let there = TestApp { instance };
        let later = after(Duration::from_mins(5));
        assert!(there.is_live(&ada.here, later).await);
        let pending = there.pending_sign_in(&ada.user, false, later).await;
        let signed_in = there.verify(&pending, &ada.code(later), later).await;
        signed_in.unwrap();
        there
            .remote_logout(&ada.user.id, By::Operator, later)
            .await
            .unwrap();
        assert!(!there.is_live(&ada.here, later).await);
        // Where it came from nothing of that is known, so it is not opened.
        let refused = Db::open(&source.url()).await;
        assert!(matches!(refused, Err(OpenError::Moved(_))), "{refused:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_altered_is_not_moved() {
    databases::postgres(async |to: Db| {
        let source = Source::of(demo).await;
        let altered = "update audit_events set details = '{}' where seq = 2";
        source.runs(altered).await;
        let refused = source.moves(&to).await;
        assert!(matches!(refused, Err(MoveError::Broken(_))), "{refused:?}");
        source.stays(&to).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_did_not_arrive_are_missed() {
    databases::postgres(async |to: Db| {
        let source = Source::of(demo).await;
        let loses = "create rule loses as on insert to tokens do instead nothing";
        databases::run(&to, loses).await;
        let refused = source.moves(&to).await;
        assert!(
            matches!(&refused, Err(MoveError::Counts(table, 1.., 0)) if table == "tokens"),
            "{refused:?}"
        );
        source.stays(&to).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn databases_that_are_not_alike_are_told_apart() {
    databases::postgres(async |to: Db| {
        let source = Source::of(demo).await;
        for (change, back) in [
            ("create table more (id text primary key)", "drop table more"),
            (
                "alter table users add column more text",
                "alter table users drop column more",
            ),
            (
                "alter table denials alter column counted type text",
                "alter table denials alter column counted type bigint using counted::bigint",
            ),
        ] {
            databases::run(&to, change).await;
            let refused = source.moves(&to).await.unwrap_err().to_string();
            let why = if change.starts_with("create") {
                "its table more is not Curfew’s"
            } else {
                "not alike"
            };
            assert!(refused.contains(why), "{change}: {refused}");
            databases::run(&to, back).await;
        }
        source.runs("create table more (id text primary key)").await;
        let refused = source.moves(&to).await.unwrap_err().to_string();
        assert!(refused.contains("more.id"), "{refused}");
        source.runs("drop table more").await;
        source.stays(&to).await;
        source.moves(&to).await.unwrap();
        assert_eq!(users(&to).await, 8);
    })
    .await;
}
