//! No request that begins after the answer is served by what was alive before it. Not once.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use app::cookies::Kind;
use tokio::task::JoinSet;

use crate::{
    browser::{Browser, NOTHING},
    test_app::{FIREFOX_ON_LINUX, SAFARI_ON_IPHONE, TestApp},
};

on_both!(ten_thousand_replays_of_old_cookies_are_all_refused);

const REPLAYS: usize = 10_000;
const AT_ONCE: usize = 16;

async fn ten_thousand_replays_of_old_cookies_are_all_refused(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let phone = app.browser(SAFARI_ON_IPHONE);
    phone.sign_in_remembered("Ada").await;
    let (session, remember) = (phone.clone(), phone.clone());
    session.lose(Kind::RememberMe);
    remember.lose(Kind::Session);
    let stolen = Arc::new([session, remember, phone.clone(), ada.clone()]);

    let answered = Arc::new(AtomicBool::new(false));
    let (left, before) = (
        Arc::new(AtomicUsize::new(REPLAYS)),
        Arc::new(AtomicUsize::new(0)),
    );
    let mut replaying = JoinSet::new();
    for worker in 0..AT_ONCE {
        let (stolen, answered) = (stolen.clone(), answered.clone());
        let (left, before) = (left.clone(), before.clone());
        replaying.spawn(async move {
            for turn in worker.. {
                let after_the_answer = answered.load(Ordering::SeqCst);
                if after_the_answer {
                    if left
                        .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1))
                        .is_err()
                    {
                        return;
                    }
                } else {
                    before.fetch_add(1, Ordering::SeqCst);
                }
                // Before the remote logout only the sessions: the remember-me cookie would be used up.
                let which = if after_the_answer {
                    turn % 4
                } else {
                    [0, 3][turn % 2]
                };
                replay(&stolen[which], after_the_answer).await;
            }
        });
    }
    while before.load(Ordering::SeqCst) < 200 {
        tokio::task::yield_now().await;
    }
    ada.remote_logout()
        .await
        .leads_to("/sign-in?next=/profile/security");
    answered.fetch_or(true, Ordering::SeqCst);
    replaying.join_all().await;
    assert_eq!(left.load(Ordering::SeqCst), 0);
    assert_eq!(
        (
            app.open_sessions("Ada").await,
            app.open_devices("Ada").await
        ),
        (0, 0)
    );
    assert_eq!(app.remote_logouts("Ada").await, 1);
}

/// Sends the old cookies. A copy of the browser each time, since an answer takes its dead cookies away.
async fn replay(stolen: &Browser, after_the_answer: bool) {
    let mut answer = stolen.clone().call("still_signed_in", NOTHING).await;
    for _ in 0..20 {
        if answer.status != 503 {
            break;
        }
        // A machine that is too busy to ask its database serves no user. That is no answer to count.
        answer = stolen.clone().call("still_signed_in", NOTHING).await;
    }
    if after_the_answer {
        answer.refuses(401, "session_ended");
        assert!(answer.gives_no_session(), "{answer:?}");
    } else {
        assert!([200, 401].contains(&answer.status), "{answer:?}");
    }
}
