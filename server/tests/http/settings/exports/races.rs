//! An export and a remote logout at the same moment, 400 times (2,000 in `make nightly`): a part that is asked for after the
//! remote logout was answered is never handed on.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use accounts::{
    ids::UserId,
    sessions::{By, Surface, end_all},
};
use tokio::task::JoinSet;

use crate::{
    settings::exports::EXPORT,
    test_app::{FIREFOX_ON_LINUX, TestApp},
};

on_both!(no_part_of_an_export_follows_a_remote_logout);

const USERS: usize = 4;

/// A few times what is read at a time.
const EVENTS: usize = 500;

async fn no_part_of_an_export_follows_a_remote_logout(app: TestApp) {
    let pairs = testing::rounds(400, 2_000);
    let mut races = JoinSet::new();
    for n in 0..USERS {
        let app = app.clone();
        races.spawn(async move {
            let name = format!("ada{n}");
            let ada = app.browser(FIREFOX_ON_LINUX);
            ada.sign_up(&name).await;
            app.records(&name, "earlier", EVENTS).await;
            let user = app.user_id(&name).await;
            let mut whole = 0;
            for round in 0..pairs / USERS {
                let export = ada.download(EXPORT).await;
                let answered = Arc::new(AtomicBool::new(false));
                let logout =
                    tokio::spawn(log_out(app.clone(), user.clone(), round, answered.clone()));
                whole += usize::from(export.arrives_beside(&answered).await);
                logout.await.unwrap();
                assert!(!ada.is_signed_in().await);
                ada.sign_in(&name).await;
            }
            whole
        });
    }
    let whole: usize = races.join_all().await.into_iter().sum();
    // A race that is always won by the same side proves nothing.
    assert!(whole > pairs / 20 && whole < pairs - pairs / 20, "{whole}");
}

/// Lets the export go on a while, more or less in each round, and logs the user out.
async fn log_out(app: TestApp, user: UserId, round: usize, answered: Arc<AtomicBool>) {
    for _ in 0..round % 40 {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    let mut op = app.begin().await;
    end_all(&mut op, &user, By::Operator, Surface::Cli)
        .await
        .unwrap();
    op.commit().await.unwrap();
    answered.swap(true, Ordering::SeqCst);
}
