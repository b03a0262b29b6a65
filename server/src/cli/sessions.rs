//! `curfew sessions list` and `curfew remote-logout`, of one or of everyone.

use std::io::Write;

use accounts::{
    audit::Client,
    db::Db,
    device,
    members::{self, Everyone},
    sessions::{self, By, EndAllError, SessionId, Surface},
    time::{Moment, UnixMillis},
};
use app::time::Time;

use super::{Failed, away, count, failed, person};
use crate::config::Config;

/// Sessions listed at the most: more than one may have.
const MOST: i64 = 1_000_000;

pub(super) async fn list(
    db: &Db,
    config: &Config,
    email: &str,
    out: &mut impl Write,
) -> Result<(), Failed> {
    let mut conn = db.read().await.map_err(away)?;
    let who = person(&mut conn, email).await?;
    let (none_first, now) = (SessionId(String::new()), Moment::now());
    let listed = sessions::list(&mut conn, &who, &none_first, MOST, &config.limits, now)
        .await
        .map_err(away)?;
    if listed.is_empty() {
        writeln!(out, "{email} is signed in nowhere.")?;
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
            session.ends_at(&config.limits),
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

/// RFC 3339, to the second.
fn utc(at: UnixMillis) -> String {
    Time::from(at).iso
}

pub(super) async fn remote_logout(
    db: &Db,
    config: &Config,
    email: &str,
    out: &mut impl Write,
) -> Result<(), Failed> {
    let mut tx = db.write().await.map_err(away)?;
    let who = person(&mut tx, email).await?;
    let (client, limits) = (Client::default(), &config.limits);
    let (by, from) = (By::Operator, Surface::Cli);
    let ended = sessions::end_all(&mut tx, &who, by, from, &client, limits, Moment::now()).await;
    let ended = match ended {
        Ok(ended) => ended,
        Err(EndAllError::PlanRequired(plans)) => {
            let plans: Vec<&str> = plans.iter().map(|plan| plan.name()).collect();
            return Err(Failed::Message(format!(
                "nothing was changed: remote logout is in the plans {}; \
                 `curfew account set-plan {email} {}` changes the plan",
                plans.join(", "),
                plans
                    .first()
                    .map_or(String::new(), |plan| plan.to_lowercase()),
            )));
        }
        Err(other) => return Err(failed(other)),
    };
    tx.commit().await.map_err(away)?;
    let sessions = count(ended.sessions, "session");
    let devices = count(ended.remembered_devices, "remembered device");
    writeln!(out, "Logged {email} out: {sessions} and {devices} ended.")?;
    Ok(())
}

/// Account by account, each all or nothing.
pub(super) async fn remote_logout_everyone(
    db: &Db,
    config: &Config,
    out: &mut impl Write,
) -> Result<(), Failed> {
    let accounts = members::accounts(&mut db.read().await.map_err(away)?)
        .await
        .map_err(away)?;
    let (mut all, mut skipped) = (Everyone::default(), 0_u64);
    for account in accounts {
        let mut tx = db.write().await.map_err(away)?;
        let limits = &config.limits;
        let ended =
            members::remote_logout_everyone_by_operator(&mut tx, &account, limits, Moment::now())
                .await;
        match ended.map_err(away)? {
            Some(ended) => {
                tx.commit().await.map_err(away)?;
                all.users += ended.users;
                all.sessions += ended.sessions;
                all.remembered_devices += ended.remembered_devices;
            }
            None => skipped += 1,
        }
    }
    let sessions = count(all.sessions, "session");
    let devices = count(all.remembered_devices, "remembered device");
    writeln!(
        out,
        "Logged {} people out: {sessions} and {devices} ended.",
        all.users
    )?;
    if skipped > 0 {
        let skipped = count(skipped, "account");
        writeln!(
            out,
            "{skipped} on a plan without remote logout: nothing was changed there."
        )?;
    }
    Ok(())
}
