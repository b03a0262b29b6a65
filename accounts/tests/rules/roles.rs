//! The table of permissions, cell by cell, and its page in `docs/`.

use accounts::{
    account::{self, AccountError},
    db::Db,
    members::MemberError,
    permissions::{self, Refusal, TABLE, Who},
    plans::{Feature, Plan},
    users::Role,
};

use crate::home::{Home, NOW, browser};

on_both!(
    a_name_is_changed_and_told_of,
    only_an_owner_changes_the_plan,
);

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/ROLES.md");

#[test]
fn the_page_in_docs_is_the_table() {
    let page = permissions::as_markdown();
    if std::env::var_os("CURFEW_WRITE_DOCS").is_some() {
        std::fs::write(PAGE, &page).unwrap();
    }
    let written = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(
        written == page,
        "docs/ROLES.md is not what the table says: run CURFEW_WRITE_DOCS=1 cargo test -p accounts roles"
    );
}

#[test]
fn every_address_stands_in_the_table_once() {
    for row in TABLE {
        let same = TABLE
            .iter()
            .filter(|other| other.address == row.address)
            .count();
        assert_eq!(same, 1, "{}", row.address);
        assert!(!row.what.is_empty(), "{}", row.address);
    }
}

/// Written down once more, the other way round: who may what, in words of SPEC 5 and 6.
#[test]
fn the_cells_are_what_the_contract_says() {
    let managers = [Role::Owner, Role::Admin];
    let but_watch_only = [Role::Owner, Role::Admin, Role::Editor, Role::Member];
    for (address, roles, from) in [
        ("/settings", &managers[..], Plan::Free),
        ("/settings/members", &managers, Plan::Free),
        ("/settings/api", &but_watch_only, Plan::Free),
        ("/settings/mcp", &but_watch_only, Plan::Free),
        ("/settings/audit-log", &managers, Plan::Enterprise),
        ("/settings/audit-log/export", &managers, Plan::Enterprise),
        ("/api/fn/change_plan", &managers[..1], Plan::Free),
        ("/api/fn/rename_account", &managers, Plan::Free),
        ("/api/fn/invite_member", &managers, Plan::Free),
        ("/api/fn/change_role", &managers, Plan::Free),
        ("/api/fn/disable_member", &managers, Plan::Free),
        ("/api/fn/remove_member", &managers, Plan::Free),
        ("/api/fn/remote_logout_member", &managers, Plan::Plus),
        ("/api/fn/remote_logout_everyone", &managers[..1], Plan::Plus),
        ("/api/fn/remote_logout", &Role::ALL, Plan::Plus),
        ("/api/fn/change_password", &Role::ALL, Plan::Free),
        ("/api/fn/verify_audit", &managers, Plan::Enterprise),
        (
            "/api/fn/set_audit_retention",
            &managers[..1],
            Plan::Enterprise,
        ),
    ] {
        for role in Role::ALL {
            for plan in Plan::ALL {
                let may = permissions::check(role, plan, address);
                let expected = roles.contains(&role) && plan >= from;
                assert_eq!(
                    may.is_ok(),
                    expected,
                    "{role:?} on {plan:?} at {address}: {may:?}"
                );
                if !roles.contains(&role) {
                    assert!(matches!(may, Err(Refusal::NotAllowed(_))), "{may:?}");
                }
            }
        }
    }
}

#[test]
fn an_address_without_a_row_is_for_nobody() {
    for role in Role::ALL {
        let refused = permissions::check(role, Plan::Enterprise, "/api/fn/new_and_forgotten");
        assert_eq!(refused, Err(Refusal::NotAllowed(&[])));
    }
    assert!(
        TABLE
            .iter()
            .any(|row| row.who == Who::Anyone && row.needs.is_none())
    );
    assert_eq!(Feature::ALL.len(), 6);
}

async fn a_name_is_changed_and_told_of(db: Db) {
    let home = Home::new(db);
    let (_, ada) = home.owner("Ada").await;
    let ben = home.member(&ada, "Ben", Role::Member).await;
    let ben = home.comes_in(&ben).await;
    let (client, limits) = (browser(9), &home.limits);
    for (name, ok) in [
        ("Ada & friends", true),
        ("", false),
        (" ", false),
        (&"x".repeat(101), false),
        ("a\u{7}b", false),
    ] {
        let mut tx = home.db.write().await.unwrap();
        let renamed = account::rename(&mut tx, &ada, name, &client, limits, NOW).await;
        assert_eq!(renamed.is_ok(), ok, "{renamed:?}");
        if ok {
            tx.commit().await.unwrap();
        }
    }
    let mut tx = home.db.write().await.unwrap();
    let refused = account::rename(&mut tx, &ben, "Ben’s", &client, limits, NOW).await;
    assert!(
        matches!(
            refused,
            Err(AccountError::Refused(MemberError::NotAllowed(_)))
        ),
        "{refused:?}"
    );
    drop(tx);
    let name = "select name from accounts";
    assert_eq!(
        crate::databases::text(&home.db, name).await,
        "Ada & friends"
    );
    let events = "select count(*) from audit_events where action = 'account.renamed'";
    assert_eq!(crate::databases::number(&home.db, events).await, 1);
}

async fn only_an_owner_changes_the_plan(db: Db) {
    let home = Home::new(db);
    let (_, ada) = home.owner("Ada").await;
    let admin = home.member(&ada, "Ben", Role::Admin).await;
    let admin = home.comes_in(&admin).await;
    let (client, limits) = (browser(9), &home.limits);
    let mut tx = home.db.write().await.unwrap();
    let refused = account::change_plan(&mut tx, &admin, Plan::Free, &client, limits, NOW).await;
    assert!(
        matches!(refused, Err(MemberError::NotAllowed(_))),
        "{refused:?}"
    );
    drop(tx);
    for plan in [Plan::Free, Plan::Free, Plan::Pro] {
        let mut tx = home.db.write().await.unwrap();
        account::change_plan(&mut tx, &ada, plan, &client, limits, NOW)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }
    assert_eq!(
        crate::databases::text(&home.db, "select plan from accounts").await,
        "pro"
    );
    let events = "select count(*) from audit_events where action = 'account.plan_changed'";
    assert_eq!(crate::databases::number(&home.db, events).await, 2);
}
