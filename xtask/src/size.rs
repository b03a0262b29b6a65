//! `cargo xtask size`: what the first page makes a browser download, against the budget.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Write, stdout};

use anyhow::{Context, Result, bail};

use crate::paths;
use crate::site::neighbour;

/// Bytes, all files of the manifest together, as brotli sends them.
const BUDGET: u64 = 280_000;

/// Prints the table; over budget is an error.
pub fn check() -> Result<()> {
    let site = paths::site();
    let manifest =
        fs::read(site.join("manifest.json")).context("no manifest: run `cargo xtask web` first")?;
    let manifest: BTreeMap<String, String> = serde_json::from_slice(&manifest)?;

    let mut sum = 0;
    let mut out = stdout().lock();
    writeln!(out, "{:<10}{:>12}{:>12}  file", "", "plain", "brotli")?;
    for (logical, address) in &manifest {
        let file = site.join(address.trim_start_matches('/'));
        let plain = fs::metadata(&file)?.len();
        let brotli = fs::metadata(neighbour(&file, "br"))
            .context("not compressed: run `cargo xtask web` without --dev")?
            .len();
        sum += brotli;
        writeln!(
            out,
            "{logical:<10}{:>12}{:>12}  {address}",
            kilobytes(plain),
            kilobytes(brotli)
        )?;
    }
    writeln!(out, "{:<10}{:>12}{:>12}", "sum", "", kilobytes(sum))?;
    writeln!(out, "{:<10}{:>12}{:>12}", "budget", "", kilobytes(BUDGET))?;
    if sum > BUDGET {
        bail!("over budget by {}", kilobytes(sum - BUDGET));
    }
    Ok(())
}

fn kilobytes(bytes: u64) -> String {
    format!("{}.{} KB", bytes / 1000, bytes % 1000 / 100)
}
