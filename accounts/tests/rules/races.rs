//! The most important test of the product: **nothing outlives a remote logout it overlaps**.
//!
//! An operation that starts a session and a remote logout begin on one user at the same moment, 400
//! times each (2,000 in `make nightly`), on several threads. Whichever of the two is first, no session and no remembered device that the
//! remote logout should have ended is left when both have answered; and what the remote logout says it ended fits
//! the order that the operation's answer shows.

mod applications;
mod gate;
mod overlap;
mod ways_in;

use accounts::{
    change_password::ChangePasswordError,
    db::Db,
    end_reason::EndReason,
    on,
    remember_me::Exchange,
    secret::Token,
    sessions::{By, EndAllError, Found, LogoutReceipt},
    sign_in::{CompletedSignIn, SignInError},
};
use tokio::task::JoinSet;

use crate::test_app::{NOW, SECOND, TestApp, TestUser, after, browser};
use overlap::{Order, Overlap, Tally};

on_both!(
    a_remember_me_exchange_does_not_outlive_a_remote_logout,
    the_first_use_of_what_an_exchange_gave_does_not_outlive_a_remote_logout,
    a_sign_in_does_not_outlive_a_remote_logout,
    a_change_of_password_does_not_outlive_a_remote_logout,
);

const USERS: usize = 8;

/// Pairs of each kind, shared out among the users.
fn pairs() -> usize {
    testing::rounds(400, 2_000)
}

/// Runs every user's share of the pairs, side by side.
async fn race<F>(db: Db, operation: &str, pair: fn(TestApp, TestUser, usize, Overlap) -> F)
where
    F: Future<Output = (TestApp, TestUser, Overlap, Order)> + Send + 'static,
{
    let shared = TestApp::new(db);
    let mut races = JoinSet::new();
    for n in 0..USERS {
        let app = shared.clone();
        let mut user = app.user(&format!("TestUser{n}")).await;
        // An address each: the address's row in the counts would hold them up in one line.
        user.client = browser(u8::try_from(n).unwrap());
        races.spawn(async move {
            let (mut app, mut user) = (app, user);
            let (mut overlap, mut tally) = (Overlap::new(n), Tally::default());
            for round in 0..pairs() / USERS {
                let order;
                (app, user, overlap, order) = pair(app, user, round, overlap).await;
                tally.count(&overlap, order);
            }
            tally
        });
    }
    let mut tally = Tally::default();
    for (n, one) in races.join_all().await.into_iter().enumerate() {
        assert_eq!(one.pairs, pairs() / USERS, "user {n}");
        tally += one;
    }
    tally.assert_both_orders(operation);
}

async fn a_remember_me_exchange_does_not_outlive_a_remote_logout(db: Db) {
    race(db, "exchange", exchange_and_remote_logout).await;
}

async fn exchange_and_remote_logout(
    app: TestApp,
    ada: TestUser,
    round: usize,
    mut overlap: Overlap,
) -> (TestApp, TestUser, Overlap, Order) {
    let here = app.sign_in_remembered(&ada, NOW).await;
    let cookie = here.remembered.clone().unwrap().token;
    let (mut sessions, mut cookies) = (vec![here.session.token.clone()], vec![cookie.clone()]);
    // In every other round the answer of an exchange was lost, and this one voids what it gave.
    let lost = !round.is_multiple_of(2);
    if lost {
        let (session, next) = given(app.exchange(&cookie, NOW).await);
        sessions.push(session);
        cookies.push(next);
    }
    let exchange = {
        let (app, cookie) = (app.clone(), cookie.clone());
        async move { app.exchange(&cookie, after(40 * SECOND)).await }
    };
    let remote_logout = remote_logout_from(&app, &ada, (!round.is_multiple_of(3)).then_some(&here));
    let (exchange, done) = overlap.both(exchange, remote_logout).await;
    let done = done.unwrap();

    let order = match exchange {
        Exchange::Ended(ended) => {
            assert_eq!(ended.end_reason, EndReason::RemoteLogout);
            Order::RemoteLogoutFirst
        }
        exchanged => {
            let (session, next) = given(exchanged);
            sessions.push(session);
            cookies.push(next);
            Order::OperationFirst
        }
    };
    assert_no_survivor(&app, &ada, &sessions, &cookies).await;
    let live = if lost { 2 } else { sessions.len() as u64 };
    assert_eq!(done.sessions, live, "{order:?}");
    assert_eq!(done.remembered_devices, 1);
    (app, ada, overlap, order)
}

/// What a good exchange gave.
fn given(exchange: Exchange) -> (Token, Token) {
    match exchange {
        Exchange::Session { started, next, .. } => (started.token, next),
        other => panic!("{other:?}"),
    }
}

async fn the_first_use_of_what_an_exchange_gave_does_not_outlive_a_remote_logout(db: Db) {
    race(db, "first use", first_use_and_remote_logout).await;
}

async fn first_use_and_remote_logout(
    app: TestApp,
    ada: TestUser,
    round: usize,
    mut overlap: Overlap,
) -> (TestApp, TestUser, Overlap, Order) {
    let here = app.sign_in_remembered(&ada, NOW).await;
    let cookie = here.remembered.clone().unwrap().token;
    let (session, next) = given(app.exchange(&cookie, NOW).await);
    let first_use = {
        let (app, session) = (app.clone(), session.clone());
        async move { app.present(&session, NOW).await }
    };
    let remote_logout = remote_logout_from(&app, &ada, (!round.is_multiple_of(3)).then_some(&here));
    let (found, done) = overlap.both(first_use, remote_logout).await;
    let done = done.unwrap();
    let order = match found {
        Found::Live(_) => Order::OperationFirst,
        Found::Ended(ended) => {
            assert_eq!(ended.end_reason, EndReason::RemoteLogout);
            Order::RemoteLogoutFirst
        }
        other => panic!("{other:?}"),
    };
    let sessions = [here.session.token, session];
    assert_no_survivor(&app, &ada, &sessions, &[cookie, next]).await;
    assert_eq!(
        (done.sessions, done.remembered_devices),
        (2, 1),
        "{order:?}"
    );
    (app, ada, overlap, order)
}

async fn a_sign_in_does_not_outlive_a_remote_logout(db: Db) {
    race(db, "sign-in", sign_in_and_remote_logout).await;
}

async fn sign_in_and_remote_logout(
    app: TestApp,
    ada: TestUser,
    round: usize,
    mut overlap: Overlap,
) -> (TestApp, TestUser, Overlap, Order) {
    let here = app.sign_in(&ada, NOW).await;
    let checked = app.check_password(&ada, NOW).await;
    let remember_me = round.is_multiple_of(2);
    let sign_in = {
        let (app, ada) = (app.clone(), ada.clone());
        async move { app.start_session(&ada, checked, remember_me, NOW).await }
    };
    let remote_logout = remote_logout_from(&app, &ada, (!round.is_multiple_of(3)).then_some(&here));
    let (completed, done) = overlap.both(sign_in, remote_logout).await;
    let done = done.unwrap();

    let (mut sessions, mut cookies) = (vec![here.session.token], vec![]);
    let order = match completed {
        Ok(completed) => {
            sessions.push(completed.session.token);
            cookies.extend(completed.remembered.map(|r| r.token));
            Order::OperationFirst
        }
        Err(SignInError::Conflict) => Order::RemoteLogoutFirst,
        Err(other) => panic!("{other:?}"),
    };
    assert_no_survivor(&app, &ada, &sessions, &cookies).await;
    let ended = (sessions.len() as u64, cookies.len() as u64);
    assert_eq!((done.sessions, done.remembered_devices), ended, "{order:?}");
    (app, ada, overlap, order)
}

async fn a_change_of_password_does_not_outlive_a_remote_logout(db: Db) {
    race(db, "change of password", change_password_and_remote_logout).await;
}

async fn change_password_and_remote_logout(
    app: TestApp,
    mut ada: TestUser,
    round: usize,
    mut overlap: Overlap,
) -> (TestApp, TestUser, Overlap, Order) {
    let here = app.sign_in(&ada, NOW).await;
    let there = app.sign_in_remembered(&ada, NOW).await;
    let cookie = there.remembered.clone().unwrap().token;
    let who = app.signed_in(&here.session.token, NOW).await;
    // Strong, and quick to estimate.
    let new = Token::random().expose()[..16].to_owned();
    let change = {
        let (app, current, new) = (app.clone(), ada.password.clone(), new.clone());
        async move { app.change_password(&who, &current, &new, NOW).await }
    };
    let by = [None, Some(&here), Some(&there)][round % 3];
    let (changed, logged_out) = overlap
        .both(change, remote_logout_from(&app, &ada, by))
        .await;

    let mut sessions = vec![here.session.token, there.session.token];
    let changed = match changed {
        Ok(changed) => Some(changed.session.token),
        Err(ChangePasswordError::Conflict) => None,
        Err(other) => panic!("{other:?}"),
    };
    let order = if changed.is_some() {
        Order::OperationFirst
    } else {
        Order::RemoteLogoutFirst
    };
    if changed.is_some() {
        ada.password = new;
    }
    match logged_out {
        Ok(done) => {
            // Ended by the remote logout: both and the device, or this one alone after the change.
            let ended = if changed.is_some() { (1, 0) } else { (2, 1) };
            assert_eq!((done.sessions, done.remembered_devices), ended, "{order:?}");
        }
        Err(EndAllError::AlreadyEnded) => {
            assert_eq!(round % 3, 2, "only the other session can have ended");
            let mine = changed.clone().expect("what ended it has succeeded");
            assert!(app.is_live(&mine, NOW).await);
            assert_eq!(app.list(&ada, NOW).await.len(), 1);
            for token in &sessions {
                assert!(!app.is_live(token, NOW).await);
            }
            // Everything, so that the next round begins with nothing.
            app.remote_logout(&ada.id, By::Operator, NOW).await.unwrap();
        }
        Err(other) => panic!("{other:?}"),
    }
    sessions.extend(changed);
    assert_no_survivor(&app, &ada, &sessions, &[cookie]).await;
    (app, ada, overlap, order)
}

/// A remote logout from a session, or by the operator.
fn remote_logout_from(
    app: &TestApp,
    user: &TestUser,
    session: Option<&CompletedSignIn>,
) -> impl Future<Output = Result<LogoutReceipt, EndAllError>> + Send + use<> {
    let (app, user) = (app.clone(), user.id.clone());
    let session = session.map(|s| s.session.id.clone());
    async move {
        let by = session.as_ref().map_or(By::Operator, By::Session);
        app.remote_logout(&user, by, NOW).await
    }
}

/// Neither the cookies that were issued nor the tables know of anything live.
async fn assert_no_survivor(app: &TestApp, user: &TestUser, sessions: &[Token], cookies: &[Token]) {
    for token in sessions {
        let found = app.find(token, NOW).await;
        assert!(!matches!(found, Found::Live(_)), "a session survived");
    }
    for token in cookies {
        let exchanged = app.exchange(token, NOW).await;
        assert!(
            matches!(exchanged, Exchange::Ended(_)),
            "a device survived: {exchanged:?}"
        );
    }
    assert_eq!(rows_left(app, user).await, (0, 0), "live, unexplained");
}

/// Rows that are live, and rows whose end no raise of the epoch explains: the user could not be told how they ended.
async fn rows_left(app: &TestApp, user: &TestUser) -> (i64, i64) {
    let mut conn = app.read(NOW).await;
    on!(&mut conn, c => sqlx::query_as(
        "select coalesce(sum(case when o.epoch = u.epoch then 1 else 0 end), 0),
                coalesce(sum(case when r.epoch is null then 1 else 0 end), 0)
         from (select user_id, epoch from sessions where ended_at is null
               union all
               select user_id, epoch from remembered_devices where ended_at is null) o
         join users u on u.id = o.user_id
         left join epoch_raises r on r.user_id = o.user_id and r.epoch = o.epoch
         where u.id = $1")
        .bind(&user.id)
        .fetch_one(c)
        .await)
    .unwrap()
}
