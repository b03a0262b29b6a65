//! How what a user holds at applications ends, and who is owed a notice of it. Below the operation, whose commit follows
//! every end of a session there.

mod causes;
mod ending;

pub use causes::{Cause, Ends, causes_table};
pub(crate) use causes::{reason_name, reasons_that_end_offline};
pub(crate) use ending::{EndedBy, Open, end, follow, open};
