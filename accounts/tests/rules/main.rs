//! The rules as stories. Every one runs on SQLite and on PostgreSQL; `make test` brings a PostgreSQL along.
//!
//! [`races`] is the one to keep green at any price: nothing outlives a remote logout it overlaps.
#![cfg(test)]

#[macro_use]
mod stores;
mod home;

mod attempts;
mod audit_chain;
mod audit_retention;
mod changing_the_password;
mod codes_at_once;
mod codes_wrong;
mod confirming_a_sign_up;
mod curfews;
mod devices;
mod ending_devices;
mod forgotten_password;
mod full_disk;
mod invitations;
mod letters;
mod members;
mod migrations;
mod new_address;
mod new_device;
mod nonsense;
mod panic;
mod planted;
mod pressing_twice;
mod profile;
mod races;
mod remembering;
mod remote_logout;
mod roles;
mod sample;
mod signing_in;
mod signing_up;
mod stepping_up;
mod sweeping;
mod tokens;
mod truth;
mod two_factor;
mod two_factor_at_sign_in;
mod webhook;
