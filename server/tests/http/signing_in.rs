//! Signing up, in and out, being remembered, changing the password.

mod attempts;
mod confirming;
mod next;
mod password;
mod remember_me;
mod sessions;
mod sign_out;
mod sign_up;
