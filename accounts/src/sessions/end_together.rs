//! What ends together: raising a user's epoch ends everything that was issued under an older epoch, on every
//! node, from the commit on. Sessions (with the time of their last step-up), remembered devices, known devices, pending
//! sign-ins, drafts and one-time links (except "This wasn't me") carry the epoch they were issued under. One row says
//! why the epoch rose; what can be told of each session follows from it afterwards ([`super::expand`]), so that the cost
//! does not grow with their number.

use serde_json::json;

use super::facts::count_live;
use crate::{
    audit::Event,
    end_reason::EndReason,
    execute,
    ids::{EventId, SessionId},
    known_devices::stays_known,
    operation::{LockedUser, Operation},
};

/// How a user's sessions and remembered devices end.
#[derive(Debug)]
pub(crate) struct Ending<'a> {
    /// Recorded about the user, with the counts added to its details.
    pub event: Event<'a>,
    pub reason: EndReason,
    /// What stays live under the new epoch.
    pub keep: Option<Keep<'a>>,
    /// Whether the browser that asks stays a known device: only where its user has just shown who they are.
    pub browser_stays_known: bool,
}

/// A session that stays live.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keep<'a> {
    session: &'a SessionId,
    with_device: bool,
}

impl<'a> Keep<'a> {
    /// Only the session: it is remembered no longer.
    pub(crate) fn session(session: &'a SessionId) -> Self {
        Self {
            session,
            with_device: false,
        }
    }

    /// The session and the remembered device that it came from.
    pub(crate) fn session_and_device(session: &'a SessionId) -> Self {
        Self {
            session,
            with_device: true,
        }
    }
}

/// What ended. Only what was live is counted, and not what was kept.
#[derive(Debug)]
pub(crate) struct EndedTogether {
    pub sessions: i64,
    pub remembered_devices: i64,
    /// Open invitations of the user that wait for a confirmation now.
    pub invitations: u64,
    pub event: EventId,
}

/// Raises the user's epoch, which ends all that was issued under it.
pub(crate) async fn end_together(
    op: &mut Operation,
    user: &LockedUser,
    ending: Ending<'_>,
) -> Result<EndedTogether, sqlx::Error> {
    op.holds(user)?;
    // Counted before the epoch rises, because after that nothing is live.
    let live = count_live(op, &user.id).await?;
    execute!(
        op,
        "update users set epoch = epoch + 1 where id = $1",
        &user.id
    )?;
    let (sessions, devices) = match ending.keep {
        Some(keep) => carry_over(op, user, keep).await?,
        None => (0, 0),
    };
    let ended_sessions = live.sessions - sessions;
    let ended_devices = live.remembered_devices - devices;
    let invitations = hold_invitations(op, user).await?;
    let counts = json!({
        "sessions": ended_sessions, "remembered_devices": ended_devices, "invitations": invitations,
    });
    let event = ending.event.and(&counts);
    let event = op.record(event.in_account(&user.account_id).about(&user.id));
    if ending.browser_stays_known {
        stays_known(op, user).await?;
    }
    let ended = EndedTogether {
        sessions: ended_sessions,
        remembered_devices: ended_devices,
        invitations,
        event,
    };
    record_raise(op, user, ending.reason, &ended).await?;
    Ok(ended)
}

/// Puts a session under the new epoch, and its remembered device where that is kept. Returns how many of each: one, or
/// none when it has ended, because what has ended stays ended.
async fn carry_over(
    op: &mut Operation,
    user: &LockedUser,
    keep: Keep<'_>,
) -> Result<(i64, i64), sqlx::Error> {
    let now = op.now.at;
    let devices = if keep.with_device {
        execute!(
            op,
            "update remembered_devices set epoch = $3
             where id = (select remembered_device_id from sessions where id = $1 and user_id = $2)
               and epoch = $4 and ended_at is null
               and expires_at > $5 and (curfew_ends_at is null or curfew_ends_at > $5)",
            keep.session,
            &user.id,
            user.epoch + 1,
            user.epoch,
            now
        )?
    } else {
        0
    };
    if keep.with_device {
        // What was signed in to from the session that asks stays, as that does.
        execute!(
            op,
            "update application_sessions set epoch = $3
             where session_id = $1 and user_id = $2 and epoch = $4 and ended_at is null",
            keep.session,
            &user.id,
            user.epoch + 1,
            user.epoch
        )?;
    }
    let sessions = execute!(
        op,
        "update sessions set epoch = $3,
                remembered_device_id = case when $4 then remembered_device_id else null end
         where id = $1 and user_id = $2 and ended_at is null",
        keep.session,
        &user.id,
        user.epoch + 1,
        keep.with_device
    )?;
    Ok((
        i64::try_from(sessions).unwrap_or(0),
        i64::try_from(devices).unwrap_or(0),
    ))
}

/// Writes down which epoch ended, and why: the reason of every session and remembered device that carries it, and the
/// job of marking them.
async fn record_raise(
    op: &mut Operation,
    user: &LockedUser,
    reason: EndReason,
    ended: &EndedTogether,
) -> Result<(), sqlx::Error> {
    let now = op.now.at;
    execute!(
        op,
        "insert into epoch_raises (user_id, epoch, event_id, reason, at, sessions, remembered_devices, invitations)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        &user.id,
        user.epoch,
        &ended.event,
        reason,
        now,
        ended.sessions,
        ended.remembered_devices,
        i64::try_from(ended.invitations).unwrap_or(i64::MAX)
    )?;
    Ok(())
}

/// Lets the user's open invitations wait for a confirmation, because a thief may have created them.
async fn hold_invitations(op: &mut Operation, user: &LockedUser) -> Result<u64, sqlx::Error> {
    let now = op.now.at;
    execute!(
        op,
        "update invitations set waits_since = $2
         where created_by = $1 and used_at is null and revoked_at is null and waits_since is null and expires_at > $2",
        &user.id,
        now
    )
}
