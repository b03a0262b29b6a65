//! The modules of a crate, and what each imports.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path as Filesystem;

use super::super::rust::{Kind, Token, closing, compiled, tokens};
use super::imports::{Import, use_tree, written_path};

/// A module's path from the top of its crate, which itself is empty.
pub type Path = Vec<String>;

/// One module: a file, or a block inside one.
#[derive(Debug, Default)]
pub struct Module {
    pub file: String,
    /// The modules it declares.
    pub children: BTreeSet<String>,
    /// What it defines itself.
    pub items: BTreeSet<String>,
    pub imports: Vec<Import>,
    /// Paths that stand in its code.
    pub written: Vec<Import>,
}

/// All modules of a crate.
#[derive(Debug, Default)]
pub struct Crate {
    pub modules: BTreeMap<Path, Module>,
    /// Modules that are declared and have no file: the file that should be there, without its ending.
    pub missing: Vec<String>,
    /// Modules that only tests have, in the same way.
    tests: Vec<String>,
}

/// Where a module is.
struct Place {
    path: Path,
    file: String,
    /// Where the files of its children lie.
    folder: String,
}

impl Place {
    fn new(path: Path, file: &str, folder: &str) -> Self {
        Self {
            path,
            file: file.to_owned(),
            folder: folder.to_owned(),
        }
    }
}

impl Crate {
    /// Reads the crate whose topmost file this is. `read` gives a file's text, or `None` when there is no such file.
    pub fn read(root: &str, read: &dyn Fn(&str) -> Option<String>) -> Self {
        let mut tree = Self::default();
        let folder = root.rsplit_once('/').map_or("", |(folder, _)| folder);
        if let Some(source) = read(root) {
            let place = Place::new(Vec::new(), root, folder);
            tree.add_source(place, &source, read);
        }
        tree
    }

    /// Whether some module declares this file, be it for tests.
    pub fn declares(&self, file: &str) -> bool {
        let folder = file.strip_suffix(".rs").unwrap_or(file);
        let mut tests = self.tests.iter();
        self.modules.values().any(|module| module.file == file)
            || tests.any(|test| Filesystem::new(folder).starts_with(test))
    }

    /// Adds a file that no module declares, in the place where it lies: while modules are moved about, the circles
    /// among them are found all the same. `top` is the folder of the crate's topmost file.
    pub fn add_undeclared(&mut self, file: &str, top: &str, read: &dyn Fn(&str) -> Option<String>) {
        let folder = file.strip_suffix(".rs").unwrap_or(file);
        let folder = folder.strip_suffix("/mod").unwrap_or(folder);
        let inner = folder.strip_prefix(top).unwrap_or(folder);
        let path: Path = inner.split('/').skip(1).map(str::to_owned).collect();
        let Some((name, parent)) = path.split_last() else {
            return;
        };
        if let (Some(parent), Some(source)) = (self.modules.get_mut(parent), read(file)) {
            parent.children.insert(name.clone());
            self.add_source(Place::new(path, file, folder), &source, read);
        }
    }

    fn add_source(&mut self, place: Place, source: &str, read: &dyn Fn(&str) -> Option<String>) {
        let code = compiled(source);
        let in_program = declared(&code);
        let for_tests = declared(&tokens(source)).into_iter();
        let for_tests = for_tests.filter(|name| !in_program.contains(name));
        self.tests
            .extend(for_tests.map(|name| format!("{}/{name}", place.folder)));
        self.add(place, &code, read);
    }

    fn add(&mut self, place: Place, code: &[Token], read: &dyn Fn(&str) -> Option<String>) {
        let Place { path, file, folder } = place;
        let mut module = Module {
            file: file.clone(),
            ..Module::default()
        };
        let mut at = 0;
        let mut depth = 0_usize;
        while let Some(token) = code.get(at) {
            let next = code.get(at + 1);
            let name = next
                .filter(|next| next.kind == Kind::Word)
                .map(|next| next.text.clone());
            match (token.text.as_str(), name) {
                ("{", _) if token.is("{") => depth += 1,
                ("}", _) if token.is("}") => depth = depth.saturating_sub(1),
                ("mod", Some(name)) if token.is_word("mod") => {
                    let inner = format!("{folder}/{name}");
                    let child: Path = path.iter().chain([&name]).cloned().collect();
                    module.children.insert(name);
                    if code.get(at + 2).is_some_and(|token| token.is("{")) {
                        let end = closing(code, at + 2);
                        let block = code.get(at + 3..end).unwrap_or_default();
                        self.add(Place::new(child, &file, &inner), block, read);
                        at = end;
                    } else {
                        self.add_file(child, &inner, read);
                    }
                }
                ("use", _) if token.is_word("use") && !next.is_some_and(|next| next.is("<")) => {
                    let (imports, end) = use_tree(code, at + 1);
                    module.imports.extend(imports);
                    at = end;
                }
                (keyword, Some(name)) if depth == 0 && defines(keyword) => {
                    module.items.insert(name);
                }
                _ if token.kind == Kind::Word => {
                    module
                        .written
                        .extend(written_path(code, at).map(|path| Import {
                            path,
                            name: None,
                            line: token.line,
                        }));
                }
                _ => {}
            }
            at += 1;
        }
        self.modules.insert(path, module);
    }

    fn add_file(&mut self, path: Path, folder: &str, read: &dyn Fn(&str) -> Option<String>) {
        for file in [format!("{folder}.rs"), format!("{folder}/mod.rs")] {
            if let Some(source) = read(&file) {
                return self.add_source(Place::new(path, &file, folder), &source, read);
            }
        }
        self.missing.push(folder.to_owned());
    }
}

impl Module {
    /// The import that brings in this name.
    pub fn import(&self, name: &str) -> Option<&Import> {
        let named = |import: &&Import| import.name.as_deref() == Some(name);
        self.imports.iter().find(named)
    }
}

/// The modules that the code declares and that have a file of their own.
fn declared(code: &[Token]) -> BTreeSet<String> {
    let declarations = code
        .windows(3)
        .filter(|three| three[0].is_word("mod") && three[1].kind == Kind::Word && three[2].is(";"));
    declarations.map(|three| three[1].text.clone()).collect()
}

fn defines(keyword: &str) -> bool {
    matches!(
        keyword,
        "fn" | "struct" | "enum" | "trait" | "type" | "const" | "static" | "union"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_files_and_blocks() {
        let read = |path: &str| {
            let source = match path {
                "src/lib.rs" => {
                    "mod a { pub mod b; } mod c; #[cfg(test)] mod d; fn f() { fn g() {} }"
                }
                "src/a/b.rs" => "use x::Y as Z; const N: u8 = y::M;",
                "src/c/mod.rs" => "",
                _ => return None,
            };
            Some(source.to_owned())
        };
        let tree = Crate::read("src/lib.rs", &read);
        let shown =
            |(path, module): (&Path, &Module)| format!("{} {}", path.join("::"), module.file);
        let modules: Vec<String> = tree.modules.iter().map(shown).collect();
        assert_eq!(
            modules,
            [
                " src/lib.rs",
                "a src/lib.rs",
                "a::b src/a/b.rs",
                "c src/c/mod.rs"
            ]
        );
        let module = |path: &[&str]| {
            &tree.modules[&path.iter().map(|name| (*name).to_owned()).collect::<Path>()]
        };
        assert_eq!(module(&[]).items, BTreeSet::from(["f".to_owned()]));
        assert!(module(&["a", "b"]).import("Z").is_some());
        assert_eq!(module(&["a", "b"]).written.len(), 1);
    }
    #[test]
    fn files_and_declarations_that_miss_each_other_are_known() {
        let read = |path: &str| {
            let source = match path {
                "src/lib.rs" => "mod a; mod gone; #[cfg(test)] mod tests;",
                "src/a.rs" | "src/a/b.rs" => "",
                _ => return None,
            };
            Some(source.to_owned())
        };
        let mut tree = Crate::read("src/lib.rs", &read);
        assert_eq!(tree.missing, ["src/gone"]);
        assert!(tree.declares("src/a.rs"));
        assert!(tree.declares("src/tests.rs") && tree.declares("src/tests/more.rs"));
        assert!(!tree.declares("src/a/b.rs") && !tree.declares("src/tests_too.rs"));
        tree.add_undeclared("src/a/b.rs", "src", &read);
        assert!(tree.declares("src/a/b.rs"));
    }
}
