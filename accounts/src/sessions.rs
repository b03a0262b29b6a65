//! Sessions: start, find, list, end one, and **end all: remote logout**.

mod end_one;
mod end_others;
mod end_together;
mod ended;
mod facts;
mod find;
mod history;
mod list;
mod remote_logout;
mod rename;
mod revoke_tokens;
mod rotate;
mod start;
mod status;

pub use crate::signed_in::SignedIn;
pub use end_one::{DeviceRef, EndOneError, EndedOne, end_one};
pub(crate) use end_one::{EndDevice, end_device};
pub use end_others::end_others;
pub(crate) use end_together::{Ending, end_together};
pub use ended::{Ended, how_it_ended};
pub use facts::{Facts, facts};
pub use find::{Found, find, find_by_id, note_active};
pub use history::{Past, history, remote_logouts};
pub use list::{Dormant, Listed, dormant, list, page};
pub(crate) use remote_logout::end_all_but;
pub use remote_logout::{By, EndAllError, LogoutReceipt, Surface, end_all};
pub use rename::{LONGEST_NAME, RenameError, rename};
pub use revoke_tokens::{RevokeTokens, Revoked, end_all_and_revoke_tokens};
pub use rotate::RotatedSession;
pub(crate) use rotate::{confirm, end_others_and_rotate, rotate_kept};
pub use start::{AuthMethod, SecondFactor, Started, sign_out};
pub(crate) use start::{NewSession, start};
pub use status::{SessionStatus, Watched, changed, of_account, statuses};
