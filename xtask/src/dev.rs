//! `cargo xtask dev`: build, run, and do both again whenever a source changes.
//!
//! It looks at the times of the files twice a second: two hundred files cost nothing, and it works on every
//! file system, network and container mounts included.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, SystemTime};
use std::{fs, io};

use anyhow::Result;

use crate::mode::Mode;
use crate::paths;
use crate::run::{cargo, run};
use crate::web;

/// What the program and the browser side are made of.
const SOURCES: [&str; 7] = [
    "accounts",
    "app",
    "server",
    "frontend",
    "style",
    "public",
    "Cargo.toml",
];

const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Runs until it is interrupted.
pub fn watch() -> Result<()> {
    let mut seen = look()?;
    let mut server = None;
    rebuild(&Changed::everything(), &mut server);
    loop {
        sleep(LOOK_EVERY);
        let now = settle()?;
        let changed = Changed::between(&seen, &now);
        seen = now;
        if changed.browser || changed.server {
            rebuild(&changed, &mut server);
        }
    }
}

/// Time of last change of every source file.
type Times = BTreeMap<PathBuf, SystemTime>;

fn look() -> Result<Times> {
    let mut times = Times::new();
    for source in SOURCES {
        look_into(&paths::root().join(source), &mut times)?;
    }
    Ok(times)
}

/// Looks until two looks agree: editors and git write many files, one after the other.
fn settle() -> Result<Times> {
    let mut before = look()?;
    loop {
        sleep(LOOK_EVERY / 10);
        let now = look()?;
        if now == before {
            return Ok(now);
        }
        before = now;
    }
}

fn look_into(path: &Path, times: &mut Times) -> io::Result<()> {
    // A file can vanish between the listing and the look: then it is as if it had never been there.
    let Ok(metadata) = fs::metadata(path) else {
        return Ok(());
    };
    if metadata.is_dir() {
        for entry in fs::read_dir(path)? {
            look_into(&entry?.path(), times)?;
        }
    } else {
        times.insert(path.to_owned(), metadata.modified()?);
    }
    Ok(())
}

/// Which side a change concerns.
struct Changed {
    browser: bool,
    server: bool,
}

impl Changed {
    fn everything() -> Self {
        Self {
            browser: true,
            server: true,
        }
    }

    fn between(before: &Times, now: &Times) -> Self {
        let root = paths::root();
        let mut changed = Self {
            browser: false,
            server: false,
        };
        let differs = |path: &&PathBuf| before.get(*path) != now.get(*path);
        for path in before.keys().chain(now.keys()).filter(differs) {
            let path = path.strip_prefix(&root).unwrap_or(path);
            if path.starts_with("accounts") || path.starts_with("server") {
                changed.server = true;
            } else if path.starts_with("app") || path.starts_with("Cargo.toml") {
                changed = Self::everything();
            } else {
                changed.browser = true;
            }
        }
        changed
    }
}

/// A failed build leaves the running server alone and waits for the next change.
fn rebuild(changed: &Changed, server: &mut Option<Child>) {
    let built = build(changed);
    // The server reads the manifest when it starts, so new styles need a new start as well.
    if let Err(error) = built.and_then(|()| restart(server)) {
        eprintln!("xtask: {error:#}\nxtask: waiting for a change");
    }
}

fn build(changed: &Changed) -> Result<()> {
    if changed.browser {
        web::build(Mode::Dev)?;
    }
    if changed.server {
        run(cargo().args(["build", "-p", "server"]))?;
    }
    Ok(())
}

fn restart(server: &mut Option<Child>) -> Result<()> {
    if let Some(mut old) = server.take() {
        // It may have ended by itself, and then there is nothing to stop.
        let _ = old.kill();
        old.wait()?;
    }
    let program = paths::target().join("debug/curfew");
    *server = Some(
        Command::new(program)
            .arg("serve")
            .current_dir(paths::root())
            .spawn()?,
    );
    Ok(())
}
