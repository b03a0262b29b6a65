//! Which module of a crate a path leads to.

use super::imports::Import;
use super::tree::{Crate, Module, Path};

/// Chains of re-exports end sooner; only a circle among them would go on.
const LONGEST_CHAIN: usize = 16;

impl Crate {
    /// Every path that a module imports or writes out, with the module it leads to.
    pub fn targets<'a>(&'a self, from: &'a Path) -> impl Iterator<Item = (&'a Import, Path)> {
        let module = self.modules.get(from).into_iter();
        module
            .flat_map(|module| module.imports.iter().chain(&module.written))
            .filter_map(|import| {
                let path = self.absolute(from, &import.path, LONGEST_CHAIN)?;
                let target = self.follow(&path, from, LONGEST_CHAIN)?;
                Some((import, target))
            })
    }

    /// The path from the top of the crate; `None` when it leads out of it.
    fn absolute(&self, from: &Path, path: &[String], chain: usize) -> Option<Path> {
        let (first, mut rest) = path.split_first()?;
        let module = self.modules.get(from)?;
        let mut base = match first.as_str() {
            "crate" => Vec::new(),
            "self" => from.clone(),
            "super" => parent(from)?,
            child if module.children.contains(child) => {
                let mut base = from.clone();
                base.push(child.to_owned());
                base
            }
            name => {
                let import = module.import(name).filter(|import| import.path != path)?;
                self.absolute(from, &import.path, chain.checked_sub(1)?)?
            }
        };
        while let Some(("super", more)) =
            rest.split_first().map(|(next, more)| (next.as_str(), more))
        {
            base = parent(&base)?;
            rest = more;
        }
        base.extend_from_slice(rest);
        Some(base)
    }

    /// The module that a path from the top leads to. Re-exports are followed down into the folder of the module
    /// that re-exports, and out of it only when that is a module above the importing one: otherwise the import depends
    /// on the module that it names.
    fn follow(&self, path: &[String], importer: &Path, chain: usize) -> Option<Path> {
        let chain = chain.checked_sub(1)?;
        let mut at = Path::new();
        for (depth, name) in path.iter().enumerate() {
            let module = self.modules.get(&at)?;
            let rest = &path[depth + 1..];
            let through = self.through(&at, module, name, chain);
            if module.children.contains(name) && (!rest.is_empty() || through.is_none()) {
                at.push(name.clone());
                continue;
            }
            let end = through.and_then(|mut path| {
                path.extend_from_slice(rest);
                self.follow(&path, importer, chain)
            });
            let followed = end.filter(|end| end.starts_with(&at) || importer.starts_with(&at));
            return Some(followed.unwrap_or(at));
        }
        Some(at)
    }

    /// What a name that the module imports stands for.
    fn through(&self, at: &Path, module: &Module, name: &str, chain: usize) -> Option<Path> {
        if let Some(import) = module.import(name) {
            return self.absolute(at, &import.path, chain);
        }
        if module.items.contains(name) {
            return None;
        }
        let mut globs = module
            .imports
            .iter()
            .filter(|import| import.path.last().is_some_and(|last| last == "*"));
        globs.find_map(|glob| {
            let (_, folder) = glob.path.split_last()?;
            let mut path = self.absolute(at, folder, chain)?;
            let there = self.modules.get(&path)?;
            (there.items.contains(name) || there.import(name).is_some()).then(|| {
                path.push(name.to_owned());
                path
            })
        })
    }
}

fn parent(path: &Path) -> Option<Path> {
    path.split_last().map(|(_, parent)| parent.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(sources: &[(&str, &str)], from: &[&str]) -> Vec<String> {
        let read = |path: &str| {
            let source = sources.iter().find(|(name, _)| *name == path);
            source.map(|(_, text)| (*text).to_owned())
        };
        let tree = Crate::read("src/lib.rs", &read);
        let from = from.iter().map(|name| (*name).to_owned()).collect();
        let targets = tree.targets(&from);
        targets.map(|(_, target)| target.join("::")).collect()
    }

    #[test]
    fn an_alias_of_a_module_is_followed() {
        let sources = [
            ("src/lib.rs", "mod a;"),
            ("src/a.rs", "mod one; mod two; pub use two::g;"),
            (
                "src/a/one.rs",
                "use crate::a as all; fn f() { all::g(); other::h() }",
            ),
            ("src/a/two.rs", "pub fn g() {}"),
        ];
        assert_eq!(targets(&sources, &["a", "one"]), ["a", "a::two"]);
    }

    #[test]
    fn a_re_export_of_another_folder_belongs_to_the_module_that_is_named() {
        let sources = [
            ("src/lib.rs", "mod a; mod b; mod c; pub use b::B;"),
            ("src/a.rs", "pub use crate::b::B;"),
            ("src/b.rs", "pub struct B;"),
            (
                "src/c.rs",
                "use crate::a::B; use crate::B as Same; use super::b::B as Third;",
            ),
        ];
        assert_eq!(targets(&sources, &["c"]), ["a", "b", "b"]);
    }

    #[test]
    fn blocks_are_modules_and_circles_of_re_exports_end() {
        let sources = [(
            "src/lib.rs",
            "mod a { use super::b::X; } mod b { pub use crate::b::X; } use serde::S;",
        )];
        assert_eq!(targets(&sources, &["a"]), ["b"]);
        assert_eq!(targets(&sources, &[]), [""; 0]);
    }
}
