//! `curfew instance raise-epoch`.

use std::io::Write;

use accounts::{
    db::{InstanceRaise, RaiseReason},
    instance::Instance,
    instance_epoch::raise_instance_epoch,
};

use super::{Failed, count, operation};

pub(super) async fn raise_epoch(instance: &Instance, out: &mut impl Write) -> Result<(), Failed> {
    let mut op = operation(instance).await?;
    let raised = raise_instance_epoch(&mut op, RaiseReason::Operator).await?;
    op.commit().await?;
    ended(&raised, out)
}

/// What ended, for the operator.
pub(super) fn ended(raised: &InstanceRaise, out: &mut impl Write) -> Result<(), Failed> {
    writeln!(
        out,
        "Everything of {} ended: {} and {}, and every link that was sent.",
        count(raised.users, "user"),
        count(raised.sessions, "session"),
        count(raised.remembered_devices, "remembered device")
    )?;
    Ok(())
}
