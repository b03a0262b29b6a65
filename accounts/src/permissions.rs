//! Who may do what: one table of permissions, with the roles and the plan that each asks for.
//!
//! The server refuses by it before an operation begins, the operation asks again under its lock, the pages show
//! what it allows. Which address needs which permission is the server's to say: this knows no address.

mod table;

use serde_json::json;

pub use table::Permission;

use crate::{
    audit::{Action, Actor, Event},
    operation::Operation,
    plans::{Feature, Plan},
    roles::Role,
    users::User,
};

/// Whom a permission is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Every user signed in, whatever their role.
    Everyone,
    /// Users with one of these roles.
    Only(&'static [Role]),
}

/// What a permission asks for.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    pub who: Who,
    /// What the account's plan must have.
    pub needs: Option<Feature>,
    /// What the columns cannot say; empty as a rule. The operation itself sees to it.
    pub but: &'static str,
}

/// Why a user may not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Their role; these may.
    #[error("this is for {}", .0.iter().map(|r| r.name()).collect::<Vec<_>>().join(", "))]
    NotAllowed(&'static [Role]),
    /// The account's plan; these have it.
    #[error("this needs the plan {}", .0.iter().map(|p| p.name()).collect::<Vec<_>>().join(", "))]
    PlanRequired(Vec<Plan>),
}

/// Whether a user with that role on that plan has the permission, the role asked before the plan.
///
/// # Errors
/// Why not.
pub fn check(role: Role, plan: Plan, permission: Permission) -> Result<(), Refusal> {
    let rule = permission.rule();
    if let Who::Only(roles) = rule.who
        && !roles.contains(&role)
    {
        return Err(Refusal::NotAllowed(roles));
    }
    match rule.needs {
        Some(feature) if !plan.has(feature) => Err(Refusal::PlanRequired(Plan::with(feature))),
        _ => Ok(()),
    }
}

/// Records that a user was refused, in an operation of its own, because the refused one has come to nothing.
pub fn record_denial(op: &mut Operation, user: &User, what: &str, why: &str) {
    let event = Event::of(Action::AccessDenied, Actor::User(&user.id))
        .in_account(&user.account_id)
        .about(&user.id)
        .with(json!({ "what": what, "why": why }));
    op.record(event);
}
