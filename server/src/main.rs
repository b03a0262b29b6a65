//! `curfew`: reads the settings, then serves or runs one command.

use std::{io::Write, process::ExitCode};

use server::{
    cli::{self, Command},
    config::Config,
    log::Log,
    serve::serve,
    stopping,
};
use tokio::runtime::Runtime;

// Measured (docs/MEASUREMENTS.md). glibc's own is as good.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let cli = cli::parse();
    let config = match Config::from_env() {
        Ok(config) => config,
        Err(error) => return fail(&error.to_string()),
    };
    let runtime = match Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.to_string()),
    };
    let code = match cli.command {
        None | Some(Command::Serve) => serves(config, &runtime),
        Some(command) => runtime.block_on(cli::run(command, &config)),
    };
    // Answers under way are dropped, which resets their connections. What blocks, the look-up of a receiver's name for
    // one, is left behind.
    runtime.shutdown_timeout(stopping::THREADS);
    code
}

fn serves(config: Config, runtime: &Runtime) -> ExitCode {
    let log = match Log::begin(config.log_json, &config.log_filter) {
        Ok(log) => log,
        Err(error) => return fail(&error.to_string()),
    };
    let served = runtime.block_on(serve(config));
    log.end(stopping::LOG);
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn fail(error: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "curfew: {error}");
    ExitCode::FAILURE
}
