//! Which crate may be part of which program, what is banned, under which licences, and that every dependency is used.
//!
//! `docs/ARCHITECTURE.md` says why each rule stands. `deny.toml` is read too, so that its lists are written once:
//! what it bans and allows is held here where `cargo deny` is not installed.

mod licences;
mod manifest;
mod programs;
mod unused;

use anyhow::{Context, Result};

use super::files;
use super::finding::{Finding, Report};
use manifest::{Manifest, Metadata};

/// Runs all four.
pub fn check() -> Result<Vec<Report>> {
    let metadata = Metadata::load()?;
    let deny = files::read("deny.toml")?.context("deny.toml is not text")?;
    Ok(vec![
        Report::new("programs", programs::check(&metadata)?),
        Report::new("bans", bans(&metadata, &manifest::list(&deny, "deny"))),
        Report::new(
            "licences",
            licences::check(&metadata, &manifest::list(&deny, "allow")),
        ),
        Report::new("unused dependencies", unused::check(&metadata)?),
    ])
}

/// What deny.toml bans, on every platform that the lock file knows.
fn bans(metadata: &Metadata, banned: &[String]) -> Vec<Finding> {
    let packages = metadata.packages.iter();
    packages
        .filter(|package| banned.contains(&package.name))
        .map(|package| {
            let message = format!("{} is banned in deny.toml", package.full_name());
            Finding::new("Cargo.lock", 1, message)
        })
        .collect()
}

/// Where a crate of ours says what it depends on.
fn manifest_finding(package: &Manifest, dependency: &str, message: String) -> Finding {
    let path = format!("{}/Cargo.toml", package.name);
    let text = files::read(&path).ok().flatten().unwrap_or_default();
    let is_it = |line: &str| {
        line.strip_prefix(dependency)
            .is_some_and(|rest| rest.starts_with(['.', ' ', '=']))
    };
    let line = text.lines().position(is_it).map_or(1, |at| at + 1);
    Finding::new(&path, line, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_banned_crate_is_found_by_its_whole_name() {
        let package = |name: &str| Manifest {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            ..Manifest::default()
        };
        let metadata = Metadata {
            packages: vec![package("ring"), package("string")],
        };
        let found = bans(&metadata, &["ring".to_owned()]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].message, "ring 1.0.0 is banned in deny.toml");
    }

    #[test]
    fn a_finding_names_the_line_of_the_manifest() {
        let ours = Manifest {
            name: "xtask".to_owned(),
            ..Manifest::default()
        };
        let found = manifest_finding(&ours, "serde_json", "unused".to_owned());
        assert_eq!(found.path, "xtask/Cargo.toml");
        assert!(found.line > 1);
    }
}
