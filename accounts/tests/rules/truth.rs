//! The list is true: what it shows and what still works are the same, over 1,000 random operations.

use std::{collections::BTreeSet, time::Duration};

use accounts::{
    db::Db,
    ids::SessionId,
    remember_me::{self, Exchange},
    secret::Token,
    sessions::{self, By, DeviceRef, Found, LastUse},
    time::Moment,
};

use crate::test_app::{NOW, TestApp, TestUser, browser};

on_both!(the_list_is_what_still_works_over_a_thousand_random_operations);

/// Everything that one browser was ever given.
struct Browser {
    session: SessionId,
    token: Token,
    cookie: Option<Token>,
    /// Neither its session nor its cookie works any more.
    dead: bool,
}

/// xorshift: repeatable, and no secret.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % n as u64).unwrap()
    }
}

async fn the_list_is_what_still_works_over_a_thousand_random_operations(db: Db) {
    let mut app = TestApp::new(db);
    // So that the limit and the idle limit are reached as well.
    app.limits.sessions_per_user = 12;
    app.limits.session_idle = Duration::from_hours(30);
    app.limits.session_max = Duration::from_hours(80);
    app.limits.remember_for = Duration::from_hours(200);
    let users = [app.user("Ada").await, app.user("Ben").await];
    let mut browsers: [Vec<Browser>; 2] = [Vec::new(), Vec::new()];
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut now = NOW;
    let (mut most, mut emptied, mut gone) = (0, 0, Vec::new());
    for operation in 0..1_000 {
        now = Moment::at(now.at + Duration::from_mins(5 + dice.below(90) as u64));
        let n = dice.below(2);
        let (user, theirs) = (&users[n], &mut browsers[n]);
        act(&app, user, theirs, &mut dice, now).await;
        // Everything is looked at often enough, and every operation is looked at.
        let live = check(&app, user, theirs, now, operation).await;
        most = most.max(live);
        emptied += usize::from(live == 0);
        // What is dead stays dead: it is looked at once more in the end.
        gone.extend(theirs.extract_if(.., |browser| browser.dead));
    }
    for browser in &gone {
        assert!(!app.is_live(&browser.token, now).await);
    }
    assert!(
        most >= 8 && emptied >= 8,
        "the dice tell too little: {most}, {emptied}"
    );
}

async fn act(
    app: &TestApp,
    user: &TestUser,
    theirs: &mut Vec<Browser>,
    dice: &mut Dice,
    now: Moment,
) {
    let pick = dice.below(theirs.len().max(1));
    match dice.below(20) {
        0..=5 => {
            let completed = app.sign_in(user, now).await;
            theirs.push(Browser {
                session: completed.session.id,
                token: completed.session.token,
                cookie: None,
                dead: false,
            });
        }
        6..=9 => {
            let completed = app.sign_in_remembered(user, now).await;
            theirs.push(Browser {
                session: completed.session.id,
                token: completed.session.token,
                cookie: completed.remembered.map(|r| r.token),
                dead: false,
            });
        }
        10..=12 => {
            let Some(cookie) = theirs.get(pick).and_then(|b| b.cookie.clone()) else {
                return;
            };
            if let Exchange::Session { started, next, .. } = app.exchange(&cookie, now).await {
                theirs[pick].cookie = None;
                theirs.push(Browser {
                    session: started.id,
                    token: started.token,
                    cookie: Some(next),
                    dead: false,
                });
            }
        }
        13 | 14 => {
            if let Some(browser) = theirs.get(pick) {
                let mut op = app.begin(&user.client, now).await;
                sessions::sign_out(&mut op, &user.id, &browser.session)
                    .await
                    .unwrap();
                op.commit().await.unwrap();
            }
        }
        15..=17 => {
            let me = dice.below(theirs.len().max(1));
            if let (Some(me), Some(it)) = (theirs.get(me), theirs.get(pick))
                && let Found::Live(me) = app.find(&me.token, now).await
            {
                let mut op = app.begin(&browser(9), now).await;
                let device = DeviceRef::Session(&it.session);
                let ended = sessions::end_one(&mut op, &me, device).await;
                if ended.is_ok() {
                    op.commit().await.unwrap();
                }
            }
        }
        18 => {
            if let Some(me) = theirs.get_mut(pick)
                && let Found::Live(signed_in) = app.find(&me.token, now).await
            {
                let mut op = app.begin(&browser(9), now).await;
                let ended = sessions::end_others(&mut op, &signed_in).await.unwrap();
                op.commit().await.unwrap();
                me.token = ended.session.token;
            }
        }
        _ => {
            app.remote_logout(&user.id, By::Operator, now)
                .await
                .unwrap();
        }
    }
}

/// Compares what the list shows with what works. Returns how many sessions are live.
async fn check(
    app: &TestApp,
    user: &TestUser,
    theirs: &mut [Browser],
    now: Moment,
    operation: usize,
) -> usize {
    let mut works = BTreeSet::new();
    for browser in theirs.iter() {
        if let Found::Live(me) = app.find(&browser.token, now).await {
            works.insert(me.session.0);
        }
    }
    let listed: BTreeSet<String> = app
        .list(user, now)
        .await
        .into_iter()
        .map(|s| s.id.0)
        .collect();
    assert_eq!(listed, works, "operation {operation}");
    let facts = app.facts(user, now).await;
    assert_eq!(
        facts.sessions,
        i64::try_from(works.len()).unwrap(),
        "operation {operation}"
    );

    // Devices: those whose cookie would still be exchanged are the listed ones. Trying is undone.
    let (mut devices, client) = (0, browser(9));
    for browser in theirs.iter_mut() {
        browser.dead = !works.contains(&browser.session.0);
        let Some(cookie) = &browser.cookie else {
            continue;
        };
        let mut op = app.begin(&client, now).await;
        let tried = remember_me::exchange(&mut op, cookie).await;
        let good = matches!(tried.unwrap(), Exchange::Session { .. });
        drop(op);
        devices += i64::from(good);
        browser.dead &= !good;
    }
    assert_eq!(facts.remembered_devices, devices, "operation {operation}");
    let dormant = sessions::dormant(&mut app.read(now).await, &user.id, LastUse::Any, 1_000)
        .await
        .unwrap();
    let listed = app.list(user, now).await;
    let remembered = listed.iter().filter(|s| s.remembered).count();
    assert!(
        i64::try_from(dormant.len()).unwrap() <= devices,
        "operation {operation}"
    );
    assert!(
        dormant.len() + remembered >= usize::try_from(devices).unwrap(),
        "operation {operation}"
    );
    works.len()
}
