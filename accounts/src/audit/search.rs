//! Looking through one account's events, from the newest on. A page is cut by the events' numbers, so a log
//! that grows meanwhile moves nothing.

use sqlx::FromRow;

use super::Stored;
use crate::{
    db::Conn,
    ids::{AccountId, UserId},
    on,
    text::containing,
    time::UnixMillis,
};

/// Which events. The default is all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// An action's name.
    pub action: Option<String>,
    pub severity: Option<String>,
    /// The user who did it or to whom it was done.
    pub user: Option<UserId>,
    /// Not before.
    pub from: Option<UnixMillis>,
    /// Before.
    pub until: Option<UnixMillis>,
    /// Part of a name, an address, a user agent, an action or the details, in any case. Or a whole id: of an event,
    /// which finds what follows from it too, or of a request. Or the beginning of an event's hash, eight digits or more.
    pub words: Option<String>,
}

/// An event, and the names of its users as they are now.
#[derive(Debug, Clone, FromRow)]
pub struct Shown {
    #[sqlx(flatten)]
    pub event: Stored,
    pub actor_name: Option<String>,
    pub subject_name: Option<String>,
}

/// Where a page begins: it does not contain the number itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Older ones, newest first. `i64::MAX` for the newest page.
    Before(i64),
    /// Newer ones, oldest first. 0 for the oldest.
    After(i64),
}

impl Cut {
    /// The number that it does not contain.
    #[must_use]
    pub fn number(self) -> i64 {
        match self {
            Self::Before(number) | Self::After(number) => number,
        }
    }
}

/// How many numbers of the log one look goes through where no index leads to what is asked for.
pub const LOOKED_THROUGH: i64 = 50_000;

/// What a look has found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    pub events: Vec<Shown>,
    /// Where the look ended, though the log goes on and fewer were found than asked for.
    pub stopped: Option<Stopped>,
}

/// The first event that was not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct Stopped {
    pub seq: i64,
    pub at: UnixMillis,
}

impl Found {
    /// Where to go on, away from the cut that this was asked with. None when nothing follows.
    #[must_use]
    pub fn next(&self, cut: Cut) -> Option<Cut> {
        let last = self.events.last().map(|shown| shown.event.seq);
        Some(match (cut, self.stopped) {
            (Cut::Before(_), Some(stopped)) => Cut::Before(stopped.seq + 1),
            (Cut::After(_), Some(stopped)) => Cut::After(stopped.seq - 1),
            (Cut::Before(_), None) => Cut::Before(last?),
            (Cut::After(_), None) => Cut::After(last?),
        })
    }
}

impl Filter {
    /// Whether every event has to be looked at, because no index leads to what is asked for.
    fn looks_at_each(&self) -> bool {
        self.words.is_some() || self.user.is_some() || self.from.is_some() || self.until.is_some()
    }
}

/// One text for both sides of the cut. What an index leads to is said apart, so that the database takes that way.
macro_rules! events_where {
    ($indexed:literal, $order:literal) => {
        concat!(
            "select e.id, e.parent, e.chain, e.seq, e.at, e.action, e.category, e.severity, e.actor, e.subject,
                    e.ip, e.user_agent, e.request_id, e.details, e.prev_hash, e.hash, a.name as actor_name, s.name as subject_name
             from audit_events e
             left join users a on a.id = substr(e.actor, 6)
             left join users s on s.id = e.subject
             where e.chain = $1 and e.seq > $2 and e.seq < $12 ",
            $indexed,
            " and ($3 = '' or e.action = $3)
               and ($4 = '' or e.severity = $4)
               and ($5 = '' or e.subject = $5 or e.actor = 'user:' || $5)
               and e.at >= $6 and e.at < $7
               and ($8 = '' or e.id = $10 or e.parent = $10 or e.request_id = $10
                    or ($11 <> '' and e.hash like $11 || '%')
                    or lower(coalesce(a.name, '') || ' ' || coalesce(s.name, '') || ' ' || e.action || ' '
                                     || coalesce(e.ip, '') || ' ' || coalesce(e.user_agent, '') || ' ' || e.details)
                               like $8 escape '\\')
             order by e.seq ",
            $order,
            " limit $9"
        )
    };
}

macro_rules! both_orders {
    ($cut:expr, $indexed:literal) => {
        match $cut {
            Cut::Before(_) => events_where!($indexed, "desc"),
            Cut::After(_) => events_where!($indexed, "asc"),
        }
    };
}

/// Up to `most` of the account's events on that side of the cut. Where words, a user or days are asked for, one look goes
/// through [`LOOKED_THROUGH`] numbers at most, and says where it stopped.
///
/// # Errors
/// When the database is unavailable.
pub async fn search(
    conn: &mut Conn,
    account: &AccountId,
    filter: &Filter,
    cut: Cut,
    most: i64,
) -> Result<Found, sqlx::Error> {
    let (after, before) = window(conn, account, filter, cut).await?;
    let sql = match (&filter.action, &filter.severity) {
        (Some(_), _) => both_orders!(cut, "and e.action = $3"),
        (None, Some(_)) => both_orders!(cut, "and e.severity = $4"),
        (None, None) => both_orders!(cut, ""),
    };
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let words = filter.words.as_deref().map(containing).unwrap_or_default();
    let id = filter
        .words
        .as_deref()
        .map(|words| words.trim().to_lowercase());
    let hash = id.clone().filter(|id| is_part_of_a_hash(id));
    let user = filter.user.as_ref().map_or("", |p| p.0.as_str());
    let events: Vec<Shown> = on!(conn, c => sqlx::query_as(sql)
        .bind(account)
        .bind(after)
        .bind(text(&filter.action))
        .bind(text(&filter.severity))
        .bind(user)
        .bind(filter.from.map_or(i64::MIN, |at| at.0))
        .bind(filter.until.map_or(i64::MAX, |at| at.0))
        .bind(words)
        .bind(most)
        .bind(id)
        .bind(hash.unwrap_or_default())
        .bind(before)
        .fetch_all(c)
        .await)?;
    let is_short = i64::try_from(events.len()).is_ok_and(|found| found < most);
    let stopped = if is_short && filter.looks_at_each() {
        let edge = match cut {
            Cut::Before(_) => after,
            Cut::After(_) => before,
        };
        beyond(conn, account, cut, edge).await?
    } else {
        None
    };
    Ok(Found { events, stopped })
}

/// The numbers between which events are looked at, both left out.
async fn window(
    conn: &mut Conn,
    account: &AccountId,
    filter: &Filter,
    cut: Cut,
) -> Result<(i64, i64), sqlx::Error> {
    Ok(match cut {
        Cut::Before(before) if filter.looks_at_each() => {
            let newest: i64 = on!(conn, c => sqlx::query_scalar(
                "select coalesce(max(seq), 0) from audit_events where chain = $1")
                .bind(account)
                .fetch_one(c)
                .await)?;
            let before = before.min(newest.saturating_add(1));
            (before.saturating_sub(LOOKED_THROUGH + 1), before)
        }
        Cut::After(after) if filter.looks_at_each() => {
            (after, after.saturating_add(LOOKED_THROUGH + 1))
        }
        Cut::Before(before) => (i64::MIN, before),
        Cut::After(after) => (after, i64::MAX),
    })
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

/// Receipts, emails and exports show hashes whole or by their first twelve digits. Fewer than eight may be any number.
fn is_part_of_a_hash(words: &str) -> bool {
    (8..=64).contains(&words.len()) && words.bytes().all(|b| b.is_ascii_hexdigit())
}
