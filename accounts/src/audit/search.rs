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

/// One text for both sides of the cut.
macro_rules! events_where {
    ($cut:literal) => {
        concat!(
            "select e.id, e.parent, e.chain, e.seq, e.at, e.action, e.category, e.severity, e.actor, e.subject,
                    e.ip, e.user_agent, e.request_id, e.details, e.prev_hash, e.hash, a.name as actor_name, s.name as subject_name
             from audit_events e
             left join users a on a.id = substr(e.actor, 6)
             left join users s on s.id = e.subject
             where e.chain = $1
               and ($3 = '' or e.action = $3)
               and ($4 = '' or e.severity = $4)
               and ($5 = '' or e.subject = $5 or e.actor = 'user:' || $5)
               and e.at >= $6 and e.at < $7
               and ($8 = '' or e.id = $10 or e.parent = $10 or e.request_id = $10
                    or ($11 <> '' and e.hash like $11 || '%')
                    or lower(coalesce(a.name, '') || ' ' || coalesce(s.name, '') || ' ' || e.action || ' '
                                     || coalesce(e.ip, '') || ' ' || coalesce(e.user_agent, '') || ' ' || e.details)
                               like $8 escape '\\') ",
            $cut,
            " limit $9"
        )
    };
}

/// Up to `most` of the account's events on that side of the cut.
///
/// # Errors
/// When the database is unavailable.
pub async fn search(
    conn: &mut Conn,
    account: &AccountId,
    filter: &Filter,
    cut: Cut,
    most: i64,
) -> Result<Vec<Shown>, sqlx::Error> {
    let (sql, number) = match cut {
        Cut::Before(number) => (events_where!("and e.seq < $2 order by e.seq desc"), number),
        Cut::After(number) => (events_where!("and e.seq > $2 order by e.seq"), number),
    };
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let words = filter.words.as_deref().map(containing).unwrap_or_default();
    let id = filter
        .words
        .as_deref()
        .map(|words| words.trim().to_lowercase());
    let hash = id.clone().filter(|id| is_part_of_a_hash(id));
    let user = filter.user.as_ref().map_or("", |p| p.0.as_str());
    on!(conn, c => sqlx::query_as(sql)
        .bind(account)
        .bind(number)
        .bind(text(&filter.action))
        .bind(text(&filter.severity))
        .bind(user)
        .bind(filter.from.map_or(i64::MIN, |at| at.0))
        .bind(filter.until.map_or(i64::MAX, |at| at.0))
        .bind(words)
        .bind(most)
        .bind(id)
        .bind(hash.unwrap_or_default())
        .fetch_all(c)
        .await)
}

/// Receipts, emails and exports show hashes whole or by their first twelve digits. Fewer than eight may be any number.
fn is_part_of_a_hash(words: &str) -> bool {
    (8..=64).contains(&words.len()) && words.bytes().all(|b| b.is_ascii_hexdigit())
}
