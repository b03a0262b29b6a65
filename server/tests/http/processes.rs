//! The real program: other processes beside it, and processes that die.

mod client;
mod nodes;
mod program;
mod sign_ins;
mod stream;

mod applications_file;
mod audit;
mod backups;
mod clocks;
mod codes_at_once;
mod colours;
mod commands;
mod copying;
mod denials;
mod deploying;
mod downloads;
mod gate;
mod grants_at_once;
mod half_dead;
mod kills;
mod logging;
mod metrics;
mod notices;
mod other_commands;
mod setup_code;
mod start;
mod stopping;
mod streams;
mod users;
mod webhook;

pub use webhook::until;
