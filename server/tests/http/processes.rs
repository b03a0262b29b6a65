//! The real program: other processes beside it, and processes that die.

mod client;
mod kills;
mod other_commands;
mod program;
mod stopping;
mod webhook;
