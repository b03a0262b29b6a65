//! The whole service as browsers, programs and strangers meet it: the real router over a database of its
//! own, on SQLite and on PostgreSQL, and the real program where a process has to die.
//!
//! `make test` brings a PostgreSQL along and builds the browser side first.
#![cfg(test)]

#[macro_use]
extern crate testing;

mod answer;
mod browser;
mod databases;
mod download;
mod listening;
mod logged;
mod program;
mod receiver;
mod test_app;

mod applications;
mod emails;
mod remote_logout;
mod settings;
mod signing_in;
mod stepping_up;
mod two_factor;
mod typed;

mod behind_proxies;
mod devices;
mod gate_checks;
mod home;
mod mcp;
mod new_address;
mod new_device;
mod oauth;
mod rest;
mod streams;
mod theme;
mod tokens;

mod database_unavailable;
mod hostile;
mod processes;
mod statements;
