//! Signing up, in and out, being remembered, changing the password.

mod confirming;
mod first_user;
mod next;
mod password;
mod rate_limits;
mod remember_me;
mod sessions;
mod sign_out;
mod sign_up;
