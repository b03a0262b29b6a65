//! Starts that are refused, in one line that names the setting and what to do, and never a secret.

mod files;
mod key;
mod secrets;

use std::{
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::program::curfew;

/// How long a start may take until it is refused.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the program says before it ends, because it will not start.
pub fn refuses(folder: &Path, url: &str, settings: &[(&str, &str)], arguments: &[&str]) -> String {
    let mut command = curfew(folder, url);
    command.envs(settings.iter().copied()).args(arguments);
    refuses_to_run(command)
}

fn refuses_to_run(mut command: Command) -> String {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
            let output = child.wait_with_output().unwrap();
            let log = String::from_utf8_lossy(&output.stderr);
            let first: Vec<_> = log.lines().take(9).collect();
            panic!("it was not refused: {first:#?}");
        }
        thread::sleep(Duration::from_millis(20));
    }
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = [output.stdout, output.stderr].concat();
    String::from_utf8(said).unwrap()
}
