//! `curfew account set-plan`.

use std::io::Write;

use accounts::{
    audit::{Actor, Client},
    db::Db,
    plans::Plan,
    time::Moment,
    users,
};

use super::{Failed, away, person};

pub(super) async fn set_plan(
    db: &Db,
    email: &str,
    plan: Plan,
    out: &mut impl Write,
) -> Result<(), Failed> {
    let mut tx = db.write().await.map_err(away)?;
    let member = person(&mut tx, email).await?;
    let (by, client) = (Actor::Operator, Client::default());
    let had = users::set_plan(&mut tx, &member, plan, by, &client, Moment::now()).await;
    let had = had.map_err(away)?.unwrap_or(plan);
    tx.commit().await.map_err(away)?;
    writeln!(
        out,
        "The account of {email} was on {} and is on {} now.",
        had.name(),
        plan.name()
    )?;
    Ok(())
}
