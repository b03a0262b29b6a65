//! What a program does with its user's token: end one session, or log out everywhere.

mod end_session;
mod remote_logout;

pub use end_session::end_session;
pub use remote_logout::{BearerError, remote_logout};
