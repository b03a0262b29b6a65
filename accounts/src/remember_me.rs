//! "Remember me": a long-lived cookie that can start a new session when the old one has expired.
//!
//! Its value is exchanged for a session and the next value at each use. An answer can be lost on the way, so what an
//! exchange gave counts from the first later request that presents it ([`first_use`]):
//!
//! | an exchanged or voided value is presented again | |
//! |---|---|
//! | within [`Limits::exchange_race`](crate::limits::Limits::exchange_race) | another tab, perhaps: it looks again, and is given nothing |
//! | later, and nothing that it gave was used | exchanged again; what was given before is void |
//! | later, void, and no other answer of the same exchange was used | given nothing, and noted: the other answer, presented next, is theft |
//! | later, and another answer of the same exchange was used | theft: the device and its sessions end |
//!
//! All of it happens under the user's lock and on the device's epoch, so nothing of it works after a remote logout.

mod first_use;
mod values;

use serde_json::json;

use crate::{
    audit::{Action, Actor, Event},
    curfew_schedule::Schedule,
    emails::EmailTemplate,
    end_reason::EndReason,
    execute,
    ids::UserId,
    instance::Reader,
    operation::{LockedUser, Operation},
    secret::Token,
    sessions::{self, AuthMethod, Ended, NewSession, Started},
    time::UnixMillis,
};
pub use first_use::{first_use, note_first_use};
use values::{insert, mark_exchanged, mark_used, owner, rival_was_used, void_unused};

/// What presenting a remember-me cookie led to.
#[derive(Debug)]
pub enum Exchange {
    /// A new session, and the cookie's next value.
    Session {
        user: UserId,
        started: Started,
        next: Token,
        expires_at: UnixMillis,
    },
    /// Exchanged a moment ago, perhaps by another tab of the same browser, whose answer is on its
    /// way. Nothing was issued and nothing ended; the browser should look again.
    JustExchanged,
    /// The value it came from was exchanged again before this one was presented. Nothing was issued and nothing ended,
    /// but it is noted; commit.
    Void(Ended),
    /// Another answer of the same exchange was used, so a thief has a copy. The device and its sessions have ended;
    /// commit.
    Reused(Ended),
    /// It was valid once, and the device has ended.
    Ended(Ended),
    Unknown,
}

/// A remembered device's cookie value and its end.
#[derive(Debug, Clone)]
pub struct Remembered {
    pub token: Token,
    pub expires_at: UnixMillis,
}

/// Remembers a device. Returns the device's id and its cookie.
pub(crate) async fn issue(
    op: &mut Operation,
    user: &LockedUser,
) -> Result<(String, Remembered), sqlx::Error> {
    op.holds(user)?;
    let (limits, now) = (op.limits, op.now);
    let device = now.id();
    let expires_at = now.at + limits.remember_for;
    let curfew_ends_at = Schedule::of(op, &user.id).await?.ends_after(now.at);
    let user_agent = op.client().user_agent.clone();
    execute!(
        op,
        "insert into remembered_devices (id, user_id, epoch, user_agent, created_at, last_used_at, expires_at, curfew_ends_at)
         values ($1, $2, $3, $4, $5, $5, $6, $7)",
        &device,
        &user.id,
        user.epoch,
        user_agent,
        now.at,
        expires_at,
        curfew_ends_at
    )?;
    let token = insert(op, &device, None).await?;
    Ok((device, Remembered { token, expires_at }))
}

/// What a remember-me cookie is worth, without presenting it.
#[derive(Debug)]
pub enum Worth {
    /// Its device is live: an [`exchange`] says the rest.
    Live,
    Ended(Ended),
    /// It was never issued.
    Nothing,
}

/// Reads what a cookie is worth. What only reads, as a script's request does, learns by this how the device ended, and
/// a browser whose cookie is dead need not wait for the database's writer.
///
/// # Errors
/// When the database is unavailable.
pub async fn worth(conn: &mut Reader, token: &Token) -> Result<Worth, sqlx::Error> {
    let now = conn.now;
    let Some(value) = values::find(conn, &token.hash()).await? else {
        return Ok(Worth::Nothing);
    };
    let Some((reason, at)) = value.ended(now) else {
        return Ok(Worth::Live);
    };
    let ended = sessions::how_it_ended(conn, reason, at, value.event()).await?;
    Ok(Worth::Ended(ended))
}

/// Exchanges a remember-me cookie for a session and the cookie's next value.
///
/// # Errors
/// When the database is unavailable.
pub async fn exchange(op: &mut Operation, token: &Token) -> Result<Exchange, sqlx::Error> {
    let (limits, now) = (op.limits, op.now);
    let Some(user) = owner(op, token).await? else {
        return Ok(Exchange::Unknown);
    };
    let Some(user) = op.lock_user(&user).await? else {
        return Ok(Exchange::Unknown);
    };
    // Read under the lock: a remote logout or another exchange has either committed or not begun.
    let Some(value) = values::find(op, &token.hash()).await? else {
        return Ok(Exchange::Unknown);
    };
    if let Some((reason, at)) = value.ended(now) {
        let ended = sessions::how_it_ended(op, reason, at, value.event()).await?;
        return Ok(Exchange::Ended(ended));
    }
    let replaced_at = value.voided_at.or(value.exchanged_at);
    if replaced_at.is_some_and(|at| now.at < at + limits.exchange_race) {
        return Ok(Exchange::JustExchanged);
    }
    if rival_was_used(op, &value).await? {
        let ended = end_stolen(op, &user, &value.device_id).await?;
        return Ok(Exchange::Reused(ended));
    }
    mark_used(op, &value.token_hash).await?;
    if let Some(at) = value.voided_at {
        let ended = sessions::how_it_ended(op, EndReason::Superseded, at, None).await?;
        return Ok(Exchange::Void(ended));
    }

    let superseded = void_unused(op, &value).await?;
    mark_exchanged(op, &value).await?;
    let next = insert(op, &value.device_id, Some(&value.token_hash)).await?;
    let given_with = next.hash();
    let new = NewSession {
        user: &user,
        auth_method: AuthMethod::Remembered,
        second_factor: None,
        remembered_device: Some(&value.device_id),
        given_with: Some(&given_with),
    };
    let mut details = json!({ "how": "remembered" });
    if let Some(session) = &superseded {
        details["superseded_session"] = session.as_str().into();
    }
    let event = Event::of(Action::Login, Actor::User(&user.id))
        .in_account(&user.account_id)
        .about(&user.id)
        .with(details);
    let event = op.record(event);
    if let Some(session) = &superseded {
        execute!(
            op,
            "update sessions set ended_at = $2, end_reason = $3, ended_by = $4 where id = $1 and ended_at is null",
            session,
            now.at,
            EndReason::Superseded,
            &event
        )?;
    }
    let started = sessions::start(op, new).await?;
    Ok(Exchange::Session {
        user: user.id,
        started,
        next,
        expires_at: value.expires_at,
    })
}

/// Ends a device whose cookie was used twice, with every session that it started, and tells the user.
async fn end_stolen(
    op: &mut Operation,
    user: &LockedUser,
    device: &str,
) -> Result<Ended, sqlx::Error> {
    op.holds(user)?;
    let now = op.now.at;
    let (action, reason) = (Action::RememberedDeviceReused, EndReason::Reused);
    let event = Event::of(action, Actor::Anonymous)
        .in_account(&user.account_id)
        .about(&user.id);
    let event = op.record(event);
    for sql in [
        "update remembered_devices set ended_at = $2, end_reason = $3, ended_by = $4
         where id = $1 and epoch = $5",
        "update sessions set ended_at = $2, end_reason = $3, ended_by = $4
         where remembered_device_id = $1 and ended_at is null and epoch = $5",
    ] {
        execute!(op, sql, device, now, reason, &event, user.epoch)?;
    }
    op.email(&user.email, EmailTemplate::RememberedDeviceReused);
    Ok(Ended {
        end_reason: reason,
        at: now,
        by_user_agent: Some(op.client().user_agent.clone()),
        by: Some("anonymous".into()),
        by_name: None,
        action: Some(action.name().into()),
    })
}
