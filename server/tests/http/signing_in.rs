//! Signing up, in and out, being remembered, changing the password.

mod confirming;
mod next;
mod password;
mod rate_limits;
mod remember_me;
mod sessions;
mod sign_out;
mod sign_up;
