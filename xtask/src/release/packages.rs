//! What the program is made of: every package that is linked into the server, or into what the browser gets.

use std::{collections::BTreeMap, path::PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{paths, run::cargo};

const BROWSER: &str = "wasm32-unknown-unknown";

/// One package of the registry.
pub struct Package {
    pub name: String,
    pub version: String,
    /// An SPDX expression.
    pub licence: Option<String>,
    /// Where its source lies.
    pub folder: PathBuf,
    /// SHA-256 of its archive in the registry.
    pub checksum: Option<String>,
}

/// In the order of their names.
pub struct Packages(pub Vec<Package>);

impl Packages {
    /// Asks cargo what the two programs contain on their targets, with the features they are built with.
    pub fn load(target: &str) -> Result<Self> {
        let linked = [linked("server", target)?, linked("frontend", BROWSER)?].concat();
        let lock = std::fs::read_to_string(paths::root().join("Cargo.lock"))?;
        let checksums = checksums(&lock);
        let mut found = BTreeMap::new();
        for package in metadata()?["packages"].as_array().context("no packages")? {
            let text = |field: &str| package[field].as_str().map(str::to_owned);
            let (name, version) = (
                text("name").unwrap_or_default(),
                text("version").unwrap_or_default(),
            );
            let key = format!("{name} {version}");
            if package["source"].is_null() || !linked.contains(&key) {
                continue;
            }
            let manifest = PathBuf::from(text("manifest_path").unwrap_or_default());
            let package = Package {
                name,
                version,
                licence: text("license"),
                folder: manifest.parent().map(PathBuf::from).unwrap_or_default(),
                checksum: checksums.get(&key).cloned(),
            };
            found.insert(key, package);
        }
        Ok(Self(found.into_values().collect()))
    }
}

/// "name version" of each package.
fn linked(package: &str, target: &str) -> Result<Vec<String>> {
    let mut command = cargo();
    command.args(["tree", "--locked", "--prefix", "none", "--format", "{p}"]);
    command.args([
        "--package",
        package,
        "--edges",
        "normal",
        "--target",
        target,
    ]);
    let output = command.output().context("cannot start cargo")?;
    if !output.status.success() {
        bail!("cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    }
    let text = String::from_utf8(output.stdout)?;
    let package = |line: &str| {
        let mut words = line.split(' ');
        let (name, version) = (words.next()?, words.next()?);
        Some(format!("{name} {}", version.trim_start_matches('v')))
    };
    Ok(text.lines().filter_map(package).collect())
}

fn metadata() -> Result<Value> {
    let mut command = cargo();
    command.args(["metadata", "--locked", "--format-version", "1"]);
    let output = command.output().context("cannot start cargo")?;
    if !output.status.success() {
        bail!(
            "cargo metadata: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// By "name version", as the lock file has them.
fn checksums(lock: &str) -> BTreeMap<String, String> {
    let package = |text: &str| {
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name))?;
            Some(line.trim_start_matches(" = ").trim_matches('"').to_owned())
        };
        let key = format!("{} {}", value("name")?, value("version")?);
        Some((key, value("checksum")?))
    };
    lock.split("[[package]]").filter_map(package).collect()
}
