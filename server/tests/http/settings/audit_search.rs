//! Finding events in the audit log as its readers look for them: by the words that they see, by a day, and on.

use accounts::audit::LOOKED_THROUGH;

use crate::{
    answer::{Answer, text_of},
    browser::encoded,
    databases,
    test_app::{FIREFOX_ON_LINUX, SAFARI_ON_IPHONE, TestApp},
};

on_both!(
    every_word_that_an_event_is_shown_with_finds_it,
    a_search_in_several_words_finds_what_holds_all,
    a_search_that_is_too_long_is_left_out_and_said,
    nonsense_in_an_address_is_no_filter_and_is_said,
    a_day_in_the_past_needs_no_look_at_what_came_later,
    the_newest_page_is_a_click_away_from_every_other,
);

const LOG: &str = "/settings/audit-log";

/// An event on a page: its number, its title, and all that its closed row says but the time.
struct Row {
    number: String,
    title: String,
    said: Vec<String>,
}

fn rows(page: &Answer) -> Vec<Row> {
    let between = |text: &str, from: &str, to: &str| {
        let (_, rest) = text.split_once(from).unwrap();
        rest.split_once(to).unwrap().0.to_owned()
    };
    page.body
        .split(" id=\"event-")
        .skip(1)
        .map(|row| {
            let words = between(
                row,
                "class=\"event__words\">",
                "<span class=\"event__where\"",
            );
            let place = between(row, "class=\"event__where\">", "</summary>");
            let text = text_of(&words);
            let title = place.split(" · ").next().unwrap().replace("<!>", "");
            let title = title.split('<').next().unwrap().trim().to_owned();
            let device = place.rsplit(" · ").next().unwrap();
            let device = device.split([',', '<']).next().unwrap();
            let said = [text.as_str(), &title, device].join(" ");
            Row {
                number: row.split('"').next().unwrap().to_owned(),
                title,
                said: said.split_whitespace().map(str::to_owned).collect(),
            }
        })
        .collect()
}

fn numbers(page: &Answer) -> Vec<String> {
    rows(page).into_iter().map(|row| row.number).collect()
}

fn searched(words: &str) -> String {
    format!("{LOG}?{}", encoded(&[("q", words)]))
}

async fn every_word_that_an_event_is_shown_with_finds_it(app: TestApp) {
    let (ada, ben) = app.two("admin").await;
    let phone = app.browser(SAFARI_ON_IPHONE);
    phone.sign_in("Ben").await;
    ben.remote_logout().await.is(303);
    ada.call("rename_account", &[("name", "Ärger")])
        .await
        .is(200);
    let wrong = [
        ("email", "ada@example.com"),
        ("password", "wrong wrong wrong"),
    ];
    app.browser(FIREFOX_ON_LINUX).call("sign_in", &wrong).await;
    let all = rows(&ada.get(LOG).await);
    assert!(all.len() >= 8, "{}", all.len());
    let titles: Vec<&str> = all.iter().map(|row| row.title.as_str()).collect();
    for expected in [
        "Remote logout",
        "Sign-in",
        "Failed sign-in",
        "Account renamed",
    ] {
        assert!(titles.contains(&expected), "{titles:?}");
    }
    for row in &all {
        let found = numbers(&ada.get(&searched(&row.title)).await);
        assert!(found.contains(&row.number), "{}", row.title);
        let small = row.said.join(" ").to_lowercase();
        for words in [row.said.join(" "), small] {
            let found = numbers(&ada.get(&searched(&words)).await);
            assert!(found.contains(&row.number), "{words}");
        }
    }
}

async fn a_search_in_several_words_finds_what_holds_all(app: TestApp) {
    let (ada, ben) = app.two("member").await;
    ada.call("rename_account", &[("name", "Engines")])
        .await
        .is(200);
    ben.remote_logout().await.is(303);
    let count = async |words: &str| numbers(&ada.get(&searched(words)).await).len();
    for (words, found) in [
        ("account renamed", 1),
        ("renamed ACCOUNT ada engines", 1),
        ("renamed ben", 0),
        ("remote logout", 1),
        ("ben remote logout", 1),
        ("ada remote logout", 0),
        ("ben logged out devices", 1),
        ("member joined", 1),
        ("ben joined invited", 1),
    ] {
        assert_eq!(count(words).await, found, "{words}");
    }
    // A whole title is its action: what holds its words in another way is not among it.
    let titled = numbers(&ada.get(&searched("sign-in")).await);
    let action = numbers(&ada.get(&format!("{LOG}?action=user.login")).await);
    assert_eq!(titled, action);
    // What was typed is there again, and is a chip.
    let page = ada.get(&searched("“Remote Logout”")).await;
    assert!(page.tag("name=\"q\"").contains("value=\"“Remote Logout”\""));
    page.tag("aria-label=\"Remove the filter");
    assert_eq!(numbers(&page).len(), 1);
}

async fn a_search_that_is_too_long_is_left_out_and_said(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let all = numbers(&ada.get(LOG).await);
    // Characters are counted, not bytes.
    let fits = ada.get(&searched(&"ä".repeat(200))).await;
    fits.says("No matching events").does_not_say("left out");
    let long = "ä ".repeat(100) + "b";
    let page = ada.get(&searched(&long)).await;
    let said = "Use 200 characters or fewer. This search has 201, so it was left out.";
    assert_eq!(page.text_of("q-error"), said);
    let field = page.tag("name=\"q\"");
    assert!(field.contains(&format!("value=\"{long}\"")), "{field}");
    assert!(field.contains("aria-invalid=\"true\""), "{field}");
    assert!(field.contains("aria-describedby=\"q-error\""), "{field}");
    // No chip says that it is set, and no link carries it on.
    assert!(!page.body.contains("Remove the filter"));
    assert_eq!(numbers(&page), all);
}

async fn nonsense_in_an_address_is_no_filter_and_is_said(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let all = numbers(&ada.get(LOG).await);
    for (query, field, says) in [
        ("from=foo", "from", "“foo” is no date"),
        ("until=2026-02-30", "until", "“2026-02-30” is no date"),
        ("user=no+id", "user", "There is no such choice"),
        ("severity=loud", "severity", "There is no such choice"),
        ("action=a%00b", "action", "There is no such choice"),
        ("q=%00", "q", "no word"),
    ] {
        let page = ada.get(&format!("{LOG}?{query}")).await;
        let said = page.is(200).text_of(&format!("{field}-error"));
        assert!(said.contains(says), "{said}");
        assert!(!page.body.contains("Remove the filter"), "{query}");
        assert_eq!(numbers(&page), all, "{query}");
        let marked = page.tag(&format!("aria-describedby=\"{field}-error\""));
        assert!(marked.contains(&format!("name=\"{field}\"")), "{marked}");
    }
    // Two days the wrong way round hold nothing, and that is said.
    let page = ada
        .get(&format!("{LOG}?from=2026-11-22&until=2026-11-21"))
        .await;
    assert!(page.text_of("until-error").contains("before “From”"));
    page.says("No matching events");
    let good = ada.get(&format!("{LOG}?from=2020-01-01&q=ada")).await;
    assert!(!good.body.contains("field__error"));
}

async fn a_day_in_the_past_needs_no_look_at_what_came_later(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    app.records("Ada", "long ago", 2).await;
    let past = "update audit_events set at = 1577923200000, seq = seq - 10 * 50000";
    assert_eq!(LOOKED_THROUGH, 50_000);
    let moved = databases::run(app.db(), past).await;
    app.records("Ada", "now", 2).await;
    let back = format!("update audit_events set seq = seq + 10 * {LOOKED_THROUGH}");
    databases::run(app.db(), &back).await;
    let day = ada
        .get(&format!("{LOG}?from=2020-01-02&until=2020-01-02"))
        .await;
    assert_eq!(numbers(&day).len(), usize::try_from(moved).unwrap());
    assert!(!day.body.contains("log-stopped"));
    let empty = ada
        .get(&format!("{LOG}?from=2020-01-03&until=2020-01-04"))
        .await;
    empty.says("No matching events");
    assert!(!empty.body.contains("log-stopped"));
    let words = ada.get(&format!("{LOG}?until=2020-01-02&q=long+ago")).await;
    assert_eq!(numbers(&words).len(), 2);
}

async fn the_newest_page_is_a_click_away_from_every_other(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    app.records("Ada", "many", 120).await;
    let action = "action=account.renamed";
    let page = async |cut: &str| ada.get(&format!("{LOG}?{action}{cut}")).await;
    let link = |page: &Answer, label: &str| -> Option<String> {
        let nav = page.body.split("aria-label=\"Pages of the log\"").nth(1)?;
        let nav = nav.split("</nav>").next()?;
        let before = nav
            .split(&format!(">{label}<"))
            .next()
            .filter(|before| *before != nav)?;
        let (_, href) = before.rsplit_once("href=\"")?;
        Some(href.split('"').next()?.replace("&amp;", "&"))
    };
    let first = page("").await;
    assert_eq!(link(&first, "Newest"), None);
    assert_eq!(link(&first, "Newer"), None);
    let newest = numbers(&first);
    let oldest: i64 = newest.last().unwrap().parse().unwrap();
    for cut in [
        format!("&before={oldest}"),
        // No event is there.
        "&before=1".into(),
        "&after=99999".into(),
        // The newest events, and fewer than a page of them.
        format!("&after={oldest}"),
        "&after=0".into(),
    ] {
        let here = page(&cut).await;
        let back = link(&here, "Newest").unwrap_or_else(|| panic!("no way back: {cut}"));
        assert_eq!(back, format!("{LOG}?{action}"), "{cut}");
        assert_eq!(numbers(&ada.get(&back).await), newest, "{cut}");
    }
    // From beyond an end the other way leads back into the log.
    let below = link(&page("&before=1").await, "Newer").unwrap();
    assert_eq!(numbers(&ada.get(&below).await).len(), 50);
    let above = link(&page("&after=99999").await, "Older").unwrap();
    assert_eq!(numbers(&ada.get(&above).await), newest);
    // A log without a match has no pages.
    let none = ada.get(&format!("{LOG}?action=member.removed")).await;
    assert!(!none.body.contains("Pages of the log"));
}
