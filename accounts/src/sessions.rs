//! Sessions: start, find, list, end one, and **end all: remote logout**.

mod end_all;
mod ended;
mod find;
mod go_on_alone;
mod list;
mod start;

pub use end_all::{By, EndAll, EndAllError, Facts, FromWhere, end_all, facts};
pub(crate) use end_all::{count_open, end_all_but, end_rows, raise_epoch};
pub(crate) use ended::end_where_device;
pub use ended::{Because, Ended, how_it_ended};
pub use find::{Found, SignedIn, find, find_by_id, is_live, note_active};
pub use go_on_alone::Alone;
pub(crate) use go_on_alone::{confirm, go_on_alone};
pub use list::{Listed, list};
pub(crate) use start::{From, end_expired, start};
pub use start::{How, SecondFactor, Started, sign_out};

use serde::{Deserialize, Serialize};

/// A session's id, for lists and logs. Not the cookie's value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[sqlx(transparent)]
#[serde(transparent)]
pub struct SessionId(pub String);
