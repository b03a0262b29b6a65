//! Every direct dependency of a crate of ours is named somewhere in its code.

use std::collections::BTreeSet;

use anyhow::Result;

use super::super::files;
use super::super::finding::Finding;
use super::super::rust::{Kind as Token, tokens};
use super::manifest::{Dependency, Kind, Manifest, Metadata};
use super::manifest_finding;

/// Dependencies that are named nowhere, and why they are there: crate, dependency, reason.
const EXCEPTIONS: [(&str, &str, &str); 1] = [(
    "app",
    "web-sys",
    "turns on features of the web-sys that leptos re-exports",
)];

/// Which of a crate's folders name what.
#[derive(Default)]
struct Named {
    by_program: BTreeSet<String>,
    by_tests: BTreeSet<String>,
}

/// Dependencies that are named nowhere, or only by tests although they are none of `[dev-dependencies]`.
pub fn check(metadata: &Metadata) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for package in metadata.ours() {
        let named = named(&package.name)?;
        for dependency in &package.dependencies {
            let problem = problem(dependency, &named);
            let problem = problem.filter(|_| !is_excepted(package, dependency));
            findings.extend(problem.map(|problem| {
                let message = format!("{} {problem}", dependency.name);
                manifest_finding(package, &dependency.name, message)
            }));
        }
    }
    Ok(findings)
}

fn is_excepted(package: &Manifest, dependency: &Dependency) -> bool {
    let named = |entry: &&(&str, &str, &str)| entry.0 == package.name && entry.1 == dependency.name;
    EXCEPTIONS.iter().any(|entry| named(&entry))
}

fn problem(dependency: &Dependency, named: &Named) -> Option<&'static str> {
    let name = dependency.name.replace('-', "_");
    let in_program = named.by_program.contains(&name);
    let in_tests = named.by_tests.contains(&name);
    match dependency.kind {
        // Build scripts are few, and rustc warns about none of their dependencies.
        Kind::Build => None,
        _ if !in_program && !in_tests => Some("is not used"),
        Kind::Normal if !in_program => {
            Some("is used by tests only: it belongs to [dev-dependencies]")
        }
        _ => None,
    }
}

fn named(package: &str) -> Result<Named> {
    let mut named = Named::default();
    for path in files::listed(&[package])? {
        if !files::is_rust(&path) {
            continue;
        }
        let source = files::read(&path)?.unwrap_or_default();
        let in_program = path.starts_with(&format!("{package}/src/"));
        let words = if in_program {
            &mut named.by_program
        } else {
            &mut named.by_tests
        };
        words.extend(crates(&source));
    }
    Ok(named)
}

/// Every word that may be the name of a crate: it begins a path, or stands in a `use`. A path in an attribute's string
/// counts, as in `#[serde(with = "name::module")]`.
fn crates(source: &str) -> BTreeSet<String> {
    let code = tokens(source);
    let mut names = BTreeSet::new();
    let mut in_use = false;
    for (at, token) in code.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| &code[before]);
        let continues = before.is_some_and(|before| before.is("::") || before.is("."));
        let begins_path = code.get(at + 1).is_some_and(|next| next.is("::"));
        match token.kind {
            Token::Word if token.text == "use" || token.text == "extern" => in_use = true,
            Token::Word if (begins_path || in_use) && !continues => {
                names.insert(token.text.clone());
            }
            // `::name::item` says that it is a crate.
            Token::Word if begins_path && at >= 2 && code[at - 2].kind != Token::Word => {
                names.insert(token.text.clone());
            }
            Token::Text => names.extend(path_in_text(&token.text)),
            Token::Punctuation if token.text == ";" => in_use = false,
            _ => {}
        }
    }
    names
}

fn path_in_text(text: &str) -> Option<String> {
    let (first, _) = text.split_once("::")?;
    let is_word = first
        .chars()
        .all(|next| next.is_alphanumeric() || next == '_');
    is_word.then(|| first.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(source: &str) -> Vec<String> {
        crates(source).into_iter().collect()
    }

    #[test]
    fn paths_and_imports_name_crates() {
        assert_eq!(names("use a::{b}; fn f() { c::d(); }"), ["a", "b", "c"]);
        assert_eq!(names("#[tokio::main] fn f() { let url = 1; }"), ["tokio"]);
        assert_eq!(names("#[serde(with = \"a_b::c\")] struct S;"), ["a_b"]);
        assert_eq!(names("let a = ::b::c;"), ["b"]);
    }

    #[test]
    fn comments_fields_and_inner_segments_name_none() {
        assert_eq!(names("// a::b\nfn f() { x.c::<u8>() }"), [""; 0]);
        assert_eq!(names("fn f() { crate::url::g() }"), ["crate"]);
    }

    #[test]
    fn a_dependency_that_only_tests_use_belongs_elsewhere() {
        let named = Named {
            by_program: BTreeSet::from(["a_b".to_owned()]),
            by_tests: BTreeSet::from(["c".to_owned()]),
        };
        let problem = |name: &str, kind| {
            let dependency = Dependency {
                name: name.to_owned(),
                kind,
            };
            problem(&dependency, &named)
        };
        assert_eq!(problem("a-b", Kind::Normal), None);
        assert_eq!(problem("c", Kind::Dev), None);
        assert!(problem("c", Kind::Normal).is_some_and(|found| found.contains("tests only")));
        assert_eq!(problem("d", Kind::Normal), Some("is not used"));
    }
}
