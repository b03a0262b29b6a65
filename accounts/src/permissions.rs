//! Who may do what: one table of permissions, with the roles and the plan that each asks for.
//!
//! The server refuses by this table before an operation begins, the operation checks it again under its lock, and the
//! pages show what it allows. The server says which address needs which permission: this module knows no address.

mod table;

use serde_json::json;

pub use table::Permission;

use crate::{
    denials::{self, Denied},
    operation::Operation,
    plans::{Available, Feature, Plan},
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
    /// Whether a member has it who owes the second factor that the account requires.
    pub without_second_factor: bool,
    /// What the columns cannot say; mostly empty. The operation itself enforces it.
    pub but: &'static str,
}

/// Why a user may not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Their account requires a second factor, and they have set none up.
    #[error("the account requires a second factor")]
    SecondFactorRequired,
    /// Their role; these may.
    #[error("this is for {}", .0.iter().map(|r| r.name()).collect::<Vec<_>>().join(", "))]
    NotAllowed(&'static [Role]),
    /// The account's plan; these have it.
    #[error("this needs the plan {}", .0.iter().map(|p| p.name()).collect::<Vec<_>>().join(", "))]
    PlanRequired(Vec<Plan>),
}

/// Checks that a user with that role, to whom that is available, has the permission: the second factor that the account
/// requires comes first, then the role, then the plan.
///
/// # Errors
/// Why the user does not have it.
pub fn check(
    role: Role,
    available: impl Into<Available>,
    permission: Permission,
) -> Result<(), Refusal> {
    let available = available.into();
    let asks = permission.rule();
    if available.owes_second_factor && !asks.without_second_factor {
        return Err(Refusal::SecondFactorRequired);
    }
    if let Who::Only(roles) = asks.who
        && !roles.contains(&role)
    {
        return Err(Refusal::NotAllowed(roles));
    }
    match asks.needs {
        Some(feature) if !available.has(feature) => Err(Refusal::PlanRequired(Plan::with(feature))),
        _ => Ok(()),
    }
}

/// What a user was refused.
#[derive(Debug, Clone, Copy)]
pub struct Denial<'a> {
    pub permission: Permission,
    /// As the server has it.
    pub address: &'a str,
    /// `forbidden` for the role, `plan_required` for the plan.
    pub why: &'static str,
}

/// Records that a user was refused, in an operation of its own, because the refused operation was rolled back. Beyond
/// the first few a minute they are counted together.
///
/// # Errors
/// When the database is unavailable.
pub async fn record_denial(
    op: &mut Operation,
    user: &User,
    denial: Denial<'_>,
) -> Result<(), sqlx::Error> {
    let details = json!({
        "what": denial.permission.name(), "address": denial.address, "why": denial.why,
    });
    let denied = Denied {
        user: &user.id,
        account: &user.account_id,
        details,
    };
    denials::record(op, denied).await
}
