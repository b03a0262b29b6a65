//! The rules as stories. Every one runs on SQLite and on PostgreSQL; `make test` brings a PostgreSQL along.
//!
//! [`races`] is the one to keep green at any price: nothing outlives a remote logout it overlaps.
#![cfg(test)]

#[macro_use]
mod stores;
mod home;

mod attempts;
mod audit_chain;
mod changing_the_password;
mod curfews;
mod devices;
mod ending_devices;
mod full_disk;
mod migrations;
mod nonsense;
mod panic;
mod pressing_twice;
mod profile;
mod races;
mod remembering;
mod remote_logout;
mod sample;
mod signing_in;
mod signing_up;
mod sweeping;
mod truth;
