//! Remote logout of a member by an owner or admin, and of everyone by an owner.

use super::{
    MemberError,
    act::{begin_on, may},
};
use crate::{
    ids::{AccountId, EventId, UserId},
    instance::Reader,
    live::{live_device, live_session},
    on,
    operation::Operation,
    permissions::Permission,
    sessions::{self, By, EndAllError, LogoutReceipt, ShownEpoch, Started, Surface, end_all_but},
    signed_in::SignedIn,
};

/// Ends every session and remembered device of a member. Their tokens and two-factor settings stay.
///
/// # Errors
/// See [`MemberError`]; in each case nothing has changed.
pub async fn remote_logout_member(
    op: &mut Operation,
    who: &SignedIn,
    member: &UserId,
    shown: ShownEpoch,
) -> Result<LogoutReceipt, MemberError> {
    let permission = Permission::RemoteLogoutMember;
    let (me, member) = begin_on(op, who, member, permission, shown).await?;
    if member.id == me.id {
        return Err(MemberError::NotAllowed(
            "For yourself, use Remote logout on your profile.",
        ));
    }
    let (by, surface) = (By::Member(&me.id), Surface::Members);
    Ok(end_all_but(op, &member, by, surface, None).await?)
}

/// What ended for everyone together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Everyone {
    pub users: u64,
    pub sessions: u64,
    pub remembered_devices: u64,
    /// Open invitations of the members that wait for a confirmation now.
    pub invitations: u64,
    /// The event about the user who did it; none when that was an operator.
    pub event: Option<EventId>,
}

impl Everyone {
    fn add(&mut self, ended: &LogoutReceipt) {
        self.users += 1;
        self.sessions += ended.sessions;
        self.remembered_devices += ended.remembered_devices;
        self.invitations += ended.invitations;
    }
}

/// Everyone was logged out from all devices.
#[derive(Debug)]
pub struct LoggedOutEveryone {
    pub ended: Everyone,
    /// The session that asked, under its new cookie, where it stays.
    pub session: Option<Started>,
}

/// Ends every session and remembered device of every member. With `keep_this` the session that asks stays live, under a
/// new cookie, because a copy of the old one may be what this is about; its user's other sessions and all their
/// remembered devices end as well. `shown` is the epoch of the user who asks.
///
/// # Errors
/// See [`MemberError`]; in each case nothing has changed.
pub async fn remote_logout_everyone(
    op: &mut Operation,
    who: &SignedIn,
    keep_this: bool,
    shown: ShownEpoch,
) -> Result<LoggedOutEveryone, MemberError> {
    let account = op.lock_account(&who.user.account_id).await?;
    let members = op.lock_members(&account).await?;
    // A removed user is none of those just locked, and is not locked out of order.
    if !members.iter().any(|member| member.id == who.user.id) {
        return Err(MemberError::Ended);
    }
    let me = may(op, who, Permission::RemoteLogoutEveryone).await?;
    if !shown.fits(&me) {
        return Err(MemberError::Stale);
    }
    let mut all = Everyone::default();
    let mut session = None;
    for member in &members {
        let keep = (keep_this && member.id == me.id).then_some(&who.session);
        let (by, surface) = (By::Member(&me.id), Surface::Everyone);
        let ended = end_all_but(op, member, by, surface, keep).await?;
        all.add(&ended);
        if member.id == me.id {
            all.event = Some(ended.event);
        }
        if let Some(kept) = keep {
            session = Some(sessions::rotate_kept(op, kept).await?);
        }
    }
    Ok(LoggedOutEveryone {
        ended: all,
        session,
    })
}

/// The same for one account from the command line. None when its plan lacks remote logout.
///
/// # Errors
/// When the database is unavailable.
pub async fn remote_logout_everyone_by_operator(
    op: &mut Operation,
    account: &AccountId,
) -> Result<Option<Everyone>, sqlx::Error> {
    let account = op.lock_account(account).await?;
    let mut all = Everyone::default();
    for member in op.lock_members(&account).await? {
        let (by, surface) = (By::Operator, Surface::Cli);
        match end_all_but(op, &member, by, surface, None).await {
            Ok(ended) => all.add(&ended),
            Err(EndAllError::PlanRequired(_)) => return Ok(None),
            Err(EndAllError::Database(e)) => return Err(e),
            Err(EndAllError::AlreadyEnded | EndAllError::NoSuchUser) => {}
        }
    }
    Ok(Some(all))
}

/// What [`remote_logout_everyone`] would end now.
///
/// # Errors
/// When the database is unavailable.
pub async fn count_everyone(
    conn: &mut Reader,
    account: &AccountId,
) -> Result<Everyone, sqlx::Error> {
    let (now, idle) = (conn.now.at, conn.idle_since());
    let (users, sessions, devices, invitations): (i64, i64, i64, i64) = on!(conn, c => sqlx::query_as(concat!(
        "select (select count(*) from users where account_id = $3 and removed_at is null),
                (select count(*) from sessions s join users u on u.id = s.user_id
                 where u.account_id = $3 and ", live_session!("$1", "$2"), "),
                (select count(*) from remembered_devices d join users u on u.id = d.user_id
                 where u.account_id = $3 and ", live_device!("$1"), "),
                (select count(*) from invitations i join users u on u.id = i.created_by
                 where u.account_id = $3 and u.removed_at is null and i.used_at is null and i.revoked_at is null
                   and i.waits_since is null and i.expires_at > $1)"))
        .bind(now)
        .bind(idle)
        .bind(account)
        .fetch_one(c)
        .await)?;
    Ok(Everyone {
        users: users.unsigned_abs(),
        sessions: sessions.unsigned_abs(),
        remembered_devices: devices.unsigned_abs(),
        invitations: invitations.unsigned_abs(),
        event: None,
    })
}
