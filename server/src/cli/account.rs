//! `curfew account set-plan`.

use std::io::Write;

use accounts::{account, audit::Actor, instance::Instance, plans::Plan};

use super::{Failed, operation, user_with};

pub(super) async fn set_plan(
    instance: &Instance,
    email: &str,
    plan: Plan,
    out: &mut impl Write,
) -> Result<(), Failed> {
    let mut op = operation(instance).await?;
    let member = user_with(&mut op, email).await?;
    let had = account::set_plan(&mut op, &member, plan, Actor::Operator).await?;
    op.commit().await?;
    writeln!(
        out,
        "The account of {email} was on {} and is on {} now.",
        had.unwrap_or(plan).name(),
        plan.name()
    )?;
    Ok(())
}
