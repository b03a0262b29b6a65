//! The program: one binary, `curfew`. It carries requests in; the rules are in `accounts`, the screens in `app`.
//!
//! | modules | hold |
//! |---|---|
//! | [`serve`], [`cli`], [`config`] | what the binary does, and its settings |
//! | [`router`], [`addresses`] | every route; what each address is for and needs |
//! | [`authentication`], [`permitted`] | from a request to a user, and what the user may do |
//! | [`pages`], [`functions`], [`events`], [`export`], [`two_factor_files`] | what browsers ask for |
//! | [`rest`], [`mcp`] | what programs ask for, with a token |
//! | [`health`], [`assets`] | what needs no user |
//! | [`emails`], [`webhook`] | outboxes, emptied as long as the program runs |
//! | [`request_id`], [`headers`], [`connections`] | around every request: its number and log line, its headers, its connection |
//! | [`problem`], [`error_page`], `redirects` | how a refusal is answered |
//! | `csv`, [`event_lines`], [`key_file`], [`audit_marks`] | files: exports, the instance's key, the audit log's high-water marks |
//! | [`state`], [`streams`], [`last_seen`], [`token_rate_limit`] | what requests share |

pub mod addresses;
pub mod assets;
pub mod audit_marks;
pub mod authentication;
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
mod redirects;
pub mod request_id;
pub mod rest;
pub mod router;
pub mod serve;
pub mod state;
pub mod streams;
pub mod token_rate_limit;
pub mod two_factor_files;
pub mod webhook;
