//! The list itself: what it says of a device, pages, search, and what was not used for long.

use super::{SECURITY, operation, session_of};
use crate::{
    answer::{Answer, attribute, tags},
    databases,
    test_app::{CHROME_ON_WINDOWS, FIREFOX_ON_LINUX, SAFARI_ON_IPHONE, TestApp},
};

on_both!(
    ten_thousand_devices_are_pages_that_can_be_searched,
    the_search_and_recent_activity_keep_each_others_place,
    what_was_not_used_for_thirty_days_is_folded_away,
    each_session_and_remembered_device_is_on_one_page_in_order,
    a_row_says_how_long_ago_with_the_exact_time_in_its_title,
    each_row_but_this_one_has_its_own_button,
    signing_out_leads_back_to_the_page_of_the_list,
    without_script_a_password_is_asked_for_on_a_page_of_its_own,
);

const DAY: i64 = 86_400_000;

/// Copies of Ada's session, each last used a second before the one before and that much earlier.
async fn copies(app: &TestApp, from: usize, count: usize, earlier: i64) {
    let numbers: Vec<String> = (from..from + count)
        .map(|n| format!("select '{n:05}' as n, {n} as i"))
        .collect();
    for numbers in numbers.chunks(400) {
        let sql = format!(
            "insert into sessions (id, user_id, token_hash, epoch, auth_method, ip, user_agent,
                                   started_at, last_active_at, expires_at)
             select n.n || s.id, s.user_id, substr(n.n || s.token_hash, 1, 64), s.epoch, 'password',
                    '192.0.2.7', 'curl/8', s.started_at - {earlier} - n.i * 1000, s.last_active_at - {earlier} - n.i * 1000, s.expires_at
             from sessions s, ({}) as n where s.user_agent <> 'curl/8'",
            numbers.join(" union all ")
        );
        databases::run(app.db(), &sql).await;
    }
}

fn rows(page: &Answer) -> usize {
    page.body.matches("class=\"device\"").count()
}

/// The address of a link with these words.
fn link(page: &Answer, words: &str) -> String {
    let at = page.body.find(&format!(">{words}<")).unwrap();
    let tag = tags(&page.body[..=at]).last().unwrap();
    attribute(tag, "href").unwrap()
}

async fn ten_thousand_devices_are_pages_that_can_be_searched(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    ada.get(SECURITY).await.does_not_say("Search devices");
    copies(&app, 0, 9_999, 600_000).await;
    let first = ada.get(SECURITY).await;
    first.says("1–20 of 10,000").says("Search devices");
    assert_eq!(rows(&first), 20);
    assert!(first.body.len() < 150_000, "{}", first.body.len());
    assert!(!first.body.contains(">Previous<"));
    let second = ada.get(&link(&first, "Next")).await;
    second.says("21–40 of 10,000").does_not_say("This device");
    let back = link(&second, "Previous");
    assert_eq!(back, "/profile/security#devices-title");
    let last = ada.get("/profile/security?page=500").await;
    last.says("9,981–10,000 of 10,000");
    assert!(!last.body.contains(">Next<"));
    for beyond in ["501", "99999999999", "0", "-1", "x"] {
        let page = ada.get(&format!("/profile/security?page={beyond}")).await;
        assert_eq!(rows(page.is(200)), 20, "{beyond}");
    }

    app.browser(SAFARI_ON_IPHONE).sign_in("Ada").await;
    let phone = session_of(&app, "Ada", SAFARI_ON_IPHONE).await;
    let named = [("id", phone.as_str()), ("label", "The red phone")];
    operation(&ada, "rename_device", &named).await.is(303);
    for (words, found) in [
        ("RED", 1),
        ("iphone", 1),
        ("firefox", 1),
        ("192.0.2.7", 20),
        ("%", 0),
        ("nothing like it", 0),
    ] {
        let page = ada
            .get(&format!(
                "/profile/security?q={}",
                words.replace('%', "%25").replace(' ', "+")
            ))
            .await;
        assert_eq!(rows(&page), found, "{words}");
        let field = page.tag("id=\"device-search\"");
        assert_eq!(attribute(field, "value").as_deref(), Some(words));
        if found == 0 {
            page.says("No device matches.").says("Show all");
        }
    }
    let page = ada.get("/profile/security?q=192.0.2.7").await;
    assert_eq!(
        link(&page, "Next"),
        "/profile/security?q=192%2E0%2E2%2E7&page=2#devices-title"
    );
}

async fn the_search_and_recent_activity_keep_each_others_place(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    for n in 0..20 {
        let named = [("time", format!("{n:02}:30")), ("zone", "UTC".into())];
        ada.call("set_curfew", &named).await.is(200);
    }
    let words = "q=a%26%22b";
    let newest = ada.get(&format!("{SECURITY}?{words}")).await;
    let older = link(&newest, "Older");
    let begin = format!("{SECURITY}?{words}&before=");
    assert!(older.starts_with(&begin), "{older}");
    let form = format!("{SECURITY}#devices-title");
    assert!(newest.hidden_fields(&form).is_empty());
    let older = ada.get(&format!("{SECURITY}?{words}&before=7")).await;
    let field = older.tag("id=\"device-search\"");
    assert_eq!(attribute(field, "value").as_deref(), Some("a&\"b"));
    let back = link(&older, "Newest");
    assert_eq!(back, format!("{SECURITY}?{words}#activity-title"));
    let all = link(&older, "Show all");
    assert_eq!(all, format!("{SECURITY}?before=7#devices-title"));
    let hidden = [("before".to_owned(), "7".to_owned())];
    assert_eq!(older.hidden_fields(&form), hidden);
}

async fn what_was_not_used_for_thirty_days_is_folded_away(app: TestApp) {
    // Otherwise a session that is not used for 14 days ends.
    let app = app.with(&[
        ("CURFEW_SESSION_IDLE", "90d"),
        ("CURFEW_SESSION_MAX", "365d"),
    ]);
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    copies(&app, 0, 3, 29 * DAY).await;
    copies(&app, 10, 7, 30 * DAY).await;
    let page = ada.get(SECURITY).await;
    page.says("Not used for 30 days (7)");
    let fold = page.tag("id=\"unused-devices\"");
    assert!(!fold.contains(" open"), "{fold}");
    let (used, unused) = page.body.split_once(fold).unwrap();
    let count = |part: &str| part.matches("class=\"device\"").count();
    assert_eq!((count(used), count(unused)), (4, 7));
    // Where they are many they have pages of their own, which are open when they are asked for.
    copies(&app, 100, 20, 40 * DAY).await;
    let page = ada.get(SECURITY).await;
    page.says("Not used for 30 days (27)").says("1–20 of 27");
    let to = link(&page, "Next");
    assert_eq!(to, "/profile/security?unused=2#unused-devices");
    let page = ada.get(&to).await;
    page.says("21–27 of 27").says("This device");
    assert!(page.tag("id=\"unused-devices\"").contains(" open"));
    // This device counts as used, whatever was written down of it.
    databases::run(app.db(), "update sessions set started_at = started_at - 3456000000, last_active_at = last_active_at - 3456000000 where user_agent <> 'curl/8'").await;
    let page = ada.get(SECURITY).await;
    let (used, _) = page.body.split_once("id=\"unused-devices\"").unwrap();
    assert!(used.contains("This device"));
}

async fn each_session_and_remembered_device_is_on_one_page_in_order(app: TestApp) {
    let app = app.with(&[
        ("CURFEW_SESSION_IDLE", "90d"),
        ("CURFEW_SESSION_MAX", "365d"),
    ]);
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    // In turn a session and a remembered device that is signed in nowhere, each used a minute before the one before.
    for n in 1..=90 {
        let name = format!("Device-{n:02}");
        let earlier = n * 60_000 + if n > 45 { 31 * DAY } else { 0 };
        let sql = if n % 2 == 0 {
            format!(
                "insert into sessions (id, user_id, token_hash, epoch, auth_method, ip, user_agent, label,
                                       started_at, last_active_at, expires_at)
                 select '{n:02}' || s.id, s.user_id, substr('{n:02}' || s.token_hash, 1, 64), s.epoch, 'password', '', 'curl/8', '{name}',
                        s.started_at - {earlier}, s.last_active_at - {earlier}, s.expires_at
                 from sessions s where s.user_agent <> 'curl/8'"
            )
        } else {
            format!(
                "insert into remembered_devices (id, user_id, epoch, user_agent, label, created_at, last_used_at, expires_at)
                 select '{n:02}' || s.id, s.user_id, s.epoch, 'curl/8', '{name}',
                        s.started_at - {earlier}, s.last_active_at - {earlier}, s.expires_at
                 from sessions s where s.user_agent <> 'curl/8'"
            )
        };
        databases::run(app.db(), &sql).await;
    }
    let mut seen = Vec::new();
    for address in [
        "?page=1",
        "?page=2",
        "?page=3",
        "?unused=1",
        "?unused=2",
        "?unused=3",
    ] {
        let page = ada.get(&format!("{SECURITY}{address}")).await;
        page.says("Not used for 30 days (45)");
        let (used, unused) = page.body.split_once("id=\"unused-devices\"").unwrap();
        let part = if address.starts_with("?page") {
            used
        } else {
            unused
        };
        for row in part.split("class=\"device__name\"").skip(1) {
            let name = row.find("Device-").filter(|at| *at < 40);
            seen.push(name.map_or("this", |at| &row[at..at + 9]).to_owned());
        }
    }
    let mut all: Vec<String> = (1..=90).map(|n| format!("Device-{n:02}")).collect();
    all.insert(0, "this".into());
    assert_eq!(seen, all);
}

async fn a_row_says_how_long_ago_with_the_exact_time_in_its_title(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    app.browser(SAFARI_ON_IPHONE).sign_in("Ada").await;
    databases::run(
        app.db(),
        "update sessions set started_at = started_at - 259200000, last_active_at = last_active_at - 7200000
         where user_agent like '%iPhone%'",
    )
    .await;
    let page = ada.get(SECURITY).await;
    page.says("Signed in 3 days ago")
        .says("Last active 2 hours ago");
    let times: Vec<&str> = tags(&page.body)
        .filter(|tag| tag.starts_with("<time"))
        .collect();
    assert!(times.len() > 4);
    for tag in times {
        let (exact, title) = (
            attribute(tag, "datetime").unwrap(),
            attribute(tag, "title").unwrap(),
        );
        assert!(exact.ends_with('Z') && title.ends_with(" UTC"), "{tag}");
        // 2026-11-22T14:02:00Z is 22 Nov 2026, 14:02 UTC.
        assert_eq!(
            exact[11..16],
            title[title.len() - 9..title.len() - 4],
            "{tag}"
        );
    }
}

async fn each_row_but_this_one_has_its_own_button(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    for agent in [SAFARI_ON_IPHONE, CHROME_ON_WINDOWS] {
        app.browser(agent).sign_in("Ada").await;
    }
    let page = ada.get(SECURITY).await;
    let list = &page.body[page.body.find("class=\"devices\"").unwrap()..];
    let list = &list[..list.find("</ul>").unwrap()];
    for row in list.split("class=\"device\"").skip(1) {
        let own = row.contains("This device");
        assert_eq!(row.contains("end_session"), !own, "{row}");
        // Not behind anything that has to be opened first.
        let outside = row.split("</details>").last().unwrap();
        assert_eq!(outside.contains("end_session"), !own, "{row}");
    }
}

async fn signing_out_leads_back_to_the_page_of_the_list(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    for (page, back) in [
        ("/profile/security?q=safari", "/profile/security?q=safari"),
        ("/profile/security?page=2", "/profile/security?page=2"),
        (SECURITY, SECURITY),
        ("/profile/confirm", SECURITY),
        ("/profile/security/../../sign-out", SECURITY),
        ("//evil.example/profile/security?", SECURITY),
    ] {
        app.browser(SAFARI_ON_IPHONE).sign_in("Ada").await;
        let id = session_of(&app, "Ada", SAFARI_ON_IPHONE).await;
        let form = [("id", id.as_str()), ("label", "Mine"), ("on_page", page)];
        operation(&ada, "rename_device", &form).await.leads_to(back);
        operation(&ada, "end_session", &form).await.leads_to(back);
    }
}

async fn without_script_a_password_is_asked_for_on_a_page_of_its_own(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let phone = app.browser(SAFARI_ON_IPHONE);
    phone.sign_in("Ada").await;
    databases::run(
        app.db(),
        "update sessions set confirmed_at = confirmed_at - 600000",
    )
    .await;
    let id = session_of(&app, "Ada", SAFARI_ON_IPHONE).await;
    // No row has a field for it: each would.
    let page = ada.get(SECURITY).await;
    assert!(!page.body.contains(&format!("end-{id}-confirmation")));
    let form = [("id", id.as_str()), ("on_page", SECURITY)];
    operation(&ada, "end_session", &form)
        .await
        .leads_to("/profile/confirm");
    let page = ada.get("/profile/confirm").await;
    page.says("Confirm it’s you");
    let mut form = page.hidden_fields("/api/fn/end_session");
    form.push(("confirmation".into(), crate::test_app::PASSWORD.into()));
    let done = ada
        .post_form("/api/fn/end_session", "/profile/confirm", &form)
        .await;
    done.leads_to(SECURITY);
    ada.get(SECURITY)
        .await
        .says("Safari on iPhone is signed out");
    assert!(!phone.is_signed_in().await);
}
