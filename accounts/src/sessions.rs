//! Sessions: start, find, list, end one, and **end all: remote logout**.

mod end_all;
mod end_one;
mod end_others;
mod ended;
mod find;
mod go_on_alone;
mod history;
mod list;
mod lock_alive;
mod page;
mod panic;
mod rename;
mod standing;
mod start;

pub use end_all::{By, EndAll, EndAllError, Facts, FromWhere, end_all, facts};
pub(crate) use end_all::{count_open, end_all_but, end_rows, raise_epoch};
pub(crate) use end_one::end_device;
pub use end_one::{EndOneError, EndedOne, Which, end_one};
pub use end_others::end_others;
pub(crate) use ended::end_where_device;
pub use ended::{Because, Ended, how_it_ended};
pub use find::{Found, SignedIn, find, find_by_id, is_live, note_active};
pub use go_on_alone::Alone;
pub(crate) use go_on_alone::{confirm, go_on_alone};
pub use history::{Past, history, presses};
pub use list::{Dormant, Listed, dormant, list};
pub(crate) use lock_alive::lock_alive;
pub use page::page;
pub use panic::{Also, Revoked, end_all_and_tokens};
pub use rename::{LONGEST_NAME, RenameError, rename};
pub use standing::{Standing, of_account, standing};
pub(crate) use start::{From, end_expired, start};
pub use start::{How, SecondFactor, Started, sign_out};

use serde::{Deserialize, Serialize};

/// A session's id, for lists and logs. Not the cookie's value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[sqlx(transparent)]
#[serde(transparent)]
pub struct SessionId(pub String);
