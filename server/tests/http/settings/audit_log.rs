//! The audit log's page: search, filters, pages that a growing log cannot disturb, export, verify, retention.

use std::collections::BTreeSet;

use crate::{
    answer::Answer,
    browser::NOTHING,
    databases,
    test_app::{FIREFOX_ON_LINUX, TestApp},
};

on_both!(
    pages_hold_every_event_once_while_the_log_grows,
    the_log_is_searched_and_filtered,
    the_export_is_the_log,
    what_was_touched_is_named,
    retention_is_the_owners_and_one_of_the_choices,
    hostile_text_is_text,
);

/// The numbers of the events on a page.
fn numbers(page: &Answer) -> Vec<i64> {
    page.text()
        .split("Number ")
        .skip(1)
        .map(|rest| rest.split(' ').next().unwrap().parse().unwrap())
        .collect()
}

async fn pages_hold_every_event_once_while_the_log_grows(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    for n in 0..120 {
        ada.call(
            "rename_account",
            &[("name", format!("Name {n} of many").as_str())],
        )
        .await
        .is(200);
    }
    let newest = numbers(&ada.get("/settings/audit-log?action=account.renamed").await);
    assert_eq!(newest.len(), 50);
    let (mut all, mut before) = (BTreeSet::new(), None::<i64>);
    loop {
        let cut = before.map(|b| format!("&before={b}")).unwrap_or_default();
        let page = ada
            .get(&format!("/settings/audit-log?action=account.renamed{cut}"))
            .await;
        let seen = numbers(&page);
        if seen.is_empty() {
            page.says("No matching events");
            break;
        }
        assert!(seen.is_sorted_by(|a, b| a > b), "{seen:?}");
        for number in &seen {
            assert!(all.insert(*number), "{number} twice");
        }
        before = seen.last().copied();
        // It grows while it is read.
        ada.call(
            "rename_account",
            &[("name", format!("grown at {before:?}").as_str())],
        )
        .await
        .is(200);
    }
    assert_eq!(all.len(), 120);
    // Back up again, to the very newest.
    let oldest = *all.first().unwrap();
    let page = ada
        .get(&format!(
            "/settings/audit-log?action=account.renamed&after={oldest}"
        ))
        .await;
    assert_eq!(
        numbers(&page),
        all.iter()
            .skip(1)
            .take(50)
            .rev()
            .copied()
            .collect::<Vec<_>>()
    );
    page.says("Newer").says("Older");
}

async fn the_log_is_searched_and_filtered(app: TestApp) {
    let (ada, ben) = app.two("member").await;
    ada.call("rename_account", &[("name", "100% _ours_\\")])
        .await
        .is(200);
    ben.get("/settings").await.is(403);
    let ben_id = app.id_of("Ben").await;
    let count =
        async |query: &str| numbers(&ada.get(&format!("/settings/audit-log?{query}")).await).len();
    assert_eq!(count("action=member.joined").await, 1);
    assert_eq!(count("severity=notice&action=access.denied").await, 1);
    assert_eq!(count("severity=alert").await, 0);
    assert!(count(&format!("user={ben_id}")).await >= 3);
    assert_eq!(
        count(&format!("user={ben_id}&action=account.renamed")).await,
        0
    );
    assert_eq!(count("q=100%25+_ours_").await, 1);
    assert_eq!(count("q=%25%25%25").await, 0);
    assert_eq!(count("q=BEN&action=member.joined").await, 1);
    assert_eq!(count("q=firefox&action=access.denied").await, 1);
    assert!(count("from=2020-01-01").await > 0);
    assert_eq!(count("until=2020-01-01").await, 0);
    assert_eq!(count("from=2999-01-01").await, 0);
    // By the hash of a receipt or an export: whole, or its beginning.
    let hash = app.newest_event("Ada", "account.renamed").await.hash;
    for part in [hash.as_str(), &hash[..12], &hash[..8], &hash.to_uppercase()] {
        assert_eq!(count(&format!("q={part}")).await, 1, "{part}");
    }
    assert_eq!(count(&format!("q={}", &hash[..7])).await, 0);
    assert_eq!(count(&format!("q={}", &hash[1..20])).await, 0);
    // Nonsense is as if it were not there.
    assert_eq!(
        count("from=x&until=&before=y&severity=&action=no.such").await,
        count("").await
    );
    ada.get("/settings/audit-log?q=nothing+at+all+like+it")
        .await
        .says("No matching events");
}

async fn the_export_is_the_log(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    ada.call("rename_account", &[("name", "=1+1")])
        .await
        .is(200);
    let mut formula = app.browser("=HYPERLINK(\"http://evil\")");
    formula.user_agent = "=cmd|' /C calc'!A0".into();
    formula.sign_in("Ada").await;
    let lines = ada.get("/settings/audit-log/export?format=jsonl").await;
    assert!(
        lines
            .is(200)
            .header("content-disposition")
            .contains("audit-log.jsonl")
    );
    let events: Vec<serde_json::Value> = lines
        .body
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let stored = databases::number(app.db(), "select count(*) from audit_events").await;
    assert_eq!(i64::try_from(events.len()).unwrap(), stored);
    assert_eq!(events[0]["seq"], 1);
    assert!(
        events
            .iter()
            .all(|e| e["hash"].as_str().unwrap().len() == 64)
    );

    let csv = ada
        .get("/settings/audit-log/export?format=csv&action=user.login")
        .await;
    assert!(
        csv.is(200).header("content-type").starts_with("text/csv"),
        "{csv:?}"
    );
    assert!(csv.body.contains("\"'=cmd|' /C calc'!A0\""), "{csv:?}");
    assert!(!csv.body.contains("account.renamed"), "{csv:?}");
    // Programs go by the position of the columns that were there first.
    let head = "\"id\",\"parent\",\"chain\",\"seq\",\"at\",";
    assert!(csv.body.starts_with(head), "{csv:?}");
    let last = "\"prev_hash\",\"hash\",\"time\",\"actor_name\",\"subject_name\"\r\n";
    assert!(csv.body.contains(last), "{csv:?}");
    for line in csv.body.lines().skip(1) {
        let fields: Vec<&str> = line.split("\",\"").collect();
        let [.., time, actor, subject] = &fields[..] else {
            panic!("{line}")
        };
        assert!(time.starts_with("20") && time.ends_with('Z'), "{line}");
        assert_eq!((*actor, *subject), ("Ada", "Ada\""), "{line}");
    }

    let anonymous = app.browser(FIREFOX_ON_LINUX);
    anonymous.get("/settings/audit-log/export").await.is(303);
}

async fn what_was_touched_is_named(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let whole = ada.call("verify_audit", NOTHING).await;
    assert_eq!(whole.is(200).json()["whole"], true);
    ada.post_form("/api/fn/verify_audit", "/settings/audit-log", NOTHING)
        .await
        .leads_to("/settings/audit-log");
    ada.get("/settings/audit-log")
        .await
        .says("The log is intact")
        .says("2 events are unchanged since they were written.");
    databases::run(
        app.db(),
        "update audit_events set at = at + 1 where seq = 2",
    )
    .await;
    let touched = ada.call("verify_audit", NOTHING).await.is(200).json();
    assert_eq!(
        (&touched["whole"], &touched["broken"]),
        (&false.into(), &2.into())
    );
    ada.get("/settings/audit-log")
        .await
        .says("The log was altered")
        .says("Event number 2: it was changed.");
    databases::run(
        app.db(),
        "update audit_events set at = at - 1 where seq = 2",
    )
    .await;
}

async fn retention_is_the_owners_and_one_of_the_choices(app: TestApp) {
    let (ada, ben) = app.two("admin").await;
    ben.call("set_audit_retention", &[("days", "30")])
        .await
        .refuses(403, "forbidden");
    for wrong in ["1", "0", "-30", "x", "99999999999999999999", "31"] {
        ada.call("set_audit_retention", &[("days", wrong)])
            .await
            .refuses(422, "validation_failed");
    }
    ada.call("set_audit_retention", &[("days", "90")])
        .await
        .is(200);
    ada.get("/settings/audit-log")
        .await
        .says("Events are kept for 90 days.");
    ada.call("set_audit_retention", &[("days", "")])
        .await
        .is(200);
    ada.get("/settings/audit-log")
        .await
        .says("Events are kept forever.")
        .says("Ada set events to be kept forever");
}

async fn hostile_text_is_text(app: TestApp) {
    let mut ada = app.browser("<img src=x onerror=alert(1)>");
    ada.user_agent = "<img src=x onerror=alert(1)>".into();
    ada.sign_up("Ada").await;
    ada.call("rename_account", &[("name", "<script>alert(2)</script>")])
        .await
        .is(200);
    for page in [
        "/settings",
        "/settings/members",
        "/settings/audit-log",
        "/settings/audit-log?q=%3Cscript%3Ealert(3)%3C/script%3E&action=%22%3E%3Cb%3E",
    ] {
        let page = ada.get(page).await;
        for bad in ["<img src=x", "<script>alert", "\"><b>"] {
            assert!(!page.body.contains(bad), "{bad}: {page:?}");
        }
    }
}
