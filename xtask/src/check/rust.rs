//! Enough of Rust's grammar for the checks: tokens, and which of them are compiled into the program.

mod compiled;
mod lexer;

pub use compiled::{closing, compiled};
pub use lexer::{Kind, Token, tokens};
