//! `docs/ROLES.md` is this list as a page: `CURFEW_WRITE_DOCS=1 cargo test -p server roles_page` writes it.

use std::fmt::Write;

use accounts::{
    permissions::{self, Permission},
    plans::Plan,
    roles::Role,
};

use super::{Address, StepUp, all};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/ROLES.md");

const HEAD: &str = "# Who may do what\n\n\
    Written from `server/src/addresses` and `accounts/src/permissions/table.rs`; a test holds them equal \
    (`CURFEW_WRITE_DOCS=1 cargo test -p server roles_page` writes this file anew).\n\
    The server refuses by it: 403 `forbidden` for the role, 403 `plan_required` with the plans for the plan, \
    each with an `access.denied` event.\n\
    An anonymous visitor gets 401, or the sign-in page.\n\
    *Asks again*: for a password or a code, when the last one was shown more than ten minutes ago; else why not.\n";

#[test]
fn the_page_in_docs_is_this_list() {
    let page = page();
    if std::env::var_os("CURFEW_WRITE_DOCS").is_some() {
        std::fs::write(PAGE, &page).unwrap();
    }
    let written = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(
        written == page,
        "docs/ROLES.md is not what the list says: run CURFEW_WRITE_DOCS=1 cargo test -p server roles_page"
    );
}

fn page() -> String {
    let mut page = String::from(HEAD);
    let signed_in = |address: &&Address| address.permission().is_some();
    write_permissions(&mut page, "Pages and functions", |address| {
        signed_in(&address) && !address.is_for_programs()
    });
    write_permissions(&mut page, "With a token", Address::is_for_programs);
    write_without_second_factor(&mut page);
    page.push_str("\n## Public\n\n| what | address | but |\n|---|---|---|\n");
    for address in all().filter(|address| !signed_in(address)) {
        let Address {
            what, path, but, ..
        } = address;
        let _ = writeln!(page, "| {what} | `{path}` | {but} |");
    }
    page
}

/// What is left to a member who owes a second factor.
fn write_without_second_factor(page: &mut String) {
    page.push_str(
        "\n## Where the account requires a second factor\n\n\
         A member who has none uses these addresses and the public ones, with the role and the plan that they ask for. Every \
         other page leads to Profile → Security; functions, tokens, the gate and applications are refused: 403 \
         `second_factor_required`. MCP’s other tools say the same in words. An invitation that they made before opens \
         nothing meanwhile.\n\n| what | address | but |\n|---|---|---|\n",
    );
    let left = all().filter(|address| {
        let permission = address.permission();
        permission.is_some_and(|permission| permission.rule().without_second_factor)
    });
    for address in left {
        let Address { what, path, .. } = address;
        let but = address.permission().map_or("", |of| of.rule().but);
        let _ = writeln!(page, "| {what} | `{path}` | {but} |");
    }
}

fn write_permissions(page: &mut String, title: &str, belongs: impl Fn(&Address) -> bool) {
    let _ = write!(page, "\n## {title}\n\n| what | address |");
    for role in Role::ALL {
        let _ = write!(page, " {} |", role.name());
    }
    page.push_str(" plans | but | asks again |\n|---|---|---|---|---|---|---|---|---|---|\n");
    for address in all().filter(|address| belongs(address)) {
        let Some(permission) = address.permission() else {
            continue;
        };
        let _ = write!(page, "| {} | `{}` |", address.what, address.path);
        for role in Role::ALL {
            let may = |plan: &Plan| permissions::check(role, *plan, permission).is_ok();
            let may = Plan::ALL.iter().any(may);
            page.push_str(if may { " yes |" } else { " – |" });
        }
        let but = permission.rule().but;
        let asks = match address.step_up {
            Some(StepUp::AsksFor(_)) => "yes",
            Some(StepUp::Never(why)) => &format!("no: {why}"),
            None => "",
        };
        let _ = writeln!(page, " {} | {but} | {asks} |", plans(permission));
    }
}

/// The plans that have it.
fn plans(permission: Permission) -> String {
    let Some(feature) = permission.rule().needs else {
        return "all".into();
    };
    let plans = Plan::with(feature).into_iter();
    plans.map(Plan::name).collect::<Vec<_>>().join(", ")
}
