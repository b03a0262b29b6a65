//! `curfew instance raise-epoch` and `curfew setup-code`.

use std::io::Write;

use accounts::{
    db::{InstanceRaise, RaiseReason},
    instance::Instance,
    instance_epoch::raise_instance_epoch,
    setup_code::setup_code,
    sign_up::{Opening, SignUp, opening},
    time::Moment,
};

use super::{Failed, count, operation};

pub(super) async fn raise_epoch(instance: &Instance, out: &mut impl Write) -> Result<(), Failed> {
    let mut op = operation(instance).await?;
    let raised = raise_instance_epoch(&mut op, RaiseReason::Operator).await?;
    op.commit().await?;
    ended(&raised, out)
}

/// Prints the setup code, while it is asked for.
pub(super) async fn print_setup_code(
    instance: &Instance,
    policy: SignUp,
    out: &mut impl Write,
) -> Result<(), Failed> {
    let mut conn = instance.read(Moment::now()).await?;
    if policy == SignUp::Closed {
        return Err(Failed::Message(
            "CURFEW_SIGN_UP is `closed`, so no user signs up and no setup code is asked for. `curfew user create` creates the first user"
                .into(),
        ));
    }
    if opening(&mut conn, policy).await? != Opening::First {
        return Err(Failed::Message(
            "this Curfew has had its first user, so no setup code is asked for any more. `curfew user list` shows every user"
                .into(),
        ));
    }
    writeln!(out, "{}", setup_code(&instance.keys))?;
    Ok(())
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
