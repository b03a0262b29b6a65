//! No circle of imports inside a crate: neither between its top modules nor between the modules of one folder.
//!
//! A module that holds others (`lib.rs`, `main.rs`, the file beside a folder) is no node of its own folder:
//! it declares the others and may name them, and they may use what it defines.

mod graph;
mod imports;
mod paths;
mod tree;

use anyhow::{Result, bail};

use super::files;
use super::finding::{Finding, Report};
use graph::{Arrow, Graph};
use tree::Crate;

/// Our crates that have more than one module.
const CRATES: [&str; 4] = ["accounts", "app", "server", "xtask"];

/// Looks for circles in these crates; without a name in every crate. Files that no module declares are found on the way.
pub fn check(crates: &[&str]) -> Result<Vec<Report>> {
    let mut found = Vec::new();
    let mut stray = Vec::new();
    for name in if crates.is_empty() { &CRATES } else { crates } {
        let folder = format!("{name}/src");
        let sources = files::listed(&[&folder])?;
        let read = |path: &str| files::read(path).ok().flatten();
        let mut trees: Vec<Crate> = ["lib.rs", "main.rs"]
            .iter()
            .map(|root| format!("{folder}/{root}"))
            .filter(|root| sources.contains(root))
            .map(|root| Crate::read(&root, &read))
            .collect();
        if trees.is_empty() {
            bail!("{name} is no crate of ours");
        }
        for missing in trees.iter().flat_map(|tree| &tree.missing) {
            let path = format!("{missing}.rs");
            stray.push(Finding::new(
                &path,
                1,
                "a module is declared without a file",
            ));
        }
        for file in sources.iter().filter(|file| files::is_rust(file)) {
            if trees.iter().any(|tree| tree.declares(file)) {
                continue;
            }
            stray.push(Finding::new(file, 1, "no module declares this file"));
            if let Some(tree) = trees.first_mut() {
                tree.add_undeclared(file, &folder, &read);
            }
        }
        found.extend(trees.iter().flat_map(|tree| circles(name, tree)));
    }
    Ok(vec![
        Report::new("module files", stray),
        Report::new("circles", found),
    ])
}

fn circles(name: &str, tree: &Crate) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (folder, graph) in &graph::graphs(tree) {
        let place = std::iter::once(name)
            .chain(folder.iter().map(String::as_str))
            .collect::<Vec<_>>()
            .join("::");
        for component in graph.components() {
            findings.push(describe(&place, graph, &component));
        }
    }
    findings
}

/// The shortest circle first, then every other import between the modules that circles connect: all of
/// them are needed to see where it is best cut.
fn describe(place: &str, graph: &Graph, component: &[&str]) -> Finding {
    let circle = graph.shortest_circle(component);
    let mut shown = circle.join(" -> ");
    if component.len() > circle.len() {
        let all = component.join(", ");
        shown = format!("{shown} ({} modules are connected: {all})", component.len());
    } else if let Some(first) = circle.first() {
        shown = format!("{shown} -> {first}");
    }
    let next = circle.iter().cycle().skip(1);
    let on_circle: Vec<(&str, &str)> = circle.iter().copied().zip(next.copied()).collect();
    let mut arrows: Vec<&Arrow> = graph.arrows_within(component);
    arrows.sort_by_key(|arrow| {
        let place = on_circle.iter().position(|ends| *ends == arrow.ends());
        place.unwrap_or(on_circle.len())
    });
    let first = arrows.first().map(|arrow| &arrow.example);
    let mut finding = Finding::new(
        first.map_or("", |example| &example.file),
        first.map_or(1, |example| example.line),
        format!("circle in {place}: {shown}"),
    );
    finding.notes = arrows.iter().map(ToString::to_string).collect();
    finding
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(sources: &[(&str, &str)]) -> Vec<String> {
        let read = |path: &str| {
            let source = sources.iter().find(|(name, _)| *name == path);
            source.map(|(_, text)| (*text).to_owned())
        };
        let tree = Crate::read("src/lib.rs", &read);
        circles("x", &tree)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn two_modules_that_import_each_other_are_a_circle() {
        let found = found(&[
            ("src/lib.rs", "mod a; mod b; mod c;"),
            ("src/a.rs", "use crate::b::B;\nuse crate::c;"),
            ("src/b.rs", "fn f() {\n crate::a::g() }"),
            ("src/c.rs", ""),
        ]);
        assert_eq!(
            found,
            ["src/a.rs:1: circle in x: a -> b -> a\n    \
              src/a.rs:1: a -> b by crate::b::B (1 import)\n    \
              src/b.rs:2: b -> a by crate::a::g (1 import)"]
        );
    }

    #[test]
    fn inside_a_folder_names_are_followed_to_the_module_that_defines_them() {
        let sources = [
            ("src/lib.rs", "mod f;"),
            (
                "src/f.rs",
                "mod a; mod b; pub use a::{A, one}; pub use b::*;",
            ),
            ("src/f/a.rs", "use super::B; pub struct A; fn one() {}"),
            ("src/f/b.rs", "pub struct B; fn two() { crate::f::one() }"),
        ];
        assert!(found(&sources)[0].contains("circle in x::f: a -> b -> a"));
    }

    #[test]
    fn a_longer_circle_is_one_finding() {
        let found = found(&[
            ("src/lib.rs", "mod a; mod b; mod c; mod d;"),
            ("src/a.rs", "use crate::b;"),
            ("src/b.rs", "use crate::c; use crate::d;"),
            ("src/c.rs", "use crate::a;"),
            ("src/d.rs", "use crate::c;"),
        ]);
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("a -> b -> c (4 modules are connected: a, b, c, d)"));
        assert_eq!(found[0].lines().count(), 6);
    }

    #[test]
    fn tests_comments_and_parents_make_no_circle() {
        let found = found(&[
            (
                "src/lib.rs",
                "mod a; mod b; pub struct S; fn f() { a::g() }",
            ),
            ("src/a.rs", "mod deep; use crate::{S, b}; // crate::a"),
            ("src/a/deep.rs", "use super::X; use crate::b;"),
            (
                "src/b.rs",
                "#[cfg(test)] mod tests { use crate::a; } pub(in crate::a) fn f() {}",
            ),
        ]);
        assert_eq!(found, [""; 0]);
    }
}
