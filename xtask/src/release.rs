//! `cargo xtask release`: the program for Linux on `x86_64`, statically linked, and an archive of all that an operator needs.
//!
//! The same commit and toolchain give the same bytes: paths of this machine are mapped away, and every time in the archive is
//! the commit's.

mod archive;
mod licences;
mod packages;
mod sbom;

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::{
    mode::Mode,
    paths,
    run::{cargo, run},
    web,
};
use archive::{Archive, commit_time};
use packages::Packages;

const TARGET: &str = "x86_64-unknown-linux-musl";

/// What the program should have in bytes at most.
const LARGEST: u64 = 40_000_000;

/// What the archive holds besides what is made for it: a place in the repository, and its name there.
const FILES: [&str; 5] = [
    "LICENSE",
    "README.md",
    "CHANGELOG.md",
    "SECURITY.md",
    "Containerfile",
];

/// Builds everything and packs it.
pub fn build() -> Result<()> {
    web::build(Mode::Release)?;
    run(cargo()
        .args([
            "build",
            "--profile",
            "archive",
            "--locked",
            "-p",
            "server",
            "--target",
            TARGET,
        ])
        .env("RUSTFLAGS", flags())
        // musl's C compiler, for SQLite and the cryptography. It is no linker for this: what it links asks for musl's loader.
        .env("CC_x86_64_unknown_linux_musl", "musl-gcc")
        // What C writes down as the time it was compiled at (<https://reproducible-builds.org/specs/source-date-epoch/>).
        .env("SOURCE_DATE_EPOCH", commit_time()?.to_string()))?;
    let program = paths::target().join(TARGET).join("archive/curfew");
    check_program(&program)?;
    pack_into(&program, &paths::target().join("release-archive"))
}

/// Refuses a program that needs another one to be loaded, and one that does not run. Says so of one that is too large.
fn check_program(program: &Path) -> Result<()> {
    // Of binutils, which the C compiler needs as well.
    let headers = Command::new("readelf").arg("-lW").arg(program).output()?;
    let headers = String::from_utf8_lossy(&headers.stdout);
    if !headers.contains("LOAD") || headers.contains("INTERP") {
        bail!("{} is not statically linked: {headers}", program.display());
    }
    let bytes = std::fs::metadata(program)?.len();
    if bytes > LARGEST {
        eprintln!("xtask: the program has {bytes} bytes, and is meant to have {LARGEST} at most");
    }
    run(Command::new(program).arg("--version"))
}

/// Packs a program that is there already.
pub fn pack(program: &str) -> Result<()> {
    pack_into(Path::new(program), &paths::target().join("release-archive"))
}

/// No path of this machine gets into the program. These replace the flags of `.cargo/config.toml`, so its own is among them.
fn flags() -> String {
    let mut flags = vec!["--cfg erase_components".to_owned()];
    let cargo_home = std::env::var_os("CARGO_HOME").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cargo"),
        PathBuf::from,
    );
    for (from, to) in [(paths::root(), "/curfew"), (cargo_home, "/cargo")] {
        flags.push(format!("--remap-path-prefix={}={to}", from.display()));
    }
    flags.join(" ")
}

fn pack_into(program: &Path, folder: &Path) -> Result<()> {
    let packages = Packages::load(TARGET)?;
    let name = format!("curfew-{}-x86_64-linux", env!("CARGO_PKG_VERSION"));
    let mut archive = Archive::new(&name);
    let read = |path: &Path| {
        std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
    };
    archive.add_program("curfew", read(program)?);
    for file in FILES {
        archive.add(file, read(&paths::root().join(file))?);
    }
    for folder in ["deploy", "docs"] {
        archive.add_folder(&paths::root(), folder)?;
    }
    archive.add(
        "THIRD-PARTY-LICENCES.txt",
        licences::text(&packages)?.into(),
    );
    archive.add("sbom.cdx.json", sbom::text(&packages)?.into());
    for path in archive.write(folder)? {
        eprintln!("xtask: {}", path.display());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Packed twice, from a file that stands for the program: building that takes longer than a test may.
    #[test]
    fn the_archive_holds_all_that_an_operator_needs_and_is_the_same_bytes_twice() -> Result<()> {
        let folder = std::env::temp_dir().join(format!("curfew-release-{}", std::process::id()));
        let program = folder.join("program");
        fs::create_dir_all(&folder)?;
        fs::write(&program, b"\x7fELF and so on")?;
        let mut made = Vec::new();
        for round in ["one", "two"] {
            let into = folder.join(round);
            pack_into(&program, &into)?;
            let name = format!("curfew-{}-x86_64-linux.tar.gz", env!("CARGO_PKG_VERSION"));
            let bytes = fs::read(into.join(&name))?;
            let sums = fs::read_to_string(into.join("SHA256SUMS"))?;
            let sum =
                data_encoding::HEXLOWER.encode(&<sha2::Sha256 as sha2::Digest>::digest(&bytes));
            assert_eq!(sums, format!("{sum}  {name}\n"));
            made.push((into.join(&name), bytes));
        }
        assert!(
            made[0].1 == made[1].1,
            "two archives of the same files differ"
        );
        let mut command = std::process::Command::new("tar");
        let listed = command.arg("-tvzf").arg(&made[0].0).output()?;
        assert!(listed.status.success(), "{listed:?}");
        let listed = String::from_utf8(listed.stdout)?;
        let top = format!("curfew-{}-x86_64-linux", env!("CARGO_PKG_VERSION"));
        for file in [
            "curfew",
            "LICENSE",
            "THIRD-PARTY-LICENCES.txt",
            "sbom.cdx.json",
            "Containerfile",
            "deploy/curfew.service",
            "deploy/nginx.conf",
            "deploy/Caddyfile",
            "deploy/traefik.yml",
            "deploy/prometheus/alerts.yml",
            "deploy/grafana/curfew.json",
            "docs/INSTALL.md",
            "docs/OPERATING.md",
        ] {
            let path = format!(" {top}/{file}");
            assert!(
                listed.lines().any(|line| line.ends_with(&path)),
                "{file} in {listed}"
            );
        }
        assert!(!listed.contains(".webp"), "{listed}");
        let programs = listed.lines().filter(|line| line.starts_with("-rwxr-xr-x"));
        assert_eq!(programs.count(), 1, "{listed}");
        fs::remove_dir_all(&folder)?;
        Ok(())
    }

    #[test]
    fn the_bill_of_materials_names_each_package_and_the_licences_have_their_texts() -> Result<()> {
        let packages = Packages::load(TARGET)?;
        let sbom: serde_json::Value = serde_json::from_str(&sbom::text(&packages)?)?;
        assert_eq!(sbom["bomFormat"], "CycloneDX");
        let components = sbom["components"].as_array().context("no components")?;
        let named = |name: &str| components.iter().find(|c| c["name"] == name);
        let sqlx = named("sqlx").context("sqlx is in it")?;
        let version = sqlx["version"].as_str().unwrap_or_default();
        assert_eq!(sqlx["purl"], format!("pkg:cargo/sqlx@{version}"));
        assert_eq!(
            sqlx["hashes"][0]["content"].as_str().map(str::len),
            Some(64)
        );
        assert!(sqlx["licenses"][0]["expression"].is_string(), "{sqlx}");
        // What the browser gets is in it, and no tool of the tests or the build.
        assert!(named("web-sys").is_some() && named("axum").is_some());
        for tool in ["tempfile", "lightningcss", "xtask", "standardwebhooks"] {
            assert!(named(tool).is_none(), "{tool}");
        }
        let licences = licences::text(&packages)?;
        for component in components {
            let name = component["name"].as_str().unwrap_or_default();
            let version = component["version"].as_str().unwrap_or_default();
            assert!(licences.contains(&format!("{name} {version}")), "{name}");
        }
        assert!(licences.contains("Permission is hereby granted"));
        Ok(())
    }
}
