//! Every role on every plan at every address: the server does what the list and the table of permissions say, and
//! the pages show it.

use accounts::{
    permissions::{self, Permission, Refusal},
    plans::Plan,
    roles::Role,
};
use server::{
    addresses::{self, Address},
    router,
};

use crate::{
    answer::{Answer, tags},
    browser::NOTHING,
    databases,
    program::{Program, token_of},
    test_app::{FIREFOX_ON_LINUX, TestApp},
};

on_both!(
    the_server_does_what_every_cell_says,
    programs_get_what_every_cell_says,
    the_tabs_are_those_that_a_user_may_open,
    what_the_plan_lacks_is_said_before_a_click,
    a_refusal_is_recorded,
);

/// A new route that is not listed fails here, and so does an entry whose route is gone. The server functions are
/// those that leptos knows.
#[test]
fn every_route_is_listed_and_every_entry_is_routed() {
    let mut listed: Vec<&str> = addresses::all().map(|address| address.path).collect();
    listed.sort_unstable();
    assert_eq!(router::every_address(), listed);
}

async fn everyone_is(app: &TestApp, role: Role, plan: Plan) {
    let (role, plan) = (role.key(), plan.key());
    databases::run(app.db(), &format!("update users set role = '{role}'")).await;
    databases::run(app.db(), &format!("update accounts set plan = '{plan}'")).await;
}

async fn the_server_does_what_every_cell_says(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    for role in Role::ALL {
        for plan in Plan::ALL {
            everyone_is(&app, role, plan).await;
            for (address, permission) in private(false) {
                let expected = permissions::check(role, plan, permission);
                let function = address.function_name();
                let answer = match function {
                    Some(name) => ada.call(name, NOTHING).await,
                    None => ada.get(address.path).await,
                };
                let cell = format!("{role:?} on {plan:?} at {}", address.path);
                // An operation may refuse for reasons of its own, such as a step-up.
                let of_the_table = function.is_none()
                    || answer.body.contains("plan_required")
                    || answer.body.contains("forbidden");
                let refused = answer.status == 403 && of_the_table;
                assert_eq!(refused, expected.is_err(), "{cell}: {answer:?}");
                match (function, expected) {
                    (Some(_), Err(Refusal::PlanRequired(plans))) => {
                        let names: Vec<&str> = plans.iter().map(|plan| plan.name()).collect();
                        assert_eq!(answer.json()["code"], "plan_required", "{cell}");
                        assert_eq!(answer.json()["plans"], serde_json::json!(names), "{cell}");
                    }
                    (Some(_), Err(Refusal::NotAllowed(_))) => {
                        assert_eq!(answer.json()["code"], "forbidden", "{cell}");
                    }
                    (None, Err(Refusal::PlanRequired(_))) => {
                        answer.says("This is available on ");
                    }
                    (None, Err(Refusal::NotAllowed(_))) => {
                        answer
                            .says("This is for ")
                            .says(&format!("Your role is {}.", role.name()));
                    }
                    (_, Ok(())) => {}
                    (_, Err(Refusal::SecondFactorRequired)) => panic!("{cell}: none is required"),
                }
                if !ada.is_signed_in().await {
                    ada.sign_in("Ada").await;
                }
            }
        }
    }
    app.chains_are_whole().await;
}

/// What takes a permission, with a token or with a session.
fn private(for_programs: bool) -> impl Iterator<Item = (&'static Address, Permission)> {
    addresses::all()
        .filter(move |address| address.is_for_programs() == for_programs)
        .filter_map(|address| Some((address, address.permission()?)))
}

async fn programs_get_what_every_cell_says(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    // A pair of tokens for each role, because the rate limit of a token is not what is tested here.
    let mut tokens = Vec::new();
    for _ in Role::ALL {
        let api = token_of(&ada, "api", Some("sessions")).await;
        tokens.push((api, token_of(&ada, "mcp", None).await));
    }
    for (role, (api, mcp)) in Role::ALL.into_iter().zip(&tokens) {
        for plan in Plan::ALL {
            everyone_is(&app, role, plan).await;
            for (address, permission) in private(true) {
                let cell = format!("{role:?} on {plan:?} at {}", address.path);
                let before = app.denials().await;
                let answer = if address.path == addresses::MCP {
                    Program::new(&app, mcp)
                        .rpc("tools/list", serde_json::json!({}))
                        .await
                } else {
                    let program = Program::new(&app, api);
                    let path = address.path.replace("{id}", "unknown");
                    match address.path.rsplit('/').next() {
                        Some("remote-logout") => program.post(&path).await,
                        Some("{id}") => program.delete(&path).await,
                        _ => program.get(&path).await,
                    }
                };
                let expected = permissions::check(role, plan, permission);
                assert_eq!(
                    answer.status == 403,
                    expected.is_err(),
                    "{cell}: {answer:?}"
                );
                let denied = i64::from(expected.is_err());
                assert_eq!(app.denials().await, before + denied, "{cell}");
                match expected {
                    Err(Refusal::PlanRequired(_)) => answer.refuses(403, "plan_required"),
                    Err(Refusal::NotAllowed(_)) => answer.refuses(403, "forbidden"),
                    Err(Refusal::SecondFactorRequired) => panic!("{cell}: none is required"),
                    Ok(()) => &answer,
                };
            }
        }
    }
    app.chains_are_whole().await;
}

async fn the_tabs_are_those_that_a_user_may_open(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let tabs = [
        ("/settings", "General"),
        ("/settings/members", "Members"),
        ("/settings/applications", "Applications"),
        ("/settings/api", "API"),
        ("/settings/mcp", "MCP"),
        ("/settings/audit-log", "Audit log"),
    ];
    for (role, from, to) in [
        (Role::Owner, 0, 6),
        (Role::Admin, 0, 6),
        (Role::Editor, 3, 5),
        (Role::Member, 3, 5),
        (Role::WatchOnly, 0, 0),
    ] {
        everyone_is(&app, role, Plan::Enterprise).await;
        let home = ada.get("/").await;
        let first = tabs[from..to].first().map(|(address, _)| *address);
        let link = has_link(&home, "topbar__link", "href=\"/settings");
        assert_eq!(link, first.is_some(), "{role:?}");
        let Some(first) = first else { continue };
        let page = ada.get(first).await;
        page.is(200);
        for (n, (address, label)) in tabs.iter().enumerate() {
            let shown = has_link(&page, "tabs__link", &format!("href=\"{address}\""));
            assert_eq!(shown, (from..to).contains(&n), "{role:?}: {label}");
        }
    }
}

fn has_link(page: &Answer, class: &str, href: &str) -> bool {
    tags(&page.body).any(|tag| tag.contains(class) && tag.contains(href))
}

async fn what_the_plan_lacks_is_said_before_a_click(app: TestApp) {
    let (ada, _ben) = app.two("member").await;
    for plan in Plan::ALL {
        databases::run(
            app.db(),
            &format!("update accounts set plan = '{}'", plan.key()),
        )
        .await;
        let page = ada.get("/settings/members").await;
        page.is(200);
        let pressing = plan >= Plan::Plus;
        assert_eq!(
            page.body.contains("/settings/members/everyone"),
            pressing,
            "{plan:?}"
        );
        assert_eq!(
            page.body.contains("operation=remote_logout"),
            pressing,
            "{plan:?}"
        );
        assert_eq!(
            page.text()
                .contains("Available on Plus, Pro and Enterprise."),
            !pressing,
            "{plan:?}"
        );
        let special = plan >= Plan::Pro;
        assert_eq!(
            page.body.contains("value=\"watch_only\""),
            special,
            "{plan:?}"
        );
        let hint = "The editor and watch-only roles are available on Pro and Enterprise.";
        assert_eq!(page.text().contains(hint), !special, "{plan:?}");
        let log = ada.get("/settings/audit-log").await;
        if plan == Plan::Enterprise {
            log.is(200).says("What happened in this account");
        } else {
            log.is(403)
                .says("This is available on Enterprise.")
                .does_not_say("What happened");
        }
    }
}

async fn a_refusal_is_recorded(app: TestApp) {
    let (_ada, ben) = app.two("member").await;
    let before = app.denials().await;
    ben.get("/settings").await.is(403);
    ben.call("rename_account", &[("name", "Ben’s")])
        .await
        .refuses(403, "forbidden");
    ben.get("/settings/audit-log/export?format=csv")
        .await
        .is(403);
    let form = ben
        .post_form(
            "/api/fn/invite_member",
            "/settings/members",
            &[("role", "owner")],
        )
        .await;
    form.leads_to("/settings/members");
    assert_eq!(app.denials().await, before + 4);
    let said =
        "select details from audit_events where action = 'access.denied' order by seq desc limit 1";
    let said = databases::texts(app.db(), said).await.remove(0);
    assert!(
        said.contains("InviteMember")
            && said.contains("/api/fn/invite_member")
            && said.contains("forbidden"),
        "{said}"
    );
}
