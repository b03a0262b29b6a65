//! The most important test of the product: **nothing outlives a remote logout it overlaps** (SPEC.md, I2).
//!
//! An operation that starts a session and a remote logout are let loose on one user at the same moment, 2,000
//! times each, on several threads. Whichever of the two was first, no session and no remembered
//! device that is not the remote logout's to spare may be left when both have answered; and what the remote logout
//! says it ended must fit the order that the operation's answer shows.

mod overlap;

use accounts::{
    change_password::ChangePasswordError,
    db::Db,
    on,
    remember_me::Exchange,
    secret::Token,
    sessions::{By, EndAllError, EndReason},
    sign_in::{CompletedSignIn, SignInError},
};
use tokio::task::JoinSet;

use crate::home::{Home, NOW, Person, browser};
use overlap::{Order, Overlap, Tally};

on_both!(
    a_remember_me_exchange_does_not_outlive_a_remote_logout,
    a_sign_in_does_not_outlive_a_remote_logout,
    a_change_of_password_does_not_outlive_a_remote_logout,
);

/// Pairs of each kind, shared out among the users.
const PAIRS: usize = 2_000;
const USERS: usize = 8;

/// Lets every user go through their share of the pairs, side by side.
async fn race<F>(db: Db, operation: &str, pair: fn(Home, Person, usize, Overlap) -> F)
where
    F: Future<Output = (Home, Person, Overlap, Order)> + Send + 'static,
{
    let everyone = Home::new(db);
    let mut races = JoinSet::new();
    for n in 0..USERS {
        let home = everyone.clone();
        let mut person = home.person(&format!("Person{n}")).await;
        // An address each: the address's row in the counts would hold them up in one line.
        person.client = browser(u8::try_from(n).unwrap());
        races.spawn(async move {
            let (mut home, mut person) = (home, person);
            let (mut overlap, mut tally) = (Overlap::new(n), Tally::default());
            for round in 0..PAIRS / USERS {
                let order;
                (home, person, overlap, order) = pair(home, person, round, overlap).await;
                tally.count(&overlap, order);
            }
            tally
        });
    }
    let mut tally = Tally::default();
    for (n, one) in races.join_all().await.into_iter().enumerate() {
        assert_eq!(one.pairs, PAIRS / USERS, "person {n}");
        tally += one;
    }
    tally.assert_both_orders(operation);
}

async fn a_remember_me_exchange_does_not_outlive_a_remote_logout(db: Db) {
    race(db, "exchange", exchange_and_press).await;
}

async fn exchange_and_press(
    home: Home,
    ada: Person,
    round: usize,
    mut overlap: Overlap,
) -> (Home, Person, Overlap, Order) {
    let here = home.sign_in_remembered(&ada, NOW).await;
    let cookie = here.remembered.clone().unwrap().token;
    let exchange = {
        let (home, cookie, may_be_a_race) = (home.clone(), cookie.clone(), round.is_multiple_of(2));
        async move { home.exchange(&cookie, may_be_a_race, NOW).await }
    };
    let remote_logout = press_from(&home, &ada, (!round.is_multiple_of(3)).then_some(&here));
    let (exchange, done) = overlap.both(exchange, remote_logout).await;
    let done = done.unwrap();

    let (mut sessions, mut cookies) = (vec![here.session.token], vec![cookie]);
    let order = match exchange {
        Exchange::Session { started, next, .. } => {
            sessions.push(started.token);
            cookies.push(next);
            Order::DeedFirst
        }
        Exchange::Ended(ended) => {
            assert_eq!(ended.end_reason, EndReason::RemoteLogout);
            Order::PressFirst
        }
        other => panic!("{other:?}"),
    };
    assert_no_survivor(&home, &ada, &sessions, &cookies).await;
    assert_eq!(done.sessions, sessions.len() as u64, "{order:?}");
    assert_eq!(done.remembered_devices, 1);
    (home, ada, overlap, order)
}

async fn a_sign_in_does_not_outlive_a_remote_logout(db: Db) {
    race(db, "sign-in", sign_in_and_remote_logout).await;
}

async fn sign_in_and_remote_logout(
    home: Home,
    ada: Person,
    round: usize,
    mut overlap: Overlap,
) -> (Home, Person, Overlap, Order) {
    let here = home.sign_in(&ada, NOW).await;
    let checked = home.check_password(&ada, NOW).await;
    let remember_me = round.is_multiple_of(2);
    let sign_in = {
        let (home, ada) = (home.clone(), ada.clone());
        async move { home.start_session(&ada, checked, remember_me, NOW).await }
    };
    let remote_logout = press_from(&home, &ada, (!round.is_multiple_of(3)).then_some(&here));
    let (entered, done) = overlap.both(sign_in, remote_logout).await;
    let done = done.unwrap();

    let (mut sessions, mut cookies) = (vec![here.session.token], vec![]);
    let order = match entered {
        Ok(entered) => {
            sessions.push(entered.session.token);
            cookies.extend(entered.remembered.map(|r| r.token));
            Order::DeedFirst
        }
        Err(SignInError::Conflict) => Order::PressFirst,
        Err(other) => panic!("{other:?}"),
    };
    assert_no_survivor(&home, &ada, &sessions, &cookies).await;
    let ended = (sessions.len() as u64, cookies.len() as u64);
    assert_eq!((done.sessions, done.remembered_devices), ended, "{order:?}");
    (home, ada, overlap, order)
}

async fn a_change_of_password_does_not_outlive_a_remote_logout(db: Db) {
    race(db, "change of password", change_password_and_remote_logout).await;
}

async fn change_password_and_remote_logout(
    home: Home,
    mut ada: Person,
    round: usize,
    mut overlap: Overlap,
) -> (Home, Person, Overlap, Order) {
    let here = home.sign_in(&ada, NOW).await;
    let there = home.sign_in_remembered(&ada, NOW).await;
    let cookie = there.remembered.clone().unwrap().token;
    let who = home.signed_in(&here.session.token, NOW).await;
    // Strong, and quick to estimate.
    let new = Token::random().expose()[..16].to_owned();
    let change = {
        let (home, current, new) = (home.clone(), ada.password.clone(), new.clone());
        async move { home.change_password(&who, &current, &new, NOW).await }
    };
    let by = [None, Some(&here), Some(&there)][round % 3];
    let (changed, logged_out) = overlap.both(change, press_from(&home, &ada, by)).await;

    let mut sessions = vec![here.session.token, there.session.token];
    let changed = match changed {
        Ok(changed) => Some(changed.session.token),
        Err(ChangePasswordError::Conflict) => None,
        Err(other) => panic!("{other:?}"),
    };
    let order = if changed.is_some() {
        Order::DeedFirst
    } else {
        Order::PressFirst
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
            let mine = changed.clone().expect("whoever ended it has succeeded");
            assert!(home.is_live(&mine, NOW).await);
            assert_eq!(home.list(&ada, NOW).await.len(), 1);
            for token in &sessions {
                assert!(!home.is_live(token, NOW).await);
            }
            // Everything, so that the next round begins with nothing.
            home.remote_logout(&ada.id, By::Operator, NOW)
                .await
                .unwrap();
        }
        Err(other) => panic!("{other:?}"),
    }
    sessions.extend(changed);
    assert_no_survivor(&home, &ada, &sessions, &[cookie]).await;
    (home, ada, overlap, order)
}

/// A remote logout from a session, or by the operator.
fn press_from(
    home: &Home,
    who: &Person,
    session: Option<&CompletedSignIn>,
) -> impl Future<Output = Result<accounts::sessions::LogoutReceipt, EndAllError>> + Send + use<> {
    let (home, user) = (home.clone(), who.id.clone());
    let session = session.map(|s| s.session.id.clone());
    async move {
        let by = session.as_ref().map_or(By::Operator, By::Session);
        home.remote_logout(&user, by, NOW).await
    }
}

/// Neither the cookies that were given out nor the tables know of anything alive.
async fn assert_no_survivor(home: &Home, who: &Person, sessions: &[Token], cookies: &[Token]) {
    for token in sessions {
        let found = home.find(token, NOW).await;
        assert!(
            !matches!(found, accounts::sessions::Found::Live(_)),
            "a session survived"
        );
    }
    for token in cookies {
        let exchanged = home.exchange(token, true, NOW).await;
        assert!(
            matches!(exchanged, Exchange::Ended(_)),
            "a device survived: {exchanged:?}"
        );
    }
    assert_eq!(rows_left(home, who).await, (0, 0), "alive, open");
}

/// Rows that are alive, and rows that are only open: dead by their epoch, but still counted by the
/// dialog and without a reason to tell.
async fn rows_left(home: &Home, who: &Person) -> (i64, i64) {
    on!(&mut home.db.read().await.unwrap(), c => sqlx::query_as(
        "select coalesce(sum(case when r.epoch = u.epoch then 1 else 0 end), 0), count(*)
         from (select user_id, epoch from sessions where ended_at is null
               union all
               select user_id, epoch from remembered_devices where ended_at is null) r
         join users u on u.id = r.user_id where u.id = $1")
        .bind(&who.id)
        .fetch_one(c)
        .await)
    .unwrap()
}
