//! When a curfew comes, also on the days on which clocks are changed.

use accounts::{
    curfew_schedule::{Curfew, Misspelt, zones},
    time::UnixMillis,
};
use proptest::prelude::*;

use super::typed;

/// The last curfew up to `at`, found by walking from curfew to curfew.
fn last(curfew: &Curfew, at: UnixMillis) -> Option<UnixMillis> {
    let mut found = curfew.next(UnixMillis(at.0 - 3 * 24 * 3_600_000))?;
    while let Some(next) = curfew.next(found).filter(|next| *next <= at) {
        found = next;
    }
    Some(found)
}

fn millis(text: &str) -> UnixMillis {
    let at: jiff::Timestamp = text.parse().unwrap();
    UnixMillis(at.as_millisecond())
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
        last(&curfew, millis("2027-03-28T01:29:59Z")),
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
    assert_eq!(last(&curfew, millis("2027-10-31T01:30:00Z")), Some(first));
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
            matches!(Curfew::typed(time, "UTC"), Err(Misspelt::Time(_))),
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
            matches!(Curfew::typed("12:00", zone), Err(Misspelt::Zone(_))),
            "{zone}"
        );
    }
    assert_eq!(typed(" 7:05 ", "europe/berlin").time(), "07:05");
    assert_eq!(typed("7:05", "europe/berlin").zone(), "Europe/Berlin");
}

#[test]
fn a_city_alone_is_its_zone_and_any_zone_of_the_list_is_taken() {
    for (city, zone) in [
        ("Berlin", "Europe/Berlin"),
        (" new york ", "America/New_York"),
        ("Ho Chi Minh", "Asia/Ho_Chi_Minh"),
        ("Buenos Aires", "America/Argentina/Buenos_Aires"),
    ] {
        assert!(Curfew::typed("7:05", city).is_ok(), "{city}");
        // The older name of a zone, where the city has two.
        let found = typed("7:05", city);
        assert_eq!(found.zone().rsplit('/').next(), zone.rsplit('/').next());
    }
    for zone in zones() {
        assert_eq!(typed("7:05", zone).zone(), zone);
    }
    let listed = |zone: &str| zones().iter().any(|listed| listed == zone);
    for zone in [
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Asia/Kolkata",
        "Pacific/Auckland",
    ] {
        assert!(listed(zone), "{zone}");
    }
    // No zone of a country or of a fixed offset, and no file that lies beside the zones.
    for zone in [
        "US/Pacific",
        "Etc/GMT+3",
        "EST",
        "posix/Europe/Berlin",
        "Factory",
        "posixrules",
    ] {
        assert!(!listed(zone), "{zone}");
    }
    assert!(zones().len() > 300 && zones().is_sorted());
}

proptest! {
    /// What starts at any moment ends at the first curfew after it: the next and the last one are one rule.
    #[test]
    fn walking_from_curfew_to_curfew_skips_none(
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
        let by_last = last(&curfew, now).is_some_and(|last| last > started);
        prop_assert_eq!(by_next, by_last);
        let gap = curfew.next(started).unwrap().0 - started.0;
        prop_assert!(gap > 0 && gap <= 26 * 3_600_000, "{}", gap);
    }
}
