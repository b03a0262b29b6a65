//! The rules as stories. Every one runs on SQLite and on PostgreSQL; `make test` brings a PostgreSQL along.
//!
//! [`races`] is the one to keep green at any price: no session outlives a remote logout it overlaps.
#![cfg(test)]

#[macro_use]
extern crate testing;

mod test_app;

mod application_endings;
mod applications;
mod audit_chain;
mod audit_ids;
mod audit_retention;
mod audit_search;
mod audit_signed;
mod changing_the_password;
mod checks;
mod cleanup;
mod codes_at_once;
mod codes_typed;
mod codes_wrong;
mod confirming_a_sign_up;
mod curfews;
mod denials;
mod devices;
mod downgrades;
mod email_addresses;
mod emails;
mod ending_devices;
mod figures;
mod first_user;
mod floods;
mod forgotten_password;
mod full_disk;
mod gate;
mod half_dead;
mod instance_epoch;
mod invitations;
mod key;
mod logging_out_twice;
mod members;
mod migrations;
mod moving;
mod new_address;
mod new_device;
mod nonsense;
mod planted;
mod pooler;
mod profile;
mod provider;
mod races;
mod raised_epochs;
mod rate_limits;
mod remembering;
mod remote_logout;
mod revoking_tokens_too;
mod roles;
mod sample;
mod second_factor_at_applications;
mod signing_in;
mod signing_up;
mod stepping_up;
mod tokens;
mod truth;
mod two_factor;
mod two_factor_at_sign_in;
mod watched;
mod webhook;
