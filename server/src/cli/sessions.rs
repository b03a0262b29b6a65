//! `curfew sessions list`, `curfew sessions end` and `curfew remote-logout`, of a user or of everyone.

use std::io::Write;

use accounts::{
    device,
    ids::SessionId,
    instance::Instance,
    members::{self, Everyone},
    plans::Plan,
    sessions::{self, By, EndAllError, EndOneError, LastUse, Surface},
    text::visible,
    time::{Moment, UnixMillis},
};
use app::time::Time;

use super::{Failed, count, operation, user_with};

/// Sessions listed at the most: more than a user may have.
const MOST: i64 = 1_000_000;

pub(super) async fn list(
    instance: &Instance,
    email: &str,
    out: &mut impl Write,
) -> Result<(), Failed> {
    let mut conn = instance.read(Moment::now()).await?;
    let user = user_with(&mut conn, email).await?;
    let none_first = SessionId(String::new());
    let listed = sessions::list(&mut conn, &user, &none_first, LastUse::Any, MOST).await?;
    if listed.is_empty() {
        writeln!(out, "{email} is not signed in anywhere.")?;
        return Ok(());
    }
    let row = "DEVICE                        IP ADDRESS                 SIGNED IN             LAST ACTIVE           EXPIRES               REMEMBERED  ID";
    writeln!(out, "{row}")?;
    for session in listed {
        let device = device::of(&session.user_agent).label();
        let ip = if session.ip.is_empty() {
            "unknown"
        } else {
            &session.ip
        };
        let [started, active, expires] = [
            session.started_at,
            session.last_active_at,
            session.ends_at(&instance.limits),
        ]
        .map(utc);
        let remembered = if session.remembered { "yes" } else { "no" };
        let id = session.id.0;
        writeln!(
            out,
            "{device:<28}  {ip:<25}  {started}  {active}  {expires}  {remembered:<10}  {id}"
        )?;
    }
    Ok(())
}

pub(super) async fn end(
    instance: &Instance,
    email: &str,
    id: String,
    out: &mut impl Write,
) -> Result<(), Failed> {
    let mut op = operation(instance).await?;
    let user = user_with(&mut op, email).await?;
    let ended = sessions::end_one_by_operator(&mut op, &user, &SessionId(id)).await;
    let ended = match ended {
        Err(EndOneError::NotThere) => {
            return Err(Failed::Message(format!(
                "nothing was changed: {email} has no live session of that id; `curfew sessions list {email}` shows them"
            )));
        }
        ended => ended?,
    };
    op.commit().await?;
    let sessions = count(ended.sessions, "session");
    let devices = count(ended.remembered_devices, "remembered device");
    let name = visible(&ended.name);
    writeln!(
        out,
        "Signed {email} out on {name}: {sessions} and {devices} ended."
    )?;
    Ok(())
}

/// RFC 3339, to the second.
fn utc(at: UnixMillis) -> String {
    Time::from(at).iso
}

pub(super) async fn remote_logout(
    instance: &Instance,
    email: &str,
    dry_run: bool,
    out: &mut impl Write,
) -> Result<(), Failed> {
    let mut op = operation(instance).await?;
    let user = user_with(&mut op, email).await?;
    let ended = sessions::end_all(&mut op, &user, By::Operator, Surface::Cli).await;
    let ended = match ended {
        Err(EndAllError::PlanRequired(plans)) => return Err(plan_required(email, &plans)),
        ended => ended?,
    };
    let sessions = count(ended.sessions, "session");
    let devices = count(ended.remembered_devices, "remembered device");
    if dry_run {
        // Dropped, it has not happened.
        drop(op);
        writeln!(
            out,
            "Would log {email} out: {sessions} and {devices}. Nothing was changed."
        )?;
        return Ok(());
    }
    op.commit().await?;
    writeln!(out, "Logged {email} out: {sessions} and {devices} ended.")?;
    Ok(())
}

fn plan_required(email: &str, plans: &[Plan]) -> Failed {
    let names: Vec<&str> = plans.iter().map(|plan| plan.name()).collect();
    let first = names
        .first()
        .map_or(String::new(), |plan| plan.to_lowercase());
    Failed::Message(format!(
        "nothing was changed: remote logout is in the plans {}; \
         `curfew account set-plan {email} {first}` changes the plan",
        names.join(", ")
    ))
}

/// Account by account, each all or nothing.
pub(super) async fn remote_logout_everyone(
    instance: &Instance,
    dry_run: bool,
    out: &mut impl Write,
) -> Result<(), Failed> {
    let mut conn = instance.read(Moment::now()).await?;
    let accounts = members::accounts(&mut conn).await?;
    drop(conn);
    let (mut all, mut skipped) = (Everyone::default(), 0_u64);
    for account in accounts {
        let mut op = operation(instance).await?;
        match members::remote_logout_everyone_by_operator(&mut op, &account).await? {
            Some(ended) => {
                // Dropped, it has not happened.
                if !dry_run {
                    op.commit().await?;
                }
                all.users += ended.users;
                all.sessions += ended.sessions;
                all.remembered_devices += ended.remembered_devices;
                all.invitations += ended.invitations;
            }
            None => skipped += 1,
        }
    }
    let users = count(all.users, "user");
    let sessions = count(all.sessions, "session");
    let devices = count(all.remembered_devices, "remembered device");
    if dry_run {
        writeln!(
            out,
            "Would log {users} out: {sessions} and {devices}. Nothing was changed."
        )?;
    } else {
        writeln!(out, "Logged {users} out: {sessions} and {devices} ended.")?;
    }
    if !dry_run && all.invitations > 0 {
        let invitations = count(all.invitations, "pending invitation");
        writeln!(out, "{invitations} wait until confirmed again.")?;
    }
    if skipped > 0 {
        let skipped = count(skipped, "account");
        writeln!(
            out,
            "{skipped} on a plan without remote logout: nothing was changed there."
        )?;
    }
    Ok(())
}
