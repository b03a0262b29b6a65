//! The gate: forward authentication for applications behind a reverse proxy, also for those without sign-in of their own.
//!
//! The proxy asks before each request ([`check`]), and each answer is one read of the database: nothing is cached, so a
//! remote logout is in force from the next request on. A sign-in reaches the application's host by a hand-over
//! ([`hand_over`]), which leaves a cookie there that is good as long as the session.

/// A condition: the gate lets the session `s` of user `u` through to the application `a`.
macro_rules! admits {
    () => {
        concat!(
            "(",
            $crate::live::may_use_application!(),
            " and ",
            $crate::live::second_factor_shown!(),
            ")"
        )
    };
}

mod check;
mod hand_over;

pub use check::{Admitted, Asked, Verdict, check};
pub use hand_over::{HandOver, HandOverError, HandedOver, Wanted, hand_over, redeem};
