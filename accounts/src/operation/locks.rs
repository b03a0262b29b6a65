//! Locks as types: proofs, which only an operation can create, that a row is locked until the operation ends.
//!
//! A function that needs a lock takes its proof. A proof carries the number of its operation, which refuses
//! those of another one. Locks are taken in one order, because two operations that took them in two would
//! wait for each other: the account, then users by their ids; audit chains last, at the commit.

use sqlx::FromRow;

use super::Operation;
use crate::{
    db::Conn,
    ids::{AccountId, SessionId, UserId},
    live::{keeps_remote_logout, live_session, requires_second_factor},
    on,
    plans::{Available, Plan},
    roles::Role,
    time::UnixMillis,
};

/// The account's row is locked: members join, leave and change one operation at a time.
#[derive(Debug)]
pub struct LockedAccount {
    operation: u64,
    pub id: AccountId,
}

/// The user's row is locked, and this is what it holds. Whatever starts or ends sessions takes this lock
/// first: without it, a sign-in that overlaps a remote logout would outlive it on PostgreSQL.
#[derive(Debug, FromRow)]
pub struct LockedUser {
    #[sqlx(skip)]
    operation: u64,
    pub id: UserId,
    pub account_id: AccountId,
    pub plan: Plan,
    pub role: Role,
    pub name: String,
    pub email: String,
    pub epoch: i64,
    pub(crate) password_hash: String,
    pub two_factor_since: Option<UnixMillis>,
    pub disabled_at: Option<UnixMillis>,
    pub removed_at: Option<UnixMillis>,
    keeps_remote_logout: bool,
    second_factor_required: bool,
}

impl LockedUser {
    /// What the user may use.
    #[must_use]
    pub fn available(&self) -> Available {
        Available {
            plan: self.plan,
            keeps_remote_logout: self.keeps_remote_logout,
            owes_second_factor: self.second_factor_required && self.two_factor_since.is_none(),
        }
    }
}

/// A session that is live under its user's lock: what the request was authenticated with still holds.
#[derive(Debug)]
pub struct LiveSession {
    pub id: SessionId,
    pub user: LockedUser,
}

/// What was locked so far, for the order.
#[derive(Debug, Default)]
pub(crate) struct LockOrder {
    account: Option<AccountId>,
    users: Vec<UserId>,
}

impl LockOrder {
    /// Whose rows are locked.
    pub(crate) fn users(&self) -> Vec<UserId> {
        self.users.clone()
    }

    fn take_account(&mut self, id: &AccountId) -> Result<(), sqlx::Error> {
        if self.account.as_ref() == Some(id) {
            return Ok(());
        }
        if self.account.is_some() || !self.users.is_empty() {
            return Err(out_of_order("an account is locked first, and only one"));
        }
        self.account = Some(id.clone());
        Ok(())
    }

    fn take_user(&mut self, id: &UserId) -> Result<(), sqlx::Error> {
        if self.users.contains(id) {
            return Ok(());
        }
        if self.users.last().is_some_and(|last| last > id) {
            return Err(out_of_order("users are locked in the order of their ids"));
        }
        self.users.push(id.clone());
        Ok(())
    }
}

/// A programming mistake that no test has met. An error, because operations that wait for each other would be worse.
fn out_of_order(rule: &str) -> sqlx::Error {
    sqlx::Error::Protocol(format!("locks out of order: {rule}"))
}

macro_rules! locked_user {
    () => {
        concat!(
            "select u.id, u.account_id, a.plan, u.role, u.name, u.email, u.epoch, u.password_hash,
                u.two_factor_since, u.disabled_at, u.removed_at, ",
            requires_second_factor!("a"),
            " as second_factor_required, ",
            keeps_remote_logout!("$2", "$3"),
            " from users u join accounts a on a.id = u.account_id "
        )
    };
}

impl Operation {
    /// Locks an account. SQLite has one writer anyway.
    ///
    /// # Errors
    /// When the database is unavailable, or a user was locked before.
    pub(crate) async fn lock_account(
        &mut self,
        id: &AccountId,
    ) -> Result<LockedAccount, sqlx::Error> {
        self.locks.take_account(id)?;
        if let Conn::Postgres(held) = &mut self.reader.conn {
            sqlx::query("select 1 from accounts where id = $1 for update")
                .bind(id)
                .execute(&mut **held)
                .await?;
        }
        Ok(LockedAccount {
            operation: self.number,
            id: id.clone(),
        })
    }

    /// Locks a user. None when there is no such user.
    ///
    /// # Errors
    /// When the database is unavailable, or a user with a later id was locked before.
    pub(crate) async fn lock_user(
        &mut self,
        id: &UserId,
    ) -> Result<Option<LockedUser>, sqlx::Error> {
        self.locks.take_user(id)?;
        // On SQLite `begin immediate` has already let one writer in alone.
        if let Conn::Postgres(held) = &mut self.reader.conn {
            sqlx::query("select 1 from users where id = $1 for update")
                .bind(id)
                .execute(&mut **held)
                .await?;
        }
        let (now, idle) = (self.now.at, self.idle_since());
        let found: Option<LockedUser> = on!(self, c => sqlx::query_as(
            concat!(locked_user!(), "where u.id = $1"))
            .bind(id)
            .bind(now)
            .bind(idle)
            .fetch_optional(c)
            .await)?;
        Ok(found.map(|user| self.own(user)))
    }

    /// Locks every member of an account, by their ids.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub(crate) async fn lock_members(
        &mut self,
        account: &LockedAccount,
    ) -> Result<Vec<LockedUser>, sqlx::Error> {
        self.owns(account.operation)?;
        if let Conn::Postgres(held) = &mut self.reader.conn {
            sqlx::query("select 1 from users where account_id = $1 and removed_at is null order by id for update")
                .bind(&account.id)
                .execute(&mut **held)
                .await?;
        }
        let (now, idle) = (self.now.at, self.idle_since());
        let members: Vec<LockedUser> = on!(self, c => sqlx::query_as(
            concat!(locked_user!(), "where u.account_id = $1 and u.removed_at is null order by u.id"))
            .bind(&account.id)
            .bind(now)
            .bind(idle)
            .fetch_all(c)
            .await)?;
        for member in &members {
            self.locks.take_user(&member.id)?;
        }
        Ok(members.into_iter().map(|user| self.own(user)).collect())
    }

    /// Locks the user of a session and checks that the session is still live. None when a remote logout, or
    /// another end, came first: what the request was authenticated with no longer holds.
    ///
    /// # Errors
    /// When the database is unavailable, or a user with a later id was locked before.
    pub(crate) async fn lock_live(
        &mut self,
        user: &UserId,
        session: &SessionId,
    ) -> Result<Option<LiveSession>, sqlx::Error> {
        let Some(user) = self.lock_user(user).await? else {
            return Ok(None);
        };
        let live = self.is_live(&user, session).await?;
        Ok(live.then(|| LiveSession {
            id: session.clone(),
            user,
        }))
    }

    /// Whether a session of a locked user is live.
    pub(crate) async fn is_live(
        &mut self,
        user: &LockedUser,
        session: &SessionId,
    ) -> Result<bool, sqlx::Error> {
        self.holds(user)?;
        let (now, idle) = (self.now.at, self.idle_since());
        on!(self, c => sqlx::query_scalar::<_, i64>(concat!(
            "select count(*) from sessions s join users u on u.id = s.user_id
             where s.id = $3 and u.id = $4 and ", live_session!("$1", "$2")))
            .bind(now)
            .bind(idle)
            .bind(session)
            .bind(&user.id)
            .fetch_one(c)
            .await)
        .map(|n| n > 0)
    }

    /// Refuses the proof of another operation.
    pub(crate) fn holds(&self, user: &LockedUser) -> Result<(), sqlx::Error> {
        self.owns(user.operation)
    }

    fn owns(&self, operation: u64) -> Result<(), sqlx::Error> {
        if operation == self.number {
            Ok(())
        } else {
            Err(out_of_order("a lock counts in its own operation only"))
        }
    }

    fn own(&self, mut user: LockedUser) -> LockedUser {
        user.operation = self.number;
        user
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: &str) -> UserId {
        UserId(id.into())
    }

    #[test]
    fn the_account_comes_before_its_users() {
        let mut order = LockOrder::default();
        order.take_account(&AccountId("a".into())).unwrap();
        order.take_user(&user("1")).unwrap();
        order.take_account(&AccountId("a".into())).unwrap();
        assert!(order.take_account(&AccountId("b".into())).is_err());
        let mut late = LockOrder::default();
        late.take_user(&user("1")).unwrap();
        assert!(late.take_account(&AccountId("a".into())).is_err());
    }

    #[test]
    fn users_come_by_their_ids() {
        let mut order = LockOrder::default();
        order.take_user(&user("2")).unwrap();
        order.take_user(&user("2")).unwrap();
        assert!(order.take_user(&user("1")).is_err());
        order.take_user(&user("3")).unwrap();
    }
}
