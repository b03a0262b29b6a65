//! A running `curfew`.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};

/// The program on a port of its own. Killed when dropped.
pub struct Program {
    child: Child,
    /// Where it listens.
    pub address: String,
    /// What it has logged.
    log: Arc<Mutex<String>>,
}

/// `curfew` over a database, in a folder where it may leave its files.
pub fn curfew(folder: &Path, url: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_curfew"));
    command
        .current_dir(folder)
        .env("CURFEW_DATABASE_URL", url)
        .env("CURFEW_LISTEN", "127.0.0.1:0")
        .env("CURFEW_LOG", "json")
        .env("CURFEW_SIGN_UP", "open")
        .env_remove("CURFEW_PUBLIC_URL");
    command
}

/// Runs another command to its end.
pub fn runs(folder: &Path, url: &str, arguments: &[&str]) -> Output {
    curfew(folder, url).args(arguments).output().unwrap()
}

impl Program {
    /// It stops within eight seconds. Some more for a busy machine, but less than the ten after which a container is
    /// killed.
    pub const STOPS_WITHIN: Duration = Duration::from_millis(9_500);

    /// Starts it and waits until it listens.
    pub fn start(folder: &Path, url: &str) -> Self {
        Self::start_with(folder, url, &[])
    }

    /// With some settings.
    pub fn start_with(folder: &Path, url: &str, settings: &[(&str, &str)]) -> Self {
        let mut command = curfew(folder, url);
        command.envs(settings.iter().copied()).arg("serve");
        Self::started(command)
    }

    /// From a shell that has run this first.
    pub fn start_within(folder: &Path, url: &str, shell: &str) -> Self {
        let like = curfew(folder, url);
        let mut command = Command::new("sh");
        let program = like.get_program().to_str().unwrap();
        command
            .current_dir(folder)
            .arg("-c")
            .arg(format!("{shell}; exec '{program}' serve"));
        for (name, value) in like.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        Self::started(command)
    }

    fn started(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap());
        let (found, address) = mpsc::channel();
        let log = Arc::new(Mutex::new(String::new()));
        let so_far = log.clone();
        thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                if let Some((_, rest)) = line.split_once("Curfew is at http://") {
                    let address = rest.split(['"', ' ']).next().unwrap_or_default();
                    let _ = found.send(Ok(address.to_owned()));
                }
                let mut so_far = so_far.lock().unwrap();
                so_far.push_str(&line);
                so_far.push('\n');
            }
            let _ = found.send(Err(so_far.lock().unwrap().clone()));
        });
        match address.recv_timeout(Duration::from_secs(30)) {
            Ok(Ok(address)) => Self {
                child,
                address,
                log,
            },
            Ok(Err(log)) => panic!("it does not start (built with `make test`?): {log}"),
            Err(_) => {
                let _ = child.kill();
                panic!("it does not listen within 30 seconds")
            }
        }
    }

    /// Waits until it has logged a line in which all of this stands.
    pub async fn logs(&self, all: &[&str]) {
        let start = Instant::now();
        loop {
            let log = self.log.lock().unwrap().clone();
            if log
                .lines()
                .any(|line| all.iter().all(|part| line.contains(part)))
            {
                return;
            }
            assert!(
                start.elapsed() < Duration::from_secs(30),
                "{all:?} in {log}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// `kill -9`: without a chance to say anything.
    pub fn dies(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// `kill -TERM`.
    pub fn is_asked_to_stop(&self) {
        self.is_sent("-TERM");
    }

    /// `kill -STOP`: as a machine that hangs, its connections open and no answer to any.
    pub fn is_suspended(&self) {
        self.is_sent("-STOP");
    }

    /// `kill -CONT`.
    pub fn is_resumed(&self) {
        self.is_sent("-CONT");
    }

    fn is_sent(&self, signal: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for its end.
    pub fn ends_within(&mut self, most: Duration) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(start.elapsed() < most, "it still runs after {most:?}");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
