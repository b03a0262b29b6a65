//! The names that a file imports and the paths that it writes out.

use super::super::rust::{Kind, Token};

/// One name brought in by `use`.
#[derive(Debug, PartialEq, Eq)]
pub struct Import {
    /// As written, from its first segment; `*` at the end stands for everything.
    pub path: Vec<String>,
    /// What it is called from then on; `None` for `*` and for `as _`.
    pub name: Option<String>,
    pub line: usize,
}

/// The names of the `use` whose tree begins at `at`, and the index of its semicolon.
pub fn use_tree(code: &[Token], at: usize) -> (Vec<Import>, usize) {
    let mut imports = Vec::new();
    let end = branch(code, at, &[], &mut imports);
    (imports, end)
}

/// One branch of a tree: `a::b`, `a as b`, `a::*`, `a::{…}`. The index of what ends it.
fn branch(code: &[Token], start: usize, before: &[String], imports: &mut Vec<Import>) -> usize {
    let mut path = before.to_vec();
    let mut name = None;
    let mut at = start;
    let mut line = code.get(start).map_or(0, |token| token.line);
    while let Some(token) = code.get(at) {
        if token.is("{") {
            return branches(code, at + 1, &path, imports);
        }
        if token.is_word("as") {
            name = code.get(at + 1).map(|alias| alias.text.clone());
            at += 2;
        } else if token.kind == Kind::Word || token.is("*") {
            line = token.line;
            path.push(token.text.clone());
            at += 1;
        } else if token.is("::") || token.is("$") {
            at += 1;
        } else {
            break;
        }
    }
    // `a::{self}` is `a`.
    if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
        path.pop();
    }
    let name = name.or_else(|| path.last().cloned());
    if !path.is_empty() {
        imports.push(Import {
            path,
            name: name.filter(|name| name != "*" && name != "_"),
            line,
        });
    }
    at
}

fn branches(code: &[Token], start: usize, before: &[String], imports: &mut Vec<Import>) -> usize {
    let mut at = start;
    while let Some(token) = code.get(at) {
        if token.is("}") {
            return at + 1;
        }
        if token.is(",") {
            at += 1;
            continue;
        }
        // A branch that consumes nothing is no Rust; going on keeps this from hanging on it.
        at = branch(code, at, before, imports).max(at + 1);
    }
    at
}

/// The path that begins at `at` when there is one of at least two segments: `a::b::c`. Methods and fields
/// begin none, and neither does what limits a `pub`.
pub fn written_path(code: &[Token], at: usize) -> Option<Vec<String>> {
    let before = at.checked_sub(1).map(|before| &code[before]);
    if before.is_some_and(|token| token.is("::") || token.is(".")) {
        return None;
    }
    if before.is_some_and(|token| token.is_word("in"))
        && at >= 3
        && code[at - 2].is("(")
        && code[at - 3].is_word("pub")
    {
        return None;
    }
    let mut path = vec![code[at].text.clone()];
    let mut at = at + 1;
    while code.get(at).is_some_and(|token| token.is("::")) {
        match code.get(at + 1) {
            Some(next) if next.kind == Kind::Word => path.push(next.text.clone()),
            _ => break,
        }
        at += 2;
    }
    (path.len() > 1).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::super::super::rust::tokens;
    use super::*;

    fn names(source: &str) -> Vec<String> {
        let (imports, end) = use_tree(&tokens(source), 0);
        assert_eq!(end, tokens(source).len() - 1, "it ends at the semicolon");
        imports
            .iter()
            .map(|import| {
                let name = import.name.as_deref().unwrap_or("-");
                format!("{} {name}", import.path.join("::"))
            })
            .collect()
    }

    #[test]
    fn a_use_tree_is_taken_apart() {
        assert_eq!(names("crate::a::B;"), ["crate::a::B B"]);
        assert_eq!(
            names("crate::{a::{self, B as C}, d::*, e as _,};"),
            ["crate::a a", "crate::a::B C", "crate::d::* -", "crate::e -"]
        );
    }

    #[test]
    fn a_written_path_needs_two_segments_and_its_own_beginning() {
        let path = |source: &str, at| written_path(&tokens(source), at);
        assert_eq!(
            path("crate::a::b()", 0),
            Some(vec!["crate".into(), "a".into(), "b".into()])
        );
        assert_eq!(path("Vec::<u8>::new()", 0), None);
        assert_eq!(path("crate::a::b()", 2), None);
        assert_eq!(path("pub(in crate::a) fn", 3), None);
        assert_eq!(path("pub(crate) fn", 2), None);
    }
}
