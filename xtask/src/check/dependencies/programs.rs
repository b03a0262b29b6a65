//! Which crate must never become part of which program, and which a crate of ours must not name itself.

use anyhow::Result;

use super::super::finding::Finding;
use super::manifest::{Kind, Metadata, tree};
use super::manifest_finding;

/// What a program, with the features it is built with, must not contain at any depth. A star at the end stands for any
/// rest of a name.
struct Program {
    name: &'static str,
    arguments: &'static [&'static str],
    forbidden: &'static [&'static str],
}

const PROGRAMS: [Program; 5] = [
    // What a browser downloads can be read by everyone, and every crate in it is paid for by every visitor.
    Program {
        name: "frontend",
        arguments: &["-p", "frontend", "--target", "wasm32-unknown-unknown"],
        forbidden: &["accounts", "sqlx*", "argon2", "axum", "zxcvbn", "tokio"],
    },
    // One TLS implementation with one provider: two of them panic at run time. `rsa` has a known timing leak.
    Program {
        name: "server",
        arguments: &["-p", "server", "--target", "all"],
        forbidden: &["ring", "openssl", "openssl-sys", "native-tls", "rsa"],
    },
    // The rules know no web framework and no address.
    Program {
        name: "accounts",
        arguments: &["-p", "accounts"],
        forbidden: &["leptos*", "axum*", "http", "app", "server"],
    },
    // Without `ssr`, screens can ask the rules for nothing.
    Program {
        name: "app",
        arguments: &["-p", "app"],
        forbidden: &["sqlx*", "axum*", "accounts"],
    },
    Program {
        name: "app",
        arguments: &[
            "-p",
            "app",
            "--features",
            "hydrate",
            "--target",
            "wasm32-unknown-unknown",
        ],
        forbidden: &["sqlx*", "axum*", "accounts"],
    },
];

/// What a crate must not name in its `[dependencies]`. It may come with another: the server contains sqlx
/// because `accounts` does, and still no statement is written there. Tests look into the tables.
const DIRECT: [(&str, &[&str]); 3] = [
    ("app", &["sqlx", "axum"]),
    ("server", &["sqlx"]),
    ("frontend", &["accounts", "server", "sqlx", "axum", "tokio"]),
];

/// Asks `cargo tree` about each program, because only it can choose features and target.
pub fn check(metadata: &Metadata) -> Result<Vec<Finding>> {
    let mut findings = direct(metadata);
    for program in &PROGRAMS {
        let tree = tree(&[&["--edges", "normal"], program.arguments].concat())?;
        findings.extend(contained(program, &tree));
    }
    Ok(findings)
}

fn contained(program: &Program, tree: &str) -> Vec<Finding> {
    let mut found: Vec<&str> = tree
        .lines()
        .filter_map(|line| line.split(' ').next())
        .filter(|name| {
            program
                .forbidden
                .iter()
                .any(|pattern| matches(pattern, name))
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    let path = format!("{}/Cargo.toml", program.name);
    found
        .into_iter()
        .map(|name| {
            let how = program.arguments.join(" ");
            let message =
                format!("must not contain {name}; `cargo tree {how} -i {name}` says why it does");
            Finding::new(&path, 1, message)
        })
        .collect()
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    }
}

fn direct(metadata: &Metadata) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in metadata.ours() {
        let rule = DIRECT.iter().find(|(name, _)| *name == package.name);
        let Some((_, forbidden)) = rule else { continue };
        for dependency in &package.dependencies {
            if dependency.kind == Kind::Normal && forbidden.contains(&dependency.name.as_str()) {
                let message = format!("{} must not depend on {}", package.name, dependency.name);
                findings.push(manifest_finding(package, &dependency.name, message));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::manifest::{Dependency, Manifest};
    use super::*;

    #[test]
    fn a_program_is_told_what_it_must_not_contain() {
        let tree = "server v0.1.0 (/x)\nring v0.17.0\nring v0.17.0\nstring v1.0.0\n";
        let found = contained(&PROGRAMS[1], tree);
        assert_eq!(found.len(), 1);
        assert!(found[0].message.starts_with("must not contain ring;"));
    }

    #[test]
    fn a_star_stands_for_any_rest() {
        assert!(matches("sqlx*", "sqlx-core"));
        assert!(matches("sqlx*", "sqlx"));
        assert!(!matches("sqlx", "sqlx-core"));
    }

    #[test]
    fn tests_may_depend_on_what_the_program_must_not() {
        let server = |kind| Metadata {
            packages: vec![Manifest {
                name: "server".to_owned(),
                ours: true,
                dependencies: vec![Dependency {
                    name: "sqlx".to_owned(),
                    kind,
                }],
                ..Manifest::default()
            }],
        };
        assert_eq!(direct(&server(Kind::Normal)).len(), 1);
        assert_eq!(direct(&server(Kind::Dev)).len(), 0);
    }
}
