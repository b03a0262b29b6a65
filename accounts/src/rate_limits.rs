//! Rate limits: how often something may be tried. They are counted in the database, so that they hold across restarts
//! and nodes.
//!
//! An attempt takes its permit before the password is checked, and returns it when the password was right. So of 200
//! attempts at once exactly as many are checked as the limit allows.

mod count;
mod credentials;
mod returned;
mod sending;
mod tokens;

pub use count::{Permit, RateLimited};
pub(crate) use credentials::{
    is_last_wrong_code, permit_code, permit_link, permit_setup_code, permit_sign_up,
    permit_wrong_code,
};
pub use credentials::{permit_password, permit_sign_in, permit_wrong_client_secret};
pub(crate) use returned::{
    clear_email_failures, clear_password_failures, forget_failures_of, return_unchecked,
};
pub use returned::{clear_failures, return_permit};
pub(crate) use sending::{
    may_tell_of_a_new_device, permit_email, permit_invitation, permit_sign_up_email,
    permit_webhook_test,
};
pub(crate) use tokens::{permit_ending_a_session, permit_remote_logout};
