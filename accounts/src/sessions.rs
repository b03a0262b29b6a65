//! Sessions: start, find, list, end one, and **end all: remote logout**.

mod end_all;
mod end_one;
mod end_others;
mod ended;
mod find;
mod history;
mod list;
mod lock_live;
mod page;
mod rename;
mod revoke_tokens;
mod rotate;
mod start;
mod status;

pub use end_all::{By, EndAllError, Facts, LogoutReceipt, Surface, end_all, facts};
pub(crate) use end_all::{count_open, end_all_but, end_rows, raise_epoch};
pub(crate) use end_one::end_device;
pub use end_one::{DeviceRef, EndOneError, EndedOne, end_one};
pub use end_others::end_others;
pub(crate) use ended::end_where_device;
pub use ended::{EndReason, Ended, how_it_ended};
pub use find::{Found, SignedIn, find, find_by_id, is_live, note_active};
pub use history::{Past, history, remote_logouts};
pub use list::{Dormant, Listed, dormant, list};
pub(crate) use lock_live::lock_live;
pub use page::page;
pub use rename::{LONGEST_NAME, RenameError, rename};
pub use revoke_tokens::{RevokeTokens, Revoked, end_all_and_revoke_tokens};
pub use rotate::RotatedSession;
pub(crate) use rotate::{confirm, end_others_and_rotate};
pub use start::{AuthMethod, SecondFactor, Started, sign_out};
pub(crate) use start::{NewSession, end_expired, start};
pub use status::{Standing, of_account, standing};

use serde::{Deserialize, Serialize};

/// A session's id, for lists and logs. Not the cookie's value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[sqlx(transparent)]
#[serde(transparent)]
pub struct SessionId(pub String);
