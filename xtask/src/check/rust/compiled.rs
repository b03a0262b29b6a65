//! What of a source becomes part of the program: neither comments nor what only tests see.

use super::lexer::{Kind, Token, tokens};

/// The code of a source without comments and without what stands behind `#[cfg(test)]`.
pub fn compiled(source: &str) -> Vec<Token> {
    let mut code = tokens(source);
    code.retain(|token| token.kind != Kind::Comment);
    let mut kept = Vec::with_capacity(code.len());
    let mut at = 0;
    while at < code.len() {
        let Some(attribute) = attribute(&code, at) else {
            kept.push(code[at].clone());
            at += 1;
            continue;
        };
        let end = at + attribute.len();
        if !is_for_tests(attribute) {
            kept.extend_from_slice(attribute);
            at = end;
        } else if attribute[1].is("!") {
            // The whole file is for tests.
            return Vec::new();
        } else {
            at = end_of_item(&code, end);
        }
    }
    kept
}

/// The index of the bracket that closes the one at `open`; the last token's when none does.
pub fn closing(code: &[Token], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in code.iter().enumerate().skip(open) {
        if token.kind != Kind::Punctuation {
            continue;
        }
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    code.len().saturating_sub(1)
}

/// The attribute that begins here, with its `#` and both brackets.
fn attribute(code: &[Token], at: usize) -> Option<&[Token]> {
    if !code[at].is("#") {
        return None;
    }
    let open = at + 1 + usize::from(code.get(at + 1)?.is("!"));
    code.get(open)?
        .is("[")
        .then(|| &code[at..=closing(code, open)])
}

fn is_for_tests(attribute: &[Token]) -> bool {
    let words: Vec<&str> = attribute
        .iter()
        .filter(|token| token.kind == Kind::Word)
        .map(|token| token.text.as_str())
        .collect();
    words.first() == Some(&"cfg") && words.contains(&"test") && !words.contains(&"not")
}

/// The index behind the item, field or statement that begins here.
fn end_of_item(code: &[Token], start: usize) -> usize {
    let mut at = start;
    while let Some(attribute) = code.get(at).and_then(|_| attribute(code, at)) {
        at += attribute.len();
    }
    // A comma ends a field, but stands between the type parameters of a function.
    let comma_ends = code.get(at).is_some_and(|first| !begins_item(first));
    while let Some(token) = code.get(at) {
        if token.is(";") || (comma_ends && token.is(",")) {
            return at + 1;
        }
        if token.is("{") {
            return closing(code, at) + 1;
        }
        if token.is("}") || token.is(")") {
            return at;
        }
        at = if token.is("(") || token.is("[") {
            closing(code, at) + 1
        } else {
            at + 1
        };
    }
    at
}

fn begins_item(token: &Token) -> bool {
    const WORDS: [&str; 16] = [
        "async",
        "const",
        "enum",
        "extern",
        "fn",
        "impl",
        "let",
        "macro_rules",
        "mod",
        "pub",
        "static",
        "struct",
        "trait",
        "type",
        "unsafe",
        "use",
    ];
    token.kind == Kind::Word && WORDS.contains(&token.text.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(source: &str) -> String {
        let words: Vec<String> = compiled(source)
            .into_iter()
            .filter(|token| token.kind == Kind::Word)
            .map(|token| token.text)
            .collect();
        words.join(" ")
    }

    #[test]
    fn what_is_for_tests_is_left_out() {
        assert_eq!(
            words("fn a() {} #[cfg(test)] mod tests { fn b() {} } fn c() {}"),
            "fn a fn c"
        );
        assert_eq!(words("#[cfg(test)] use a::{b, c}; fn d() {}"), "fn d");
        assert_eq!(
            words("#[cfg(test)] #[allow(x)] fn a<B, C>(d: [u8; 2]) -> E { f } struct G;"),
            "struct G"
        );
        assert_eq!(words("#![cfg(test)] fn a() {}"), "");
    }

    #[test]
    fn a_field_for_tests_takes_no_other_along() {
        assert_eq!(
            words("struct A { #[cfg(test)] b: C, d: E }"),
            "struct A d E"
        );
        assert_eq!(
            words("struct A { #[cfg(test)] b: C } enum D {}"),
            "struct A enum D"
        );
    }

    #[test]
    fn other_attributes_stay() {
        assert_eq!(
            words("#[cfg(not(test))] fn a() {} #[cfg(feature = \"ssr\")] fn b() {}"),
            "cfg not test fn a cfg feature fn b"
        );
    }
}
