//! The values that a remembered device's cookie ever had, as rows.

use sqlx::FromRow;

use crate::{
    db::Conn,
    end_reason::EndReason,
    execute,
    ids::{SessionId, UserId},
    instance::Reader,
    live::{live_device, live_session},
    on,
    operation::Operation,
    secret::{Token, TokenHash},
    sessions::{Raise, raise},
    time::{Moment, UnixMillis},
};

/// A value and its device.
#[derive(FromRow)]
pub(super) struct Value {
    pub token_hash: TokenHash,
    pub device_id: String,
    parent_hash: Option<TokenHash>,
    pub exchanged_at: Option<UnixMillis>,
    pub voided_at: Option<UnixMillis>,
    pub expires_at: UnixMillis,
    ended_by: Option<String>,
    epoch: i64,
    user_epoch: i64,
    user_disabled_at: Option<UnixMillis>,
    live: bool,
    curfew_ends_at: Option<UnixMillis>,
    ended_at: Option<UnixMillis>,
    end_reason: Option<EndReason>,
    #[sqlx(flatten)]
    raise: Raise,
}

impl Value {
    /// Why and when its device ended; none while it is live, as the database has said ([`live_device!`]).
    pub(super) fn ended(&self, now: Moment) -> Option<(EndReason, UnixMillis)> {
        if self.live {
            return None;
        }
        if let Some(at) = self.ended_at {
            return Some((self.end_reason.unwrap_or(EndReason::SignedOut), at));
        }
        let by_itself = match self.curfew_ends_at {
            Some(at) if at < self.expires_at => (EndReason::Curfew, at),
            _ => (EndReason::Expired, self.expires_at),
        };
        // Its row is not marked yet: the first raise above its epoch says how it ended.
        if let Some(ended) = self.raise.or_before(by_itself) {
            return Some(ended);
        }
        match self.user_disabled_at {
            Some(at) => Some((EndReason::Disabled, at)),
            None if self.epoch != self.user_epoch => Some((EndReason::RemoteLogout, now.at)),
            None => Some(by_itself),
        }
    }

    /// The event of the operation that ended its device, where there is one.
    pub(super) fn event(&self) -> Option<&str> {
        self.ended_by.as_deref().or(self.raise.event())
    }
}

/// Whose it is; none when it was never issued.
pub(super) async fn owner(conn: &mut Conn, token: &Token) -> Result<Option<UserId>, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar(
        "select d.user_id from remember_tokens t join remembered_devices d on d.id = t.device_id
         where t.token_hash = $1")
        .bind(token.hash())
        .fetch_optional(c)
        .await)
}

/// The row of a value, as things are now.
pub(super) async fn find(
    conn: &mut Reader,
    hash: &TokenHash,
) -> Result<Option<Value>, sqlx::Error> {
    let now = conn.now.at;
    on!(conn, c => sqlx::query_as(concat!(
        "select t.token_hash, t.device_id, t.parent_hash, t.exchanged_at, t.voided_at,
                d.epoch, u.epoch as user_epoch, u.disabled_at as user_disabled_at, ", live_device!("$1"), " as live,
                d.expires_at, d.curfew_ends_at, d.ended_at, d.end_reason, d.ended_by, ", raise!(), "
         from remember_tokens t join remembered_devices d on d.id = t.device_id join users u on u.id = d.user_id
         left join epoch_raises r on r.user_id = d.user_id and r.epoch = d.epoch
         where t.token_hash = $2"))
        .bind(now)
        .bind(hash)
        .fetch_optional(c)
        .await)
}

/// Adds a value, which an exchange of `parent` gives.
pub(super) async fn insert(
    op: &mut Operation,
    device: &str,
    parent: Option<&TokenHash>,
) -> Result<Token, sqlx::Error> {
    let now = op.now;
    let token = Token::random();
    execute!(
        op,
        "insert into remember_tokens (token_hash, device_id, parent_hash, created_at) values ($1, $2, $3, $4)",
        token.hash(),
        device,
        parent,
        now.at
    )?;
    Ok(token)
}

/// Whether two browsers hold this device: what the value gave, or another answer of the exchange that gave it, was
/// used already.
pub(super) async fn rival_was_used(op: &mut Operation, value: &Value) -> Result<bool, sqlx::Error> {
    on!(op, c => sqlx::query_scalar::<_, i64>(
        "select count(*) from remember_tokens
         where device_id = $1 and used_at is not null and token_hash <> $2
               and (parent_hash = $2 or parent_hash = $3)")
        .bind(&value.device_id)
        .bind(&value.token_hash)
        .bind(&value.parent_hash)
        .fetch_one(c)
        .await)
    .map(|n| n > 0)
}

/// Notes that it, or the session that was given with it, was presented.
pub(super) async fn mark_used(op: &mut Operation, hash: &TokenHash) -> Result<(), sqlx::Error> {
    let now = op.now.at;
    execute!(
        op,
        "update remember_tokens set used_at = $2 where token_hash = $1 and used_at is null",
        hash,
        now
    )?;
    execute!(
        op,
        "update sessions set given_with = null where given_with = $1 and ended_at is null",
        hash
    )?;
    Ok(())
}

/// Voids what the value gave before, none of which was used. Returns the session among it that is still live: the
/// caller ends it.
pub(super) async fn void_unused(
    op: &mut Operation,
    value: &Value,
) -> Result<Option<SessionId>, sqlx::Error> {
    if value.exchanged_at.is_none() {
        return Ok(None);
    }
    let (now, idle) = (op.now.at, op.idle_since());
    let session = on!(op, c => sqlx::query_scalar(concat!(
        "select s.id from sessions s join users u on u.id = s.user_id
         join remember_tokens t on t.token_hash = s.given_with
         where s.remembered_device_id = $3 and t.parent_hash = $4 and ", live_session!("$1", "$2")))
        .bind(now)
        .bind(idle)
        .bind(&value.device_id)
        .bind(&value.token_hash)
        .fetch_optional(c)
        .await)?;
    execute!(
        op,
        "update remember_tokens set voided_at = $3 where device_id = $1 and parent_hash = $2 and voided_at is null",
        &value.device_id,
        &value.token_hash,
        now
    )?;
    Ok(session)
}

pub(super) async fn mark_exchanged(op: &mut Operation, value: &Value) -> Result<(), sqlx::Error> {
    let now = op.now.at;
    execute!(
        op,
        "update remember_tokens set exchanged_at = $2 where token_hash = $1",
        &value.token_hash,
        now
    )?;
    execute!(
        op,
        "update remembered_devices set last_used_at = $2 where id = $1",
        &value.device_id,
        now
    )?;
    Ok(())
}
