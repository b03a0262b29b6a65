//! What cargo says about every package, and the lists of deny.toml.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::run::cargo;

/// Every package that some build of the workspace contains, on any platform.
pub struct Metadata {
    pub packages: Vec<Manifest>,
}

/// One package.
#[derive(Default)]
pub struct Manifest {
    pub name: String,
    pub version: String,
    /// An SPDX expression; some packages name only a file.
    pub licence: Option<String>,
    /// Whether it is a crate of this workspace.
    pub ours: bool,
    pub dependencies: Vec<Dependency>,
}

/// One line of a package's `[dependencies]`, `[dev-dependencies]` or `[build-dependencies]`.
pub struct Dependency {
    /// What the manifest calls it: another name than the package's when it is renamed.
    pub name: String,
    pub kind: Kind,
}

/// In which table of the manifest a dependency stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Normal,
    Dev,
    Build,
}

impl Metadata {
    /// Asks cargo. It reads the lock file and changes nothing.
    pub fn load() -> Result<Self> {
        let mut command = cargo();
        command.args(["metadata", "--locked", "--format-version", "1"]);
        let output = command.output().context("cannot start cargo")?;
        if !output.status.success() {
            bail!(
                "cargo metadata: {}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Self::read(&serde_json::from_slice(&output.stdout)?, &built()?)
    }

    fn read(metadata: &Value, built: &BTreeSet<String>) -> Result<Self> {
        let packages = metadata["packages"].as_array().context("no packages")?;
        let packages = packages
            .iter()
            .map(Manifest::read)
            .filter(|package| built.contains(&package.full_name()))
            .collect();
        Ok(Self { packages })
    }

    /// The crates of this workspace.
    pub fn ours(&self) -> impl Iterator<Item = &Manifest> {
        self.packages.iter().filter(|package| package.ours)
    }
}

/// Name and version of every package that is built on some platform. `cargo metadata` also lists what a lock file
/// holds for features that are off, ring among them, because only `cargo tree` works out the features.
fn built() -> Result<BTreeSet<String>> {
    let tree = tree(&["--workspace", "--edges", "all", "--target", "all"])?;
    let package = |line: &str| {
        let mut words = line.split(' ');
        let (name, version) = (words.next()?, words.next()?);
        Some(format!("{name} {}", version.trim_start_matches('v')))
    };
    Ok(tree.lines().filter_map(package).collect())
}

/// `cargo tree` with these arguments: one package a line, name and version first.
pub fn tree(arguments: &[&str]) -> Result<String> {
    let mut command = cargo();
    command.args(["tree", "--locked", "--prefix", "none", "--format", "{p}"]);
    command.args(arguments);
    let output = command.output().context("cannot start cargo")?;
    if !output.status.success() {
        bail!("cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?)
}

impl Manifest {
    fn read(package: &Value) -> Self {
        let dependencies = package["dependencies"].as_array();
        Self {
            name: text(&package["name"]).unwrap_or_default(),
            version: text(&package["version"]).unwrap_or_default(),
            licence: text(&package["license"]),
            ours: package["source"].is_null(),
            dependencies: dependencies
                .into_iter()
                .flatten()
                .map(Dependency::read)
                .collect(),
        }
    }

    /// Name and version.
    pub fn full_name(&self) -> String {
        format!("{} {}", self.name, self.version)
    }
}

impl Dependency {
    fn read(dependency: &Value) -> Self {
        let name = text(&dependency["rename"]).or_else(|| text(&dependency["name"]));
        Self {
            name: name.unwrap_or_default(),
            kind: match dependency["kind"].as_str() {
                Some("dev") => Kind::Dev,
                Some("build") => Kind::Build,
                _ => Kind::Normal,
            },
        }
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// What stands in quotes in the list of this name in deny.toml. That is all of TOML that we need, so no parser.
pub fn list(toml: &str, name: &str) -> Vec<String> {
    let without_comments = toml
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default());
    let mut names = Vec::new();
    let mut inside = false;
    for line in without_comments {
        let begins = line.strip_prefix(name).map(str::trim_start);
        let begins = begins.is_some_and(|rest| rest.starts_with('=') && rest.contains('['));
        if inside || begins {
            inside = !line.contains(']');
            names.extend(line.split('"').skip(1).step_by(2).map(str::to_owned));
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_packages_that_are_built_are_looked_at() -> Result<()> {
        let metadata = serde_json::json!({
            "packages": [
                { "name": "ours", "version": "0.1.0", "source": null, "dependencies": [
                    { "name": "a-b", "kind": null, "rename": null },
                    { "name": "c", "kind": "dev", "rename": "d" },
                ]},
                { "name": "left-out", "version": "1.0.0", "source": "registry" },
            ],
        });
        let metadata = Metadata::read(&metadata, &BTreeSet::from(["ours 0.1.0".to_owned()]))?;
        assert_eq!(metadata.packages.len(), 1);
        let ours = metadata.ours().next().context("one crate is ours")?;
        let dependencies: Vec<_> = ours
            .dependencies
            .iter()
            .map(|dependency| (dependency.name.as_str(), dependency.kind))
            .collect();
        assert_eq!(dependencies, [("a-b", Kind::Normal), ("d", Kind::Dev)]);
        Ok(())
    }

    #[test]
    fn a_list_is_read_over_several_lines() {
        let toml = "allow = [\n  \"MIT\", # not \"GPL\"\n  \"ISC\",\n]\nallow-x = [\"no\"]\n\
                    deny = [{ crate = \"ring\" }]\nyanked = \"deny\"";
        assert_eq!(list(toml, "allow"), ["MIT", "ISC"]);
        assert_eq!(list(toml, "deny"), ["ring"]);
    }
}
