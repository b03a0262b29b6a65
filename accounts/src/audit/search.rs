//! Looking through one account's events, from the newest on. A page is cut by the events' numbers, so a log
//! that grows meanwhile moves nothing.

use sqlx::{AssertSqlSafe, FromRow};

use super::{
    Stored,
    filter::{Cut, Filter},
    window::{Stopped, Window},
    word::conditions,
};
use crate::{db::Conn, ids::AccountId, on};

/// An event, and the names of its users as they are now.
#[derive(Debug, Clone, FromRow)]
pub struct Shown {
    #[sqlx(flatten)]
    pub event: Stored,
    pub actor_name: Option<String>,
    pub subject_name: Option<String>,
}

/// What a look has found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    pub events: Vec<Shown>,
    /// Where the look ended, though the log goes on and fewer were found than asked for.
    pub stopped: Option<Stopped>,
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

/// How many parameters the statement has before those of the words.
const PARAMETERS: usize = 9;

/// The statement. What an index leads to is said apart, so that the database takes that way, and a moment so that it takes none:
/// the window has been cut by the days already.
fn statement(filter: &Filter, cut: Cut, words: &str) -> String {
    let indexed = match (&filter.action, &filter.severity) {
        (Some(_), _) => "and e.action = $4",
        (None, Some(_)) => "and e.severity = $5",
        (None, None) => "",
    };
    let order = match cut {
        Cut::Before(_) => "desc",
        Cut::After(_) => "asc",
    };
    format!(
        "select e.id, e.parent, e.chain, e.seq, e.at, e.action, e.category, e.severity, e.actor, e.subject,
                e.ip, e.user_agent, e.request_id, e.details, e.prev_hash, e.hash, a.name as actor_name, s.name as subject_name
         from audit_events e
         left join users a on a.id = substr(e.actor, 6)
         left join users s on s.id = e.subject
         where e.chain = $1 and e.seq > $2 and e.seq < $3 {indexed}
           and ($4 = '' or e.action = $4)
           and ($5 = '' or e.severity = $5)
           and ($6 = '' or e.subject = $6 or e.actor = 'user:' || $6)
           and e.at + 0 >= $7 and e.at + 0 < $8 {words}
         order by e.seq {order} limit $9"
    )
}

/// Up to `most` of the account's events on that side of the cut. Where words, a user or days are asked for, one look goes
/// through [`LOOKED_THROUGH`](super::LOOKED_THROUGH) numbers at most, and says where it stopped. Days in the past are found by an
/// index.
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
    let (window, stopped) = Window::of(conn, account, filter, cut).await?;
    let (words, texts) = conditions(&filter.words, PARAMETERS + 1);
    let sql = statement(filter, cut, &words);
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let user = filter.user.as_ref().map_or("", |p| p.0.as_str());
    let events: Vec<Shown> = on!(conn, c => {
        let mut query = sqlx::query_as(AssertSqlSafe(sql))
            // One with words is not asked often enough to be kept.
            .persistent(filter.words.is_empty())
            .bind(account)
            .bind(window.after)
            .bind(window.before)
            .bind(text(&filter.action))
            .bind(text(&filter.severity))
            .bind(user)
            .bind(filter.from.map_or(i64::MIN, |at| at.0))
            .bind(filter.until.map_or(i64::MAX, |at| at.0))
            .bind(most);
        for text in texts {
            query = query.bind(text);
        }
        query.fetch_all(c).await
    })?;
    let is_short = i64::try_from(events.len()).is_ok_and(|found| found < most);
    let stopped = stopped.filter(|_| is_short);
    Ok(Found { events, stopped })
}
