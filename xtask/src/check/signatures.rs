//! Parameters have names: no tuple and no struct is taken apart in a function's signature. And no module is called
//! after something in the language.

use anyhow::Result;

use super::files;
use super::finding::{Finding, Report};
use super::rust::{Kind, Token, closing, compiled};

/// Where the rule counts.
const CRATES: [&str; 3] = ["accounts/src", "app/src", "server/src"];

/// The extractors of axum that handlers take apart, in the server alone: that is how axum's handlers are written.
const EXTRACTORS: [&str; 6] = ["Extension", "Form", "Json", "Path", "Query", "State"];

/// Crates, macros, types and traits of the language that a module's name would hide or be taken for.
const LANGUAGE: [&str; 30] = [
    "alloc",
    "assert",
    "bool",
    "char",
    "clone",
    "core",
    "dbg",
    "debug",
    "default",
    "drop",
    "format",
    "iter",
    "matches",
    "mem",
    "option",
    "panic",
    "prelude",
    "print",
    "println",
    "proc_macro",
    "ptr",
    "result",
    "std",
    "str",
    "string",
    "test",
    "todo",
    "unreachable",
    "vec",
    "write",
];

/// Looks at the sources of the three crates, or at those of them below the prefixes.
pub fn check(prefixes: &[&str]) -> Result<Report> {
    let mut findings = Vec::new();
    for path in files::listed(&CRATES)? {
        if !files::is_rust(&path) || !files::is_below(&path, prefixes) {
            continue;
        }
        if let Some(source) = files::read(&path)? {
            findings.extend(look_at(&path, &source));
        }
    }
    Ok(Report::new("signatures", findings))
}

fn look_at(path: &str, source: &str) -> Vec<Finding> {
    let code = compiled(source);
    let mut findings = Vec::new();
    for (at, pair) in code.windows(2).enumerate() {
        let [keyword, name] = pair else { continue };
        if name.kind != Kind::Word {
            continue;
        }
        if keyword.is_word("mod") && LANGUAGE.contains(&name.text.as_str()) {
            let message = format!(
                "module `{}` is named after something in the language",
                name.text
            );
            findings.push(Finding::new(path, name.line, message));
        }
        if keyword.is_word("fn") {
            for (line, pattern) in patterns(&code, at + 2, path.starts_with("server/")) {
                let message = format!("`{}` takes a pattern as parameter: {pattern}", name.text);
                findings.push(Finding::new(path, line, message));
            }
        }
    }
    findings
}

/// The parameters that are patterns, of the function whose name ends before `at`.
fn patterns(code: &[Token], at: usize, extractors: bool) -> Vec<(usize, String)> {
    let open = behind_generics(code, at);
    if !code.get(open).is_some_and(|token| token.is("(")) {
        return Vec::new();
    }
    let inside = code.get(open + 1..closing(code, open));
    parameters(inside.unwrap_or_default())
        .into_iter()
        .filter(|pattern| is_pattern(pattern, extractors))
        .map(|pattern| {
            let line = pattern.first().map_or(0, |token| token.line);
            (
                line,
                pattern.iter().map(|token| token.text.as_str()).collect(),
            )
        })
        .collect()
}

fn behind_generics(code: &[Token], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while let Some(token) = code.get(at) {
        if token.is("<") {
            depth += 1;
        } else if token.is(">") {
            depth = depth.saturating_sub(1);
        }
        // An arrow of `Fn(A) -> B` is a token of its own, so it closes nothing.
        if depth == 0 && !token.is(">") {
            break;
        }
        at += 1;
    }
    at
}

/// What stands before the colon of each parameter, without attributes.
fn parameters(code: &[Token]) -> Vec<&[Token]> {
    let mut patterns = Vec::new();
    let mut at = 0;
    while at < code.len() {
        while code[at].is("#") && code.get(at + 1).is_some_and(|token| token.is("[")) {
            at = closing(code, at + 1) + 1;
            if at >= code.len() {
                return patterns;
            }
        }
        let start = at;
        let mut colon = None;
        let mut angles = 0_usize;
        while at < code.len() && !(angles == 0 && code[at].is(",")) {
            match code[at].text.as_str() {
                "(" | "[" | "{" if code[at].kind == Kind::Punctuation => at = closing(code, at),
                ":" if colon.is_none() => colon = Some(at),
                "<" => angles += 1,
                ">" => angles = angles.saturating_sub(1),
                _ => {}
            }
            at += 1;
        }
        patterns.extend(colon.map(|colon| &code[start..colon]));
        at += 1;
    }
    patterns
}

fn is_pattern(pattern: &[Token], extractors: bool) -> bool {
    let opens = |token: &Token| token.is("(") || token.is("[") || token.is("{");
    let Some(open) = pattern.iter().position(opens) else {
        return false;
    };
    let is_extractor = pattern[..open]
        .last()
        .is_some_and(|name| EXTRACTORS.contains(&name.text.as_str()));
    // What is inside an extractor must be a plain name again.
    let inside = pattern.get(open + 1..closing(pattern, open));
    let inside = inside.unwrap_or_default();
    !(extractors && is_extractor && !is_pattern(inside, false))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, source: &str) -> Vec<String> {
        let findings = look_at(path, source);
        findings.into_iter().map(|found| found.message).collect()
    }

    #[test]
    fn a_tuple_and_a_struct_are_found() {
        assert_eq!(
            found(
                "app/src/a.rs",
                "fn f(a: u8, (b, c): (u8, u8), &D { e, .. }: &D) {}"
            ),
            [
                "`f` takes a pattern as parameter: (b,c)",
                "`f` takes a pattern as parameter: &D{e,..}"
            ]
        );
        assert_eq!(
            found("app/src/a.rs", "fn f<T: Fn(u8) -> u8>(\n[a]: [u8; 1]) {}").len(),
            1
        );
    }

    #[test]
    fn plain_parameters_and_closures_are_fine() {
        let source = "fn f<F: Fn((u8, u8)) -> A<B>>(&mut self, #[prop(x)] mut a: A<(B, C)>, g: fn(A, B)) \
                      { a.map(|(b, c)| b); }";
        assert_eq!(found("app/src/a.rs", source), [""; 0]);
    }

    #[test]
    fn extractors_are_fine_in_the_server_and_nowhere_else() {
        let source = "async fn f(State(state): State<S>, axum::Json(body): axum::Json<B>) {}";
        assert_eq!(found("server/src/a.rs", source), [""; 0]);
        assert_eq!(found("app/src/a.rs", source).len(), 2);
        assert_eq!(
            found("server/src/a.rs", "fn f(Path((a, b)): Path<(A, B)>) {}").len(),
            1
        );
    }

    #[test]
    fn half_a_source_is_read_as_far_as_it_goes() {
        for source in ["fn f(", "fn f((a", "fn f<", "fn f(#[", "fn f(#[a]", "mod"] {
            assert_eq!(found("app/src/a.rs", source), [""; 0], "{source}");
        }
    }

    #[test]
    fn a_module_is_not_called_as_something_in_the_language() {
        let source = "mod panic; mod panics; #[cfg(test)] mod std {}";
        assert_eq!(
            found("app/src/a.rs", source),
            ["module `panic` is named after something in the language"]
        );
    }
}
