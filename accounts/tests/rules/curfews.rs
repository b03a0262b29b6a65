//! The curfew: sessions end at a time of day, also on the days on which clocks are changed.

use std::time::Duration;

use accounts::{
    audit::Client,
    curfew::{self, Curfew, CurfewError, Whose},
    db::Db,
    remember_me::Exchange,
    sessions::{EndReason, Found, SignedIn},
    time::{Moment, UnixMillis},
};
use proptest::prelude::*;

use crate::{
    databases,
    home::{Home, NOW, Person, browser},
};

on_both!(
    a_session_is_dead_from_the_first_curfew_after_it_started_with_nobody_marking_it,
    setting_a_curfew_signs_nobody_out_now,
    a_remembered_device_does_not_get_around_it,
    the_accounts_curfew_holds_for_every_member_and_only_owners_and_admins_set_it,
    what_has_ended_is_marked_for_the_lists,
    what_has_ended_stays_dead_when_the_curfew_goes_or_changes,
    a_remote_logout_counts_what_is_alive_and_not_what_the_curfew_has_ended,
);

fn typed(time: &str, zone: &str) -> Curfew {
    Curfew::typed(time, zone).unwrap()
}

/// NOW is 2027-01-15T08:00:00Z.
fn at(hours: u64) -> Moment {
    Moment::at(NOW.at + Duration::from_hours(hours))
}

async fn set(
    home: &Home,
    me: &SignedIn,
    whose: Whose,
    curfew: Option<&Curfew>,
    now: Moment,
) -> Result<(), CurfewError> {
    let mut tx = home.db.write().await?;
    curfew::set(
        &mut tx,
        me,
        whose,
        curfew,
        &Client::default(),
        &home.limits,
        now,
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

async fn a_session_is_dead_from_the_first_curfew_after_it_started_with_nobody_marking_it(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let here = home.sign_in(&ada, NOW).await;
    let me = home.signed_in(&here.session.token, NOW).await;
    set(&home, &me, Whose::Mine, Some(&typed("22:00", "UTC")), NOW)
        .await
        .unwrap();
    assert!(home.is_live(&here.session.token, at(13)).await);
    let Found::Ended(ended) = home.find(&here.session.token, at(20)).await else {
        panic!("it lives")
    };
    assert_eq!((ended.end_reason, ended.at), (EndReason::Curfew, at(14).at));
    assert!(home.list(&ada, at(14)).await.is_empty());
    assert_eq!(home.facts(&ada, at(14)).await.sessions, 0);
    // Started after it, a session lives until the next.
    let night = home.sign_in(&ada, at(15)).await;
    assert!(home.is_live(&night.session.token, at(37)).await);
    assert_eq!(home.list(&ada, at(37)).await.len(), 1);
    assert!(!home.is_live(&night.session.token, at(38)).await);
    assert!(home.list(&ada, at(38)).await.is_empty());
}

async fn setting_a_curfew_signs_nobody_out_now(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let here = home.sign_in(&ada, NOW).await;
    let me = home.signed_in(&here.session.token, at(2)).await;
    // At ten, for nine: today's has been already.
    set(&home, &me, Whose::Mine, Some(&typed("9:00", "UTC")), at(2))
        .await
        .unwrap();
    assert!(home.is_live(&here.session.token, at(3)).await);
    assert_eq!(home.list(&ada, at(3)).await.len(), 1);
    assert!(!home.is_live(&here.session.token, at(25)).await);
    let here = home.sign_in(&ada, at(26)).await;
    let me = home.signed_in(&here.session.token, at(26)).await;
    set(&home, &me, Whose::Mine, None, at(26)).await.unwrap();
    assert!(home.is_live(&here.session.token, at(60)).await);
    assert_eq!(home.events(&ada, "user.curfew_set").await, 2);
}

async fn a_remembered_device_does_not_get_around_it(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let here = home.sign_in_remembered(&ada, NOW).await;
    let me = home.signed_in(&here.session.token, NOW).await;
    set(&home, &me, Whose::Mine, Some(&typed("22:00", "UTC")), NOW)
        .await
        .unwrap();
    let cookie = here.remembered.unwrap().token;
    let Exchange::Session { next, .. } = home.exchange(&cookie, false, at(1)).await else {
        panic!("not exchanged")
    };
    let refused = home.exchange(&next, false, at(15)).await;
    assert!(matches!(refused, Exchange::Ended(e) if e.end_reason == EndReason::Curfew));
    assert_eq!(home.facts(&ada, at(15)).await.remembered_devices, 0);
}

async fn the_accounts_curfew_holds_for_every_member_and_only_owners_and_admins_set_it(db: Db) {
    let home = Home::new(db);
    let (ada, ben) = (home.person("Ada").await, home.person("Ben").await);
    into_adas_account(&home, &ada, &ben).await;
    let (adas, bens) = (home.sign_in(&ada, NOW).await, home.sign_in(&ben, NOW).await);
    let me = home.signed_in(&bens.session.token, NOW).await;
    let late = typed("23:00", "UTC");
    let refused = set(&home, &me, Whose::Account, Some(&late), NOW).await;
    assert!(
        matches!(refused, Err(CurfewError::NotAllowed)),
        "{refused:?}"
    );
    let me = home.signed_in(&adas.session.token, NOW).await;
    set(&home, &me, Whose::Account, Some(&late), NOW)
        .await
        .unwrap();
    set(&home, &me, Whose::Mine, Some(&typed("21:00", "UTC")), NOW)
        .await
        .unwrap();
    assert!(home.is_live(&bens.session.token, at(14)).await);
    assert!(
        !home.is_live(&adas.session.token, at(14)).await,
        "the earlier of the two"
    );
    assert_eq!(
        home.why_dead(&bens.session.token, at(15)).await,
        EndReason::Curfew
    );
    let mut conn = home.db.read().await.unwrap();
    let (mine, account) = curfew::of(&mut conn, &ben.id).await.unwrap();
    assert_eq!((mine, account), (None, Some(late)));
}

async fn what_has_ended_is_marked_for_the_lists(db: Db) {
    let home = Home::new(db);
    let (ada, ben) = (home.person("Ada").await, home.person("Ben").await);
    let here = home.sign_in_remembered(&ada, NOW).await;
    let bens = home.sign_in(&ben, NOW).await;
    let me = home.signed_in(&here.session.token, NOW).await;
    set(&home, &me, Whose::Mine, Some(&typed("22:00", "UTC")), NOW)
        .await
        .unwrap();
    assert_eq!(curfew::end_due(&home.db, at(13)).await.unwrap(), 0);
    let (one, two) = tokio::join!(
        curfew::end_due(&home.db, at(15)),
        curfew::end_due(&home.db, at(15))
    );
    assert_eq!(
        one.unwrap() + two.unwrap(),
        2,
        "a session and a device, each once"
    );
    let Found::Ended(ended) = home.find(&here.session.token, at(16)).await else {
        panic!("it lives")
    };
    assert_eq!((ended.end_reason, ended.at), (EndReason::Curfew, at(14).at));
    assert!(home.is_live(&bens.session.token, at(16)).await);
}

async fn a_remote_logout_counts_what_is_alive_and_not_what_the_curfew_has_ended(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let here = home.sign_in(&ada, NOW).await;
    let me = home.signed_in(&here.session.token, NOW).await;
    set(&home, &me, Whose::Mine, Some(&typed("22:00", "UTC")), NOW)
        .await
        .unwrap();
    let night = home.sign_in(&ada, at(15)).await;
    let by = accounts::sessions::By::Session(&night.session.id);
    let logged_out = home.remote_logout(&ada.id, by, at(16)).await.unwrap();
    assert_eq!(logged_out.sessions, 1);
    assert_eq!(
        home.why_dead(&here.session.token, at(17)).await,
        EndReason::Curfew
    );
    // A remote logout from a session that the curfew has ended is none.
    let by = accounts::sessions::By::Session(&here.session.id);
    assert!(home.remote_logout(&ada.id, by, at(17)).await.is_err());
    assert_eq!(browser(9).ip_text(), "192.0.2.9");
}

fn millis(text: &str) -> UnixMillis {
    let sql: jiff::Timestamp = text.parse().unwrap();
    UnixMillis(sql.as_millisecond())
}

#[test]
fn clocks_that_are_put_forward_make_it_later_and_not_fall_out() {
    // Berlin, 2027-03-28: from 02:00 to 03:00. There is no 02:30; it is 03:30, 01:30 UTC.
    let curfew = typed("02:30", "Europe/Berlin");
    let before = millis("2027-03-27T12:00:00Z");
    assert_eq!(curfew.next(before), Some(millis("2027-03-28T01:30:00Z")));
    assert_eq!(
        curfew.next(millis("2027-03-28T01:30:00Z")),
        Some(millis("2027-03-29T00:30:00Z"))
    );
    assert_eq!(
        curfew.last(millis("2027-03-28T01:29:59Z")),
        Some(millis("2027-03-27T01:30:00Z"))
    );
}

#[test]
fn clocks_that_are_put_back_show_it_twice_and_it_is_once() {
    // Berlin, 2027-10-31: from 03:00 to 02:00. 02:30 is at 00:30 UTC, and again at 01:30.
    let curfew = typed("02:30", "Europe/Berlin");
    let first = millis("2027-10-31T00:30:00Z");
    assert_eq!(curfew.next(millis("2027-10-30T12:00:00Z")), Some(first));
    assert_eq!(curfew.next(first), Some(millis("2027-11-01T01:30:00Z")));
    assert_eq!(curfew.last(millis("2027-10-31T01:30:00Z")), Some(first));
}

#[test]
fn a_day_that_a_zone_left_out_has_none_of_its_own() {
    // Apia went from the 29th to the 31st of December 2011.
    let curfew = typed("12:00", "Pacific/Apia");
    let noon = millis("2011-12-29T22:00:00Z");
    assert_eq!(curfew.next(UnixMillis(noon.0 - 1)), Some(noon));
    let next = curfew.next(noon).unwrap();
    assert_eq!(next, millis("2011-12-30T22:00:00Z"), "{next:?}");
}

#[test]
fn nonsense_is_no_curfew() {
    for time in [
        "",
        "24:00",
        "12:60",
        "12",
        "-1:00",
        "1:2:3",
        "+1:+2",
        "１２:00",
        "noon",
        "012:00",
    ] {
        assert!(
            matches!(Curfew::typed(time, "UTC"), Err(CurfewError::Time(_))),
            "{time}"
        );
    }
    for zone in [
        "",
        "Mars/Olympus",
        "../etc/passwd",
        "Europe/ Berlin",
        &"x".repeat(1_000),
        "\0",
    ] {
        assert!(
            matches!(Curfew::typed("12:00", zone), Err(CurfewError::Zone(_))),
            "{zone}"
        );
    }
    assert_eq!(typed(" 7:05 ", "europe/berlin").time(), "07:05");
    assert_eq!(typed("7:05", "europe/berlin").zone(), "Europe/Berlin");
}

proptest! {
    /// What ends a session as it is looked up, and what the lists cut off by, are one rule.
    #[test]
    fn the_next_and_the_last_are_one_rule(
        start in 1_700_000_000_000_i64..1_900_000_000_000,
        later in 0_i64..5 * 24 * 3_600_000,
        minute in 0_i64..1_440,
        zone in prop::sample::select(vec![
            "UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe",
            "Pacific/Apia", "America/Sao_Paulo", "Africa/Casablanca",
        ]),
    ) {
        let curfew = typed(&format!("{}:{:02}", minute / 60, minute % 60), zone);
        let (started, now) = (UnixMillis(start), UnixMillis(start + later));
        let by_next = curfew.next(started).is_some_and(|next| next <= now);
        let by_last = curfew.last(now).is_some_and(|last| last > started);
        prop_assert_eq!(by_next, by_last);
        let gap = curfew.next(started).unwrap().0 - started.0;
        prop_assert!(gap > 0 && gap <= 26 * 3_600_000, "{}", gap);
    }
}

async fn what_has_ended_stays_dead_when_the_curfew_goes_or_changes(db: Db) {
    let later = typed("23:00", "UTC");
    let home = Home::new(db);
    let (ada, ben) = (home.person("Ada").await, home.person("Ben").await);
    into_adas_account(&home, &ada, &ben).await;
    for then in [None, Some(&later)] {
        let adas = home.sign_in(&ada, NOW).await;
        let me = home.signed_in(&adas.session.token, NOW).await;
        let evening = typed("22:00", "UTC");
        set(&home, &me, Whose::Account, Some(&evening), NOW)
            .await
            .unwrap();
        let bens = home.sign_in_remembered(&ben, NOW).await;
        // Nobody has marked what has ended yet when the owner comes in, the next morning for them.
        let morning = home.sign_in(&ada, at(15)).await;
        let me = home.signed_in(&morning.session.token, at(15)).await;
        set(&home, &me, Whose::Account, then, at(15)).await.unwrap();
        let why = home.why_dead(&bens.session.token, at(15)).await;
        assert_eq!(why, EndReason::Curfew);
        let cookie = bens.remembered.unwrap().token;
        let refused = home.exchange(&cookie, false, at(15)).await;
        assert!(matches!(refused, Exchange::Ended(e) if e.end_reason == EndReason::Curfew));
        assert!(home.is_live(&morning.session.token, at(15)).await);
        set(&home, &me, Whose::Account, None, at(15)).await.unwrap();
    }
}

async fn into_adas_account(home: &Home, ada: &Person, who: &Person) {
    let join = format!(
        "update users set role = 'member', account_id = (select account_id from users where id = '{}') where id = '{}'",
        ada.id.0, who.id.0
    );
    databases::run(&home.db, &join).await;
}
