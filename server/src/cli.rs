//! The other commands.
use crate::config::Config;
use std::process::ExitCode;
pub struct Cli { pub command: Option<Command> }
pub enum Command { Serve }
pub fn parse() -> Cli { Cli { command: None } }
pub async fn run(_: Command, _: &Config) -> ExitCode { ExitCode::SUCCESS }
