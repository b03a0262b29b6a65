//! `curfew`: reads the settings, then serves or runs one command.

use std::{
    io::{IsTerminal, Write},
    process::ExitCode,
};

use server::{
    cli::{self, Command},
    config::Config,
    serve::serve,
    visible_log::VisibleLog,
};
use tracing_subscriber::{EnvFilter, fmt};

fn main() -> ExitCode {
    let cli = cli::parse();
    let config = match Config::from_env() {
        Ok(config) => config,
        Err(error) => return fail(&error.to_string()),
    };
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.to_string()),
    };
    runtime.block_on(async {
        match cli.command {
            None | Some(Command::Serve) => {
                log(config.log_json, &config.log_filter);
                match serve(config).await {
                    Ok(()) => ExitCode::SUCCESS,
                    Err(error) => fail(&error),
                }
            }
            Some(command) => cli::run(command, &config).await,
        }
    })
}

/// Logs to standard error, in colours on a terminal unless `NO_COLOR` is set (<https://no-color.org>).
fn log(json: bool, filter: &str) {
    let filter = EnvFilter::new(filter);
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let to_stderr = fmt()
        .with_env_filter(filter)
        .with_ansi(!no_color && std::io::stderr().is_terminal())
        .with_writer(VisibleLog(std::io::stderr));
    if json {
        to_stderr.json().flatten_event(true).init();
    } else {
        to_stderr.init();
    }
}

fn fail(error: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "curfew: {error}");
    ExitCode::FAILURE
}
