//! Small sources and the tokens they give.

use super::Kind::{Comment, Other, Punctuation, Text, Word};
use super::*;

fn read(source: &str) -> Vec<(Kind, String)> {
    let all = tokens(source).into_iter();
    all.map(|token| (token.kind, token.text)).collect()
}

fn texts(source: &str, kind: Kind) -> Vec<String> {
    let all = read(source).into_iter();
    all.filter(|token| token.0 == kind).map(|t| t.1).collect()
}

#[test]
fn comments_strings_and_code_are_told_apart() {
    let found = read("let a = \"no // comment\"; // no \"text\"");
    let found: Vec<_> = found
        .iter()
        .map(|(kind, text)| (*kind, text.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            (Word, "let"),
            (Word, "a"),
            (Punctuation, "="),
            (Text, "no // comment"),
            (Punctuation, ";"),
            (Comment, " no \"text\""),
        ]
    );
}

#[test]
fn raw_strings_end_at_as_many_hashes() {
    let source = r##"f(r#"a " b"#, br"c\", b"d", r#type)"##;
    assert_eq!(texts(source, Text), ["a \" b", "c\\", "d"]);
    assert_eq!(texts(source, Word), ["f", "type"]);
}

#[test]
fn escapes_do_not_end_a_string_and_join_no_words() {
    assert_eq!(texts(r#""a\"b\nc""#, Text), ["a b c"]);
}

#[test]
fn a_quote_is_a_character_or_a_lifetime() {
    let source = r#"fn f<'a>(x: &'a str) { g('"', '\'', '\u{1f}', b'"') }"#;
    assert_eq!(texts(source, Word), ["fn", "f", "x", "str", "g"]);
    assert_eq!(texts(source, Text), [""; 0]);
    assert_eq!(texts(source, Other).len(), 6);
}

#[test]
fn lines_are_counted_through_everything() {
    let source = "/* a\n/* b */\n*/\n\"c\nd\"\nlast";
    assert_eq!(tokens(source).last().map(|token| token.line), Some(6));
    assert_eq!(texts(source, Comment).len(), 1);
}

#[test]
fn ranges_and_paths_have_their_own_tokens() {
    assert_eq!(
        texts("a::b(1..2, 1.5) -> c", Punctuation).join(" "),
        ":: ( . . , ) ->"
    );
}
