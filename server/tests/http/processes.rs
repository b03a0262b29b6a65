//! The real program: other processes beside it, and processes that die.

mod client;
mod nodes;
mod program;
mod stream;

mod audit;
mod codes_at_once;
mod denials;
mod kills;
mod other_commands;
mod stopping;
mod streams;
mod webhook;
