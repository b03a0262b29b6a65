//! Reading what a user did and what was done to them, grouped.

use accounts::{
    audit::{Action, Stored, recent},
    db::DatabaseError,
    device,
    ids::EventId,
    instance::Reader,
    time::UnixMillis,
    users::User,
};

use super::{Entry, words};
use crate::{counted::counted, pages::event_details::Details};

/// Rows shown.
const SHOWN: usize = 15;

/// Events that are read together, and how often at most.
const TOGETHER: i64 = 40;
const TURNS: usize = 5;

/// Events of the user, grouped, newest first.
pub(super) struct Rows {
    rows: Vec<Row>,
    /// No older event follows them.
    all: bool,
}

/// The last events of the user, or those with numbers below `before`: no more are read than fill the list, unless a visitor
/// guesses.
pub(super) async fn rows(
    conn: &mut Reader,
    user: &User,
    mut before: Option<i64>,
) -> Result<Rows, DatabaseError> {
    let (mut rows, mut all) = (Vec::new(), false);
    for _ in 0..TURNS {
        let events = recent(conn, &user.account_id, Some(&user.id), before, TOGETHER).await?;
        all = i64::try_from(events.len()).is_ok_and(|read| read < TOGETHER);
        before = events.last().map(|event| event.seq);
        group(&mut rows, events);
        // The last row that is shown is whole when another has begun.
        if all || rows.len() > SHOWN {
            break;
        }
    }
    Ok(Rows { rows, all })
}

/// The rows as they are shown.
pub(super) fn entries(read: Rows, receipts: &[EventId]) -> Vec<Entry> {
    let Rows { mut rows, all } = read;
    let more = rows.len() > SHOWN || !all;
    rows.truncate(SHOWN);
    let oldest = rows.last().map(|row| row.oldest);
    let mut entries: Vec<Entry> = rows.into_iter().map(|row| entry(row, receipts)).collect();
    if let Some(last) = entries.last_mut() {
        last.older = oldest.filter(|_| more);
    }
    entries
}

/// The same event, so many times in a row, because someone who guesses must not push everything else out of sight.
struct Row {
    /// The id of the last.
    event: String,
    what: String,
    action: Option<Action>,
    alert: bool,
    /// From where, the last first.
    from: Vec<String>,
    times: u64,
    first: UnixMillis,
    last: UnixMillis,
    /// The number of the first.
    oldest: i64,
}

impl Row {
    /// Whether it kept someone out: then it counts as the same from wherever it came.
    fn is_refusal(&self) -> bool {
        matches!(
            self.action,
            Some(Action::LoginFailed | Action::AccessDenied)
        )
    }
}

/// Adds events that come after those of the rows, newest first.
fn group(rows: &mut Vec<Row>, events: Vec<Stored>) {
    for event in events {
        let (what, from) = (words::of(&event), surface(&event));
        let times = times(&event);
        let same = rows.last_mut().filter(|row| {
            // Each has a receipt of its own.
            row.action != Some(Action::SessionInvalidated)
                && row.what == what
                && (row.is_refusal() || row.from.iter().all(|other| *other == from))
        });
        if let Some(row) = same {
            row.times += times;
            row.first = event.at;
            row.oldest = event.seq;
            if !row.from.contains(&from) {
                row.from.push(from);
            }
        } else {
            rows.push(Row {
                event: event.id,
                what,
                action: Action::named(&event.action),
                alert: matches!(&*event.severity, "warning" | "alert"),
                from: vec![from],
                times,
                first: event.at,
                last: event.at,
                oldest: event.seq,
            });
        }
    }
}

/// Refusals may have been counted together.
fn times(event: &Stored) -> u64 {
    match Action::named(&event.action) {
        Some(Action::AccessDenied) => Details::of(event).number("count").unwrap_or(1),
        _ => 1,
    }
}

fn entry(row: Row, receipts: &[EventId]) -> Entry {
    let n = row.times;
    let what = if n == 1 {
        row.what
    } else {
        format!("{}, {n} times", row.what)
    };
    let others = row.from.len() as u64 - 1;
    let mut from = row.from.into_iter().next().unwrap_or_default();
    if others > 0 {
        from = format!(
            "{from} and {}",
            counted(others, "other place", "other places")
        );
    }
    Entry {
        what,
        alert: row.alert,
        from,
        since: (row.first != row.last).then(|| row.first.into()),
        last: row.last.into(),
        receipt: Some(row.event)
            .filter(|_| row.action == Some(Action::SessionInvalidated))
            .filter(|event| receipts.iter().any(|receipt| receipt.0 == *event)),
        older: None,
    }
}

pub(super) fn surface(event: &Stored) -> String {
    let known = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let (agent, ip) = (known(&event.user_agent), known(&event.ip));
    let device = match (&*event.actor, agent, &ip) {
        ("operator", ..) => "The command line".to_owned(),
        (_, Some(agent), _) => device::of(&agent).label(),
        (_, None, Some(_)) => "Unknown device".into(),
        // It follows from something else: a notice that was refused, a session that ended with another.
        (_, None, None) => "Curfew".into(),
    };
    match ip {
        Some(ip) => format!("{device}, {ip}"),
        None => device,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(action: &str, details: &str, ip: &str, at: i64) -> Stored {
        Stored {
            id: String::new(),
            parent: None,
            chain: String::new(),
            seq: at,
            at: UnixMillis(at),
            action: action.into(),
            category: String::new(),
            severity: "notice".into(),
            actor: "anonymous".into(),
            subject: None,
            ip: Some(ip.into()),
            user_agent: None,
            request_id: None,
            details: details.into(),
            prev_hash: String::new(),
            hash: String::new(),
        }
    }

    fn grouped(events: Vec<Stored>) -> Vec<Row> {
        let mut rows = Vec::new();
        group(&mut rows, events);
        rows
    }

    #[test]
    fn what_is_the_same_in_a_row_is_one_row() {
        let failed = |ip, at| event("user.login_failed", "{}", ip, at);
        let login = |ip, at| event("user.login", "{}", ip, at);
        let rows = grouped(vec![
            failed("192.0.2.1", 9),
            failed("192.0.2.2", 8),
            failed("192.0.2.1", 7),
            login("192.0.2.1", 6),
            login("192.0.2.2", 5),
            login("192.0.2.2", 4),
            failed("192.0.2.1", 3),
        ]);
        let seen: Vec<_> = rows
            .iter()
            .map(|row| (row.times, row.from.len(), row.first.0, row.last.0))
            .collect();
        assert_eq!(
            seen,
            [(3, 2, 7, 9), (1, 1, 6, 6), (2, 1, 4, 5), (1, 1, 3, 3)]
        );
    }

    #[test]
    fn what_came_from_no_device_is_our_own_doing() {
        let ended = |ip| surface(&event("application_session.ended", "{}", ip, 1));
        assert_eq!(ended(""), "Curfew");
        assert_eq!(ended("192.0.2.1"), "Unknown device, 192.0.2.1");
    }

    #[test]
    fn each_remote_logout_has_its_own_receipt_as_long_as_that_is_there() {
        let logout = |id: &str, at| Stored {
            id: id.into(),
            ..event("user.session_invalidated", "{}", "192.0.2.1", at)
        };
        let login = Stored {
            id: "c".into(),
            ..event("user.login", "{}", "192.0.2.1", 1)
        };
        let receipts = ["a", "c"].map(|id| EventId(id.into()));
        let rows = grouped(vec![logout("a", 3), logout("b", 2), login]);
        let rows = entries(Rows { rows, all: true }, &receipts);
        let seen: Vec<_> = rows.iter().map(|row| row.receipt.as_deref()).collect();
        assert_eq!(seen, [Some("a"), None, None]);
    }

    #[test]
    fn the_last_row_says_where_older_ones_begin() {
        let login = |ip: &str, at| event("user.login", "{}", ip, at);
        // Two of a kind in each row, and one row more than is shown.
        let rows = |rows: i64| {
            let of_row = |row: i64| {
                let ip = format!("192.0.2.{row}");
                [login(&ip, row * 2 + 1), login(&ip, row * 2)]
            };
            grouped((0..rows).rev().flat_map(of_row).collect())
        };
        let shown = i64::try_from(SHOWN).unwrap();
        let older = |n, all| {
            let rows = entries(Rows { rows: rows(n), all }, &[]);
            let before = rows.iter().rev().skip(1);
            assert!(before.into_iter().all(|row| row.older.is_none()));
            rows.last().and_then(|row| row.older)
        };
        assert_eq!(older(shown, true), None);
        assert_eq!(older(shown, false), Some(0));
        assert_eq!(older(shown + 1, true), Some(2));
        assert_eq!(older(0, true), None);
    }
}
