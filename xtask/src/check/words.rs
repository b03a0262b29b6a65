//! The vocabulary of the glossary: one word per thing, in identifiers and in prose.
//!
//! Identifiers are looked at wherever they stand, in code as in comments and strings; a name in a string is an error
//! code or a column. Prose is what comments, strings and documents say.

mod exceptions;
mod identifiers;
mod lists;
mod pieces;
mod prose;

use std::path::Path;

use anyhow::Result;

use super::files;
use super::finding::{Finding, Report};
use pieces::{Kind, Piece};

/// What is not ours to write, and the lists of forbidden words themselves.
const SKIPPED: [&str; 8] = [
    "Cargo.lock",
    "LICENSE",
    "docs/screenshots",
    "node_modules",
    "package-lock.json",
    "target",
    "xtask/src/check/words",
    "xtask/src/check/words.rs",
];

/// Looks at every text file of the repository, or at those below the prefixes.
pub fn check(prefixes: &[&str]) -> Result<Vec<Report>> {
    let mut in_identifiers = Vec::new();
    let mut in_prose = Vec::new();
    for path in files::listed(prefixes)? {
        if files::is_below(&path, &SKIPPED) {
            continue;
        }
        in_identifiers.extend(file_name(&path));
        let Some(text) = files::read(&path)? else {
            continue;
        };
        let pieces = pieces::of_file(&path, &text);
        in_identifiers.extend(identifiers(&path, &pieces));
        in_prose.extend(sentences(&path, &pieces));
    }
    Ok(vec![
        Report::new("words in identifiers", in_identifiers),
        Report::new("words in prose", in_prose),
    ])
}

/// A file is called after what it holds, so its name is an identifier too.
fn file_name(path: &str) -> Option<Finding> {
    let stem = Path::new(path).file_stem()?.to_str()?.replace('-', "_");
    let rule = identifiers::forbidden(&stem)?;
    let allowed = exceptions::allows_identifier(path, &stem, false);
    (!allowed).then(|| Finding::new(path, 1, format!("file name `{stem}`: {}", rule.advice())))
}

fn identifiers(path: &str, pieces: &[Piece]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for piece in pieces {
        for name in identifiers::names(piece) {
            let Some(rule) = identifiers::forbidden(&name.text) else {
                continue;
            };
            if !exceptions::allows_identifier(path, &name.text, name.after_dot) {
                let message = format!("`{}`: {}", name.text, rule.advice());
                findings.push(Finding::new(path, name.line, message));
            }
        }
    }
    let code: Vec<&Piece> = pieces
        .iter()
        .filter(|piece| piece.kind == Kind::Code)
        .collect();
    findings.extend(identifiers::type_names(&code).map(|(line, name)| {
        let message = format!("type `{name}`: call it after what it holds");
        Finding::new(path, line, message)
    }));
    findings.sort_by_key(|finding| finding.line);
    findings
}

fn sentences(path: &str, pieces: &[Piece]) -> Vec<Finding> {
    let words = prose::words(pieces);
    prose::forbidden(&words, &exceptions::phrases(path))
        .map(|found| {
            let message = format!("\"{}\": {}", found.words, found.rule.advice());
            Finding::new(path, found.line, message)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        let pieces = pieces::of_file(path, text);
        let mut all = identifiers(path, &pieces);
        all.extend(sentences(path, &pieces));
        let all = all.into_iter();
        all.map(|found| {
            format!(
                "{}: {}",
                found.line,
                found.message.split(':').next().unwrap_or("")
            )
        })
        .collect()
    }

    #[test]
    fn identifiers_and_prose_are_checked_separately() {
        let source = "// Nobody\n// knocks.\nfn deed_of(store: Stored) {}\nlet a = \"store_away\";";
        assert_eq!(
            found("app/src/a.rs", source),
            [
                "3: `deed_of`",
                "3: `store`",
                "4: `store_away`",
                "1: \"Nobody\"",
                "2: \"knocks\""
            ]
        );
    }

    #[test]
    fn the_code_of_other_languages_is_checked_too() {
        assert_eq!(
            found("a.sql", "-- a letter\ncreate table mail_links (id text)"),
            ["2: `mail_links`", "1: \"letter\"",]
        );
        assert_eq!(
            found("end2end/a.ts", "await page.press('Enter'); // the press"),
            ["1: \"the press\""]
        );
    }

    #[test]
    fn exceptions_are_left_alone() {
        assert_eq!(
            found(
                "a.rs",
                "// Letters, digits: no-store.\nuse rustls::RootCertStore;"
            ),
            [""; 0]
        );
        assert_eq!(
            found("docs/GLOSSARY.md", "| email | letter |\nA letter."),
            ["2: \"letter\""]
        );
    }

    #[test]
    fn file_names_are_identifiers() {
        assert!(file_name("accounts/src/letters.rs").is_some());
        assert!(file_name("accounts/src/emails.rs").is_none());
        assert!(file_name("end2end/tests/mail-links.spec.ts").is_some());
    }
}
