//! Which module of a folder imports which, and the circles in it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;

use super::tree::{Crate, Path};

/// Where one import stands, and what it names.
#[derive(Debug)]
pub struct Example {
    pub file: String,
    pub line: usize,
    pub path: String,
}

/// One module imports another.
#[derive(Debug)]
pub struct Arrow {
    from: String,
    to: String,
    /// The first of its imports.
    pub example: Example,
    imports: usize,
}

impl Arrow {
    /// The module that imports and the one that is imported.
    pub fn ends(&self) -> (&str, &str) {
        (&self.from, &self.to)
    }
}

impl fmt::Display for Arrow {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Example { file, line, path } = &self.example;
        let (from, to) = self.ends();
        let plural = if self.imports == 1 { "" } else { "s" };
        write!(
            out,
            "{file}:{line}: {from} -> {to} by {path} ({} import{plural})",
            self.imports
        )
    }
}

/// The modules of one folder.
#[derive(Debug, Default)]
pub struct Graph {
    arrows: BTreeMap<(String, String), Arrow>,
}

/// One graph for every folder of the crate whose modules import each other. An import belongs to the folder where the
/// ways to both modules part.
pub fn graphs(tree: &Crate) -> BTreeMap<Path, Graph> {
    let mut graphs: BTreeMap<Path, Graph> = BTreeMap::new();
    for (from, module) in &tree.modules {
        for (import, to) in tree.targets(from) {
            let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
            let (Some(source), Some(target)) = (from.get(shared), to.get(shared)) else {
                continue;
            };
            let graph = graphs.entry(from[..shared].to_vec()).or_default();
            graph.add(source, target, || Example {
                file: module.file.clone(),
                line: import.line,
                path: import.path.join("::"),
            });
        }
    }
    graphs
}

impl Graph {
    fn add(&mut self, from: &str, to: &str, example: impl FnOnce() -> Example) {
        self.arrows
            .entry((from.to_owned(), to.to_owned()))
            .or_insert_with(|| Arrow {
                from: from.to_owned(),
                to: to.to_owned(),
                example: example(),
                imports: 0,
            })
            .imports += 1;
    }

    /// Sets of modules of which each reaches every other: a circle each, or several that touch.
    pub fn components(&self) -> Vec<Vec<&str>> {
        let modules: BTreeSet<&str> = self.arrows.values().map(|arrow| arrow.ends().0).collect();
        let reached: BTreeMap<&str, BTreeSet<&str>> = modules
            .iter()
            .map(|module| (*module, self.reached(module)))
            .collect();
        let leads = |from: &str, to: &str| reached.get(from).is_some_and(|all| all.contains(to));
        let mut seen = BTreeSet::new();
        let mut components = Vec::new();
        for module in modules {
            if seen.contains(module) || !leads(module, module) {
                continue;
            }
            let component: Vec<&str> = reached[module]
                .iter()
                .copied()
                .filter(|other| leads(other, module))
                .collect();
            seen.extend(component.iter().copied());
            components.push(component);
        }
        components
    }

    fn reached(&self, start: &str) -> BTreeSet<&str> {
        let mut reached = BTreeSet::new();
        let mut waiting: Vec<&str> = self.next(start).collect();
        while let Some(module) = waiting.pop() {
            if reached.insert(module) {
                waiting.extend(self.next(module));
            }
        }
        reached
    }

    fn next(&self, from: &str) -> impl Iterator<Item = &str> {
        let leaving = self.arrows.values().filter(move |arrow| arrow.from == from);
        leaving.map(|arrow| arrow.to.as_str())
    }

    /// The modules of the shortest circle in a component, in the order of its arrows.
    pub fn shortest_circle<'a>(&'a self, component: &[&'a str]) -> Vec<&'a str> {
        let circles = component.iter().map(|start| self.way_back(start));
        circles
            .filter(|circle| !circle.is_empty())
            .min_by_key(Vec::len)
            .unwrap_or_default()
    }

    /// From a module back to itself, breadth first.
    fn way_back<'a>(&'a self, start: &'a str) -> Vec<&'a str> {
        let mut seen = BTreeSet::new();
        let mut waiting = VecDeque::from([vec![start]]);
        while let Some(way) = waiting.pop_front() {
            let Some(last) = way.last() else { break };
            for next in self.next(last) {
                if next == start {
                    return way;
                }
                if seen.insert(next) {
                    let mut longer = way.clone();
                    longer.push(next);
                    waiting.push_back(longer);
                }
            }
        }
        Vec::new()
    }

    /// Every arrow that begins and ends in the component.
    pub fn arrows_within(&self, component: &[&str]) -> Vec<&Arrow> {
        let inside = |name: &String| component.contains(&name.as_str());
        let arrows = self.arrows.values();
        arrows
            .filter(|arrow| inside(&arrow.from) && inside(&arrow.to))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(arrows: &[&str]) -> Graph {
        let mut graph = Graph::default();
        for arrow in arrows {
            let (from, to) = arrow.split_at(1);
            graph.add(from, to, || Example {
                file: "a.rs".to_owned(),
                line: 1,
                path: "x".to_owned(),
            });
        }
        graph
    }

    #[test]
    fn a_graph_without_a_circle_has_no_component() {
        assert!(graph(&["ab", "ac", "bc", "cd"]).components().is_empty());
    }

    #[test]
    fn circles_that_touch_are_one_component() {
        let graph = graph(&["ab", "bc", "ca", "cd", "dc", "de", "fg", "gf"]);
        assert_eq!(
            graph.components(),
            [vec!["a", "b", "c", "d"], vec!["f", "g"]]
        );
        assert_eq!(graph.shortest_circle(&["a", "b", "c", "d"]), ["c", "d"]);
        assert_eq!(graph.arrows_within(&["a", "b", "c", "d"]).len(), 5);
    }

    #[test]
    fn imports_of_an_arrow_are_counted() {
        let graph = graph(&["ab", "ab", "ba"]);
        let arrows = graph.arrows_within(&["a", "b"]);
        assert_eq!(arrows[0].to_string(), "a.rs:1: a -> b by x (2 imports)");
    }
}
