//! The build tool: `cargo xtask web`, `cargo xtask size`, `cargo xtask dev`, `cargo xtask release`,
//! `cargo xtask check`.
//! Everything it makes lies below `target/`; the server finds the result in `target/site/`.

mod browser;
mod check;
mod dev;
mod mode;
mod paths;
mod release;
mod run;
mod site;
mod size;
mod styles;
mod web;

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::mode::Mode;

const HELP: &str = "\
cargo xtask web [--dev]   browser side, styles and public files into target/site
cargo xtask release       the program for x86_64 Linux, and an archive of it into target/release-archive;
                          with --program PATH only the archive, of a program that is there
cargo xtask size          what the first page makes a browser download, against the budget
cargo xtask dev           build, run, and do both again whenever a source changes";

fn main() -> ExitCode {
    match command() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn command() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["web"] => web::build(Mode::Release),
        ["web", "--dev"] => web::build(Mode::Dev),
        ["release"] => release::build(),
        ["release", "--program", program] => release::pack(program),
        ["size"] => size::check(),
        ["dev"] => dev::watch(),
        ["check", rest @ ..] => check::run(rest),
        _ => bail!("what shall I do?\n{HELP}\n{}", check::HELP),
    }
}
