//! The list is true: what it shows and what still works are the same, over 1,000 random operations.

use std::{collections::BTreeSet, time::Duration};

use accounts::{
    db::Db,
    remember_me::Exchange,
    secret::Token,
    sessions::{self, By, DeviceRef, Found, SessionId},
    time::Moment,
};

use crate::home::{Home, NOW, Person, browser};

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
    let mut home = Home::new(db);
    // So that the limit and the idle limit are reached as well.
    home.limits.sessions_per_user = 12;
    home.limits.session_idle = Duration::from_hours(30);
    home.limits.session_max = Duration::from_hours(80);
    home.limits.remember_for = Duration::from_hours(200);
    let users = [home.person("Ada").await, home.person("Ben").await];
    let mut browsers: [Vec<Browser>; 2] = [Vec::new(), Vec::new()];
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut now = NOW;
    let (mut most, mut emptied, mut gone) = (0, 0, Vec::new());
    for operation in 0..1_000 {
        now = Moment::at(now.at + Duration::from_mins(5 + dice.below(90) as u64));
        let n = dice.below(2);
        let (who, theirs) = (&users[n], &mut browsers[n]);
        act(&home, who, theirs, &mut dice, now).await;
        // Everything is looked at often enough, and every operation is looked at.
        let alive = check(&home, who, theirs, now, operation).await;
        most = most.max(alive);
        emptied += usize::from(alive == 0);
        // What is dead stays dead: it is looked at once more in the end.
        gone.extend(theirs.extract_if(.., |browser| browser.dead));
    }
    for browser in &gone {
        assert!(!home.is_live(&browser.token, now).await);
    }
    assert!(
        most >= 8 && emptied >= 8,
        "the dice tell too little: {most}, {emptied}"
    );
}

async fn act(home: &Home, who: &Person, theirs: &mut Vec<Browser>, dice: &mut Dice, now: Moment) {
    let pick = dice.below(theirs.len().max(1));
    match dice.below(20) {
        0..=5 => {
            let entered = home.sign_in(who, now).await;
            theirs.push(Browser {
                session: entered.session.id,
                token: entered.session.token,
                cookie: None,
                dead: false,
            });
        }
        6..=9 => {
            let entered = home.sign_in_remembered(who, now).await;
            theirs.push(Browser {
                session: entered.session.id,
                token: entered.session.token,
                cookie: entered.remembered.map(|r| r.token),
                dead: false,
            });
        }
        10..=12 => {
            let Some(cookie) = theirs.get(pick).and_then(|b| b.cookie.clone()) else {
                return;
            };
            if let Exchange::Session { started, next, .. } =
                home.exchange(&cookie, false, now).await
            {
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
                let mut tx = home.db.write().await.unwrap();
                sessions::sign_out(&mut tx, &who.id, &browser.session, &who.client, now)
                    .await
                    .unwrap();
                tx.commit().await.unwrap();
            }
        }
        15..=17 => {
            let me = dice.below(theirs.len().max(1));
            if let (Some(me), Some(it)) = (theirs.get(me), theirs.get(pick))
                && let Found::Live(me) = home.find(&me.token, now).await
            {
                let mut tx = home.db.write().await.unwrap();
                let which = DeviceRef::Session(&it.session);
                let ended =
                    sessions::end_one(&mut tx, &me, which, &browser(9), &home.limits, now).await;
                if ended.is_ok() {
                    tx.commit().await.unwrap();
                }
            }
        }
        18 => {
            if let Some(me) = theirs.get_mut(pick)
                && let Found::Live(signed_in) = home.find(&me.token, now).await
            {
                let mut tx = home.db.write().await.unwrap();
                let limits = &home.limits;
                let ended =
                    sessions::end_others(&mut tx, &signed_in, &browser(9), limits, now).await;
                let ended = ended.unwrap();
                tx.commit().await.unwrap();
                me.token = ended.session.token;
            }
        }
        _ => {
            home.remote_logout(&who.id, By::Operator, now)
                .await
                .unwrap();
        }
    }
}

/// Compares what the list shows with what works. How many sessions are alive.
async fn check(
    home: &Home,
    who: &Person,
    theirs: &mut [Browser],
    now: Moment,
    operation: usize,
) -> usize {
    let mut works = BTreeSet::new();
    for browser in theirs.iter() {
        if let Found::Live(me) = home.find(&browser.token, now).await {
            works.insert(me.session.0);
        }
    }
    let listed: BTreeSet<String> = home
        .list(who, now)
        .await
        .into_iter()
        .map(|s| s.id.0)
        .collect();
    assert_eq!(listed, works, "operation {operation}");
    let facts = home.facts(who, now).await;
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
        let mut tx = home.db.write().await.unwrap();
        let tried =
            accounts::remember_me::exchange(&mut tx, cookie, false, &client, &home.limits, now);
        let good = matches!(tried.await.unwrap(), Exchange::Session { .. });
        drop(tx);
        devices += i64::from(good);
        browser.dead &= !good;
    }
    assert_eq!(facts.remembered_devices, devices, "operation {operation}");
    let mut conn = home.db.read().await.unwrap();
    let dormant = sessions::dormant(&mut conn, &who.id, 1_000, &home.limits, now)
        .await
        .unwrap();
    let listed = home.list(who, now).await;
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
