//! The numbers that one look goes through: no more than so many, and none before or after the days that are asked for.

use sqlx::FromRow;

use super::filter::{Cut, Filter};
use crate::{db::Conn, ids::AccountId, on, time::UnixMillis};

/// How many numbers of the log one look goes through where no index leads to what is asked for.
pub const LOOKED_THROUGH: i64 = 50_000;

/// How many events beside a moment may have been numbered in another order than they happened: an operation takes its time
/// when it begins and its number when it commits, and a clock may be put back.
const OUT_OF_ORDER: i64 = 5_000;

/// The first event that was not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct Stopped {
    pub seq: i64,
    pub at: UnixMillis,
}

/// Numbers between two others, both left out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub after: i64,
    pub before: i64,
}

impl Window {
    /// Whatever the number.
    const ALL: Self = Self {
        after: i64::MIN,
        before: i64::MAX,
    };

    /// What one look goes through, and where it stops: none where all that can match lies within.
    pub(super) async fn of(
        conn: &mut Conn,
        account: &AccountId,
        filter: &Filter,
        cut: Cut,
    ) -> Result<(Self, Option<Stopped>), sqlx::Error> {
        if !filter.looks_at_each() {
            let window = match cut {
                Cut::Before(before) => Self {
                    before,
                    ..Self::ALL
                },
                Cut::After(after) => Self { after, ..Self::ALL },
            };
            return Ok((window, None));
        }
        let days = Self::of_days(conn, account, filter).await?;
        let window = match cut {
            Cut::Before(number) => {
                let newest = newest(conn, account).await?;
                let before = number.min(days.before).min(newest.saturating_add(1));
                let after = before.saturating_sub(LOOKED_THROUGH + 1).max(days.after);
                Self { after, before }
            }
            Cut::After(number) => {
                let after = number.max(days.after);
                let before = after.saturating_add(LOOKED_THROUGH + 1).min(days.before);
                Self { after, before }
            }
        };
        let stopped = match cut {
            Cut::Before(_) if window.after == days.after => None,
            Cut::After(_) if window.before == days.before => None,
            Cut::Before(_) => beyond(conn, account, cut, window.after).await?,
            Cut::After(_) => beyond(conn, account, cut, window.before).await?,
        };
        Ok((window, stopped))
    }

    /// The numbers of the days that are asked for, found by an index: a day in the past costs what today does.
    async fn of_days(
        conn: &mut Conn,
        account: &AccountId,
        filter: &Filter,
    ) -> Result<Self, sqlx::Error> {
        let mut days = Self::ALL;
        if let Some(from) = filter.from {
            let first = first_since(conn, account, from).await?;
            days.after = first.map_or(i64::MAX, |first| first - 1);
        }
        if let Some(until) = filter.until {
            let last = last_before(conn, account, until).await?;
            days.before = last.map_or(i64::MIN, |last| last + 1);
        }
        Ok(days)
    }
}

async fn newest(conn: &mut Conn, account: &AccountId) -> Result<i64, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar(
        "select coalesce(max(seq), 0) from audit_events where chain = $1")
        .bind(account)
        .fetch_one(c)
        .await)
}

/// The lowest number of an event from that moment on.
async fn first_since(
    conn: &mut Conn,
    account: &AccountId,
    from: UnixMillis,
) -> Result<Option<i64>, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar(
        "select min(near.seq) from (
            select seq from audit_events where chain = $1 and at >= $2 order by at, seq limit $3) near")
        .bind(account)
        .bind(from)
        .bind(OUT_OF_ORDER)
        .fetch_one(c)
        .await)
}

/// The highest number of an event before that moment.
async fn last_before(
    conn: &mut Conn,
    account: &AccountId,
    until: UnixMillis,
) -> Result<Option<i64>, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar(
        "select max(near.seq) from (
            select seq from audit_events where chain = $1 and at < $2 order by at desc, seq desc limit $3) near")
        .bind(account)
        .bind(until)
        .bind(OUT_OF_ORDER)
        .fetch_one(c)
        .await)
}

/// The first event from that number on, away from the cut.
async fn beyond(
    conn: &mut Conn,
    account: &AccountId,
    cut: Cut,
    number: i64,
) -> Result<Option<Stopped>, sqlx::Error> {
    let sql = match cut {
        Cut::Before(_) => {
            "select seq, at from audit_events where chain = $1 and seq <= $2 order by seq desc limit 1"
        }
        Cut::After(_) => {
            "select seq, at from audit_events where chain = $1 and seq >= $2 order by seq limit 1"
        }
    };
    on!(conn, c => sqlx::query_as(sql)
        .bind(account)
        .bind(number)
        .fetch_optional(c)
        .await)
}
