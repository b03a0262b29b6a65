//! The program: one binary, `curfew`. It carries requests in; the rules are in `accounts`, the screens in `app`.
//!
//! | modules | hold |
//! |---|---|
//! | [`serve`], [`stopping`], [`log`], [`cli`], [`config`] | what the binary does, and its settings |
//! | [`router`], [`addresses`] | every route; what each address is for and needs |
//! | [`authentication`], [`permitted`] | from a request to a user, and what the user may do |
//! | `setup`, `named_hosts` | the first sign-up of an install, and what it shows |
//! | [`pages`], [`functions`], [`events`], [`export`], [`two_factor_files`] | what browsers ask for |
//! | [`rest`], [`mcp`] | what programs ask for, with a token |
//! | [`oauth`] | the OpenID provider: what applications ask for |
//! | [`gate`] | what proxies ask in front of applications, and how a sign-in reaches their hosts |
//! | [`health`], [`metrics_answer`], [`assets`], [`security_txt`] | what needs no user |
//! | [`emails`], [`webhook`], [`notices`], `jobs` | outboxes, emptied as long as the program runs; what marks and deletes rows |
//! | [`request_id`], [`headers`], [`host`], [`connections`] | around every request: its number and log line, its headers, whom it may name, its connection |
//! | `cross_site`, `form_token`, `form_page`, `form_body` | what another site's page sends, what tells a form of ours, and where it stands |
//! | [`problem`], [`error_page`], `redirects` | how a refusal is answered |
//! | `applications_file` | the operator's file of applications, applied at the start |
//! | `csv`, [`event_lines`], [`key_file`], [`audit_marks`], `whole_file` | files: exports, the instance's key, the audit log's high-water marks, backups |
//! | [`visible_log`] | the log, with nothing invisible in it |
//! | [`state`], [`streams`], [`last_seen`], [`token_rate_limit`], [`warned`] | what requests share |
//! | [`clock`] | how this node's clock stands to the database's |

pub mod addresses;
mod applications_file;
mod around;
pub mod assets;
pub mod audit_marks;
pub mod authentication;
pub mod cli;
pub mod clock;
pub mod config;
pub mod connections;
mod cross_site;
mod csv;
pub mod emails;
pub mod error_page;
pub mod event_lines;
pub mod events;
pub mod export;
mod form_body;
mod form_page;
mod form_token;
pub mod functions;
pub mod gate;
mod headers;
pub mod health;
mod host;
mod jobs;
pub mod key_file;
pub mod last_seen;
pub mod log;
pub mod mcp;
mod metrics;
pub mod metrics_answer;
mod named_hosts;
pub mod notices;
pub mod oauth;
pub mod pages;
pub mod permitted;
pub mod problem;
mod redirects;
mod request_id;
pub mod rest;
pub mod router;
pub mod security_txt;
pub mod serve;
mod setup;
pub mod state;
pub mod stopping;
pub mod streams;
pub mod token_rate_limit;
mod traces;
pub mod two_factor_files;
pub mod visible_log;
pub mod warned;
pub mod webhook;
mod whole_file;
