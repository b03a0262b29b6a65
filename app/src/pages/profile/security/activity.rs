//! Recent activity: the user's own last events. It follows the database while it is looked at.

#[cfg(feature = "ssr")]
pub(crate) mod alerts;
#[cfg(feature = "ssr")]
mod read;
#[cfg(feature = "ssr")]
mod words;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::asked::Asked;
use crate::{
    error::AppError,
    islands::following,
    parts::link::Link,
    remote_logout::EndTheOthers,
    time::{Show, Time, When},
};

/// Something that happened, perhaps several times in a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub what: String,
    pub alert: bool,
    /// From where.
    pub from: String,
    /// When it happened first, if that was more than once.
    pub since: Option<Time>,
    pub last: Time,
    /// The event of a remote logout whose receipt is still there.
    pub receipt: Option<String>,
    /// On the last row, where older events follow: the number that those are below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub older: Option<i64>,
}

/// What the user signed in did and what was done to them, newest first; with `before` the events with lower numbers.
///
/// # Errors
/// When no user is signed in or the database is unavailable.
#[server(prefix = "/api/fn", endpoint = "recent_activity")]
pub async fn recent_activity(before: Option<i64>) -> Result<Vec<Entry>, AppError> {
    use crate::context::{reader, signed_in};

    let me = signed_in()?;
    let mut conn = reader().await?;
    Ok(of(&mut conn, &me, before).await?)
}

/// See [`recent_activity`].
#[cfg(feature = "ssr")]
pub(super) async fn of(
    conn: &mut accounts::instance::Reader,
    me: &accounts::sessions::SignedIn,
    before: Option<i64>,
) -> Result<Vec<Entry>, accounts::db::DatabaseError> {
    let rows = read::rows(conn, &me.user, before).await?;
    let receipts = accounts::applications::receipts_of(conn, &me.user.id).await?;
    Ok(read::entries(rows, &receipts))
}

/// The section. `entries` is what the page came with: the newest, or older ones where the page asks for them.
#[island]
pub fn Activity(entries: Vec<Entry>, asked: Asked) -> impl IntoView {
    let before = asked.before;
    let asked = StoredValue::new(asked);
    let entries = following(entries, move || recent_activity(before));
    view! {
        <section class="section" aria-labelledby="activity-title" translate="no">
            <div class="section__header">
                <div>
                    <h2 class="section__title" id="activity-title">"Recent activity"</h2>
                    <p class="section__lead">"If you don’t recognise something here, " <EndTheOthers /></p>
                </div>
            </div>
            <ul class="activity" role="list">
                {move || entries.get().into_iter().map(row).collect_view()}
            </ul>
            {move || {
                let (none, older) = entries
                    .with(|entries| (entries.is_empty(), entries.last().and_then(|last| last.older)));
                view! {
                    {(none && before.is_some()).then(|| view! { <p>"Nothing older."</p> })}
                    {asked.with_value(|asked| pages(asked, older))}
                }
            }}
        </section>
    }
}

/// The ways to older events and back to the newest. None where everything is in sight.
fn pages(asked: &Asked, older: Option<i64>) -> Option<impl IntoView + use<>> {
    let newest = asked.before.map(|_| {
        let href = asked.events(None);
        view! { <Link class="button button--small" href>"Newest"</Link> }
    });
    let older = older.map(|number| {
        let href = asked.events(Some(number));
        view! { <Link class="button button--small" href>"Older"</Link> }
    });
    (newest.is_some() || older.is_some()).then(|| {
        view! { <nav class="cluster cluster--spread" aria-label="Pages of recent activity">{newest} {older}</nav> }
    })
}

const HOUR: i64 = 60 * 60 * 1_000;

fn row(entry: Entry) -> impl IntoView {
    let class = if entry.alert {
        "activity__row activity__row--alert"
    } else {
        "activity__row"
    };
    // Within an hour the last time says it all: "just now to just now" says nothing.
    let last = entry.last.unix_ms;
    let since = entry.since.filter(|since| last - since.unix_ms >= HOUR);
    let since = since.map(|since| {
        view! {
            <When at=since show=Show::Ago />
            " to "
        }
    });
    let receipt = entry.receipt.map(|event| {
        view! {
            " "
            <Link href=format!("/receipt?event={event}")>"Show receipt"</Link>
        }
    });
    view! {
        <li class=class>
            <p class="activity__what">{entry.what}{receipt}</p>
            <p class="activity__from">{entry.from}</p>
            <p class="activity__when">{since} <When at=entry.last show=Show::Ago /></p>
        </li>
    }
}
