//! The job that follows a raised epoch, on several nodes at once.

use accounts::{
    db::Db,
    sessions::{self, By},
};
use testing::databases::{number, patient};
use tokio::task::JoinSet;

use crate::{
    applications::open_id,
    test_app::{SECOND, TestApp, after},
};

on_both!(what_several_nodes_end_at_once_is_recorded_and_owed_once);

const SIGN_INS: u64 = 40;

async fn what_several_nodes_end_at_once_is_recorded_and_owed_once(db: Db) {
    let app = TestApp::new(patient(&db));
    let (ada, owner) = app.owner("Ada").await;
    let wiki = app
        .register(&owner, &open_id("Wiki", "wiki.example.com"))
        .await
        .unwrap()
        .application;
    for _ in 0..SIGN_INS {
        app.sign_in_at(&owner, &wiki).await;
    }
    app.remote_logout(&ada.id, By::Operator, after(SECOND))
        .await
        .unwrap();
    let mut nodes = JoinSet::new();
    for _ in 0..8 {
        let app = app.clone();
        nodes.spawn(async move {
            sessions::end_applications(&app, after(SECOND))
                .await
                .unwrap()
        });
    }
    let ended: u64 = nodes.join_all().await.into_iter().sum();
    assert_eq!(ended, SIGN_INS);
    for once in [
        "select count(*) from audit_events where action = 'application.session_ended'",
        "select count(*) from logout_notices",
    ] {
        assert_eq!(
            number(&app.db, once).await,
            SIGN_INS.cast_signed(),
            "{once}"
        );
    }
}
