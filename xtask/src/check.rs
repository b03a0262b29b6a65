//! `cargo xtask check`: the rules of the repository that no compiler and no linter holds.
//!
//! | module | holds |
//! |---|---|
//! | [`words`] | the vocabulary of the glossary, for identifiers and for prose |
//! | [`circles`] | no circle of imports inside a crate |
//! | [`dependencies`] | which crate may be part of which program, licences, unused dependencies |
//! | [`signatures`] | no patterns as parameters, no module named after something in the language |
//!
//! Every finding is one line, `path:line: message`, so that an editor can jump to it.

mod circles;
mod dependencies;
mod files;
mod finding;
mod rust;
mod signatures;
mod words;

use std::io::{Write, stdout};

use anyhow::{Result, bail};

use finding::Report;

/// What `cargo xtask check` takes.
pub const HELP: &str = "\
cargo xtask check         all of the following
cargo xtask check words [path prefix]...        the vocabulary of the glossary
cargo xtask check circles [crate]...            circles of imports inside a crate
cargo xtask check dependencies                  crates, bans, licences, unused dependencies
cargo xtask check signatures [path prefix]...   parameters and module names";

/// Runs the checks that the arguments name, prints their findings, and fails when there is any.
pub fn run(args: &[&str]) -> Result<()> {
    let reports = match args {
        [] => {
            let mut reports = words::check(&[])?;
            reports.extend(circles::check(&[])?);
            reports.extend(dependencies::check()?);
            reports.push(signatures::check(&[])?);
            reports
        }
        ["words", prefixes @ ..] => words::check(prefixes)?,
        ["circles", crates @ ..] => circles::check(crates)?,
        ["dependencies"] => dependencies::check()?,
        ["signatures", prefixes @ ..] => vec![signatures::check(prefixes)?],
        _ => bail!("there is no such check\n{HELP}"),
    };
    print(&reports, &mut stdout().lock())
}

/// All findings first, the sums last: they are what is read at the end of a long list.
fn print(reports: &[Report], out: &mut dyn Write) -> Result<()> {
    for finding in reports.iter().flat_map(|report| &report.findings) {
        writeln!(out, "{finding}")?;
    }
    for report in reports {
        writeln!(out, "{}: {}", report.name, count(report.findings.len()))?;
    }
    let sum: usize = reports.iter().map(|report| report.findings.len()).sum();
    if sum > 0 {
        bail!("{}", count(sum));
    }
    Ok(())
}

fn count(findings: usize) -> String {
    match findings {
        0 => "no findings".to_owned(),
        1 => "1 finding".to_owned(),
        many => format!("{many} findings"),
    }
}

#[cfg(test)]
mod tests {
    use super::finding::Finding;
    use super::*;

    #[test]
    fn a_finding_fails_the_check() {
        let clean = Report::new("words", Vec::new());
        let mut out = Vec::new();
        assert!(print(std::slice::from_ref(&clean), &mut out).is_ok());
        let found = Report::new("circles", vec![Finding::new("a.rs", 1, "a circle")]);
        out.clear();
        let error = print(&[clean, found], &mut out).expect_err("there is a finding");
        assert_eq!(error.to_string(), "1 finding");
        let printed = String::from_utf8(out).expect("it is text");
        assert_eq!(
            printed,
            "a.rs:1: a circle\nwords: no findings\ncircles: 1 finding\n"
        );
    }

    #[test]
    fn an_unknown_check_is_refused() {
        assert!(run(&["word"]).is_err());
    }
}
