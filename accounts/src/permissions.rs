//! Who may do what: one table of every address of the service, with the roles and the plan it asks for.
//!
//! The server refuses by it at the door, an operation asks it again under its lock, the pages show what it
//! allows, `docs/ROLES.md` is written from it. An address without a row is refused, and fails a test.

mod table;

use std::fmt::Write;

use serde_json::json;

pub use table::TABLE;

use crate::{
    audit::{self, Action, Actor, Client, Event},
    db::Db,
    plans::{Feature, Plan},
    time::Moment,
    users::{Role, User},
};

/// Whom an address is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Nobody has to be signed in.
    Anyone,
    /// Every user signed in, whatever their role.
    Everyone,
    /// Users with one of these roles.
    Only(&'static [Role]),
}

/// One address.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// As the router has it: `/settings/members`, `/api/fn/invite_member`.
    pub address: &'static str,
    /// What one does there, in a few words.
    pub what: &'static str,
    pub who: Who,
    /// What the account's plan must have.
    pub needs: Option<Feature>,
    /// What the columns cannot say; empty as a rule. The operation itself sees to it.
    pub but: &'static str,
}

/// Why somebody may not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Their role; these may.
    #[error("this is for {}", .0.iter().map(|r| r.name()).collect::<Vec<_>>().join(", "))]
    NotAllowed(&'static [Role]),
    /// The account's plan; these have it.
    #[error("this needs the plan {}", .0.iter().map(|p| p.name()).collect::<Vec<_>>().join(", "))]
    PlanRequired(Vec<Plan>),
}

impl Row {
    /// Whether somebody with that role on that plan may, the role asked before the plan.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, role: Role, plan: Plan) -> Result<(), Refusal> {
        if let Who::Only(roles) = self.who
            && !roles.contains(&role)
        {
            return Err(Refusal::NotAllowed(roles));
        }
        match self.needs {
            Some(feature) if !plan.has(feature) => Err(Refusal::PlanRequired(Plan::with(feature))),
            _ => Ok(()),
        }
    }
}

/// The row of an address.
#[must_use]
pub fn row(address: &str) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.address == address)
}

/// Whether somebody with that role on that plan may use the address. One without a row is for nobody.
///
/// # Errors
/// Why not.
pub fn check(role: Role, plan: Plan, address: &str) -> Result<(), Refusal> {
    row(address).map_or(Err(Refusal::NotAllowed(&[])), |row| row.check(role, plan))
}

/// Records that somebody was refused, in a transaction of its own: the operation's has come to nothing.
///
/// # Errors
/// When the database is unavailable.
pub async fn record_denial(
    db: &Db,
    user: &User,
    what: &str,
    why: &str,
    client: &Client,
    now: Moment,
) -> Result<(), sqlx::Error> {
    let mut tx = db.write().await?;
    let event = Event::of(Action::AccessDenied, Actor::User(&user.id), client)
        .in_account(&user.account_id)
        .about(&user.id)
        .with(json!({ "what": what, "why": why }));
    audit::record(&mut tx, event, now).await?;
    tx.commit().await
}

/// The table as `docs/ROLES.md` has it.
#[must_use]
pub fn as_markdown() -> String {
    let mut page = String::from(
        "# Who may do what\n\n\
         Written from the table in `accounts/src/permissions/table.rs`; a test holds them equal \
         (`CURFEW_WRITE_DOCS=1 cargo test -p accounts roles` writes this file anew).\n\
         The server refuses by it: 403 `forbidden` for the role, 403 `plan_required` with the plans for the plan, \
         each with an `access.denied` event.\n\
         A person who is not signed in gets 401, or the sign-in page.\n",
    );
    let (any_user, users): (Vec<&Row>, Vec<&Row>) =
        TABLE.iter().partition(|row| row.who == Who::Anyone);
    let (programs, users): (Vec<&Row>, Vec<&Row>) =
        users.into_iter().partition(|row| is_program(row));
    write_section(&mut page, "Pages and functions", &users);
    write_section(&mut page, "With a token", &programs);
    write_section(&mut page, "For anybody", &any_user);
    page
}

/// What programs with a token use, not users with a session.
fn is_program(row: &Row) -> bool {
    row.address.starts_with("/api/v1") || row.address.starts_with("/mcp")
}

fn write_section(page: &mut String, title: &str, rows: &[&Row]) {
    if rows.is_empty() {
        return;
    }
    let _ = write!(page, "\n## {title}\n\n| what | address |");
    for role in Role::ALL {
        let _ = write!(page, " {} |", role.name());
    }
    page.push_str(" plans | but |\n|---|---|---|---|---|---|---|---|---|\n");
    for row in rows {
        let _ = write!(page, "| {} | `{}` |", row.what, row.address);
        for role in Role::ALL {
            let may = Plan::ALL.iter().any(|plan| row.check(role, *plan).is_ok());
            page.push_str(if may { " yes |" } else { " – |" });
        }
        let plans: Vec<&str> = Plan::ALL
            .into_iter()
            .filter(|plan| row.needs.is_none_or(|feature| plan.has(feature)))
            .map(Plan::name)
            .collect();
        let plans = if row.needs.is_none() {
            "all".into()
        } else {
            plans.join(", ")
        };
        let _ = writeln!(page, " {plans} | {} |", row.but);
    }
}
