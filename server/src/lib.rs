//! The program: one binary, `curfew`. It carries requests in; the rules are in `accounts`, the
//! screens in `app`.

pub mod address;
pub mod assets;
pub mod bearer;
pub mod cli;
pub mod config;
pub mod connections;
mod csv;
pub mod emails;
pub mod error_page;
pub mod event_lines;
pub mod events;
pub mod export;
pub mod functions;
pub mod headers;
pub mod health;
pub mod key_file;
pub mod last_seen;
pub mod mcp;
pub mod pages;
pub mod permitted;
pub mod problem;
pub mod request_id;
pub mod rest;
pub mod router;
pub mod serve;
pub mod signed_in;
pub mod state;
pub mod streams;
pub mod token_rate_limit;
pub mod two_factor_files;
pub mod webhook;
