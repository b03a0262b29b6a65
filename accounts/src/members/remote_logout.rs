//! Remote logout of a member by an owner or admin, and of everyone by an owner.

use super::{
    MemberError,
    act::{begin_on, lock_account, may},
};
use crate::{
    audit::Client,
    db::{Conn, Tx},
    limits::Limits,
    on,
    sessions::{By, EndAllError, LogoutReceipt, SignedIn, Surface, end_all, end_all_but},
    time::Moment,
    users::{AccountId, UserId},
};

/// Ends every session and remembered device of a member. Their tokens and two-factor settings stay.
///
/// # Errors
/// See [`MemberError`]; whatever it is, nothing has changed.
pub async fn remote_logout_member(
    tx: &mut Tx,
    who: &SignedIn,
    member: &UserId,
    client: &Client,
    limits: &Limits,
    now: Moment,
) -> Result<LogoutReceipt, MemberError> {
    let address = "/api/fn/remote_logout_member";
    let (me, member) = begin_on(tx, who, member, address, limits, now).await?;
    if member.id == me.id {
        return Err(MemberError::NotAllowed(
            "For yourself, use Remote logout on your profile.",
        ));
    }
    let (by, from) = (By::Member(&me.id), Surface::Members);
    Ok(end_all(tx, &member.id, by, from, client, limits, now).await?)
}

/// What ended for everyone together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Everyone {
    pub users: u64,
    pub sessions: u64,
    pub remembered_devices: u64,
    /// The hash of the event about whoever did it; empty when that was an operator.
    pub hash: String,
}

impl Everyone {
    fn add(&mut self, ended: &LogoutReceipt) {
        self.users += 1;
        self.sessions += ended.sessions;
        self.remembered_devices += ended.remembered_devices;
    }
}

/// Ends every session and remembered device of every member. With `keep_this` the session that does it goes
/// on; its user's other sessions and all their remembered devices end as well.
///
/// # Errors
/// See [`MemberError`]; whatever it is, nothing has changed.
pub async fn remote_logout_everyone(
    tx: &mut Tx,
    who: &SignedIn,
    keep_this: bool,
    client: &Client,
    limits: &Limits,
    now: Moment,
) -> Result<Everyone, MemberError> {
    let account = &who.user.account_id;
    let users = lock_with_users(tx, account).await?;
    let address = "/api/fn/remote_logout_everyone";
    let me = may(tx, who, address, limits, now).await?;
    let mut all = Everyone::default();
    for person in users {
        let keep = (keep_this && person == me.id).then_some(&who.session);
        let (by, from) = (By::Member(&me.id), Surface::Everyone);
        let ended = end_all_but(tx, &person, by, from, keep, client, limits, now).await?;
        all.add(&ended);
        if person == me.id {
            all.hash = ended.hash;
        }
    }
    Ok(all)
}

/// The same for one account from the command line. None when its plan lacks remote logout.
///
/// # Errors
/// When the database is unavailable.
pub async fn remote_logout_everyone_by_operator(
    tx: &mut Tx,
    account: &AccountId,
    limits: &Limits,
    now: Moment,
) -> Result<Option<Everyone>, sqlx::Error> {
    let client = Client::default();
    let mut all = Everyone::default();
    for person in lock_with_users(tx, account).await? {
        let (by, from) = (By::Operator, Surface::Cli);
        match end_all(tx, &person, by, from, &client, limits, now).await {
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
    conn: &mut Conn,
    account: &AccountId,
    limits: &Limits,
    now: Moment,
) -> Result<Everyone, sqlx::Error> {
    let (users, sessions, devices): (i64, i64, i64) = on!(conn, c => sqlx::query_as(
        "select (select count(*) from users where account_id = $1 and removed_at is null),
                (select count(*) from sessions s join users u on u.id = s.user_id and u.epoch = s.epoch
                 where u.account_id = $1 and s.ended_at is null and s.expires_at > $2 and s.last_active_at > $3),
                (select count(*) from remembered_devices d join users u on u.id = d.user_id and u.epoch = d.epoch
                 where u.account_id = $1 and d.ended_at is null and d.expires_at > $2)")
        .bind(account)
        .bind(now.at)
        .bind(now.at - limits.session_idle)
        .fetch_one(c)
        .await)?;
    Ok(Everyone {
        users: users.unsigned_abs(),
        sessions: sessions.unsigned_abs(),
        remembered_devices: devices.unsigned_abs(),
        hash: String::new(),
    })
}

/// Locks an account and all its members, for an operation to each of them: all before the first event, since
/// users are locked before the audit chain.
pub(crate) async fn lock_with_users(
    tx: &mut Tx,
    account: &AccountId,
) -> Result<Vec<UserId>, sqlx::Error> {
    lock_account(tx, account).await?;
    let sql = match &**tx {
        Conn::Sqlite(_) => {
            "select id from users where account_id = $1 and removed_at is null order by id"
        }
        Conn::Postgres(_) => {
            "select id from users where account_id = $1 and removed_at is null order by id for update"
        }
    };
    on!(tx, c => sqlx::query_scalar(sql).bind(account).fetch_all(c).await)
}
