//! Identifiers and their components: `pending_sign_in` and `PendingSignIn` are three words each.

use super::lists::{IDENTIFIERS, Rule, TYPES};
use super::pieces::{Kind, Piece};

/// An identifier in a file.
pub struct Name {
    pub text: String,
    pub line: usize,
    /// Whether it is a method or a field of something else.
    pub after_dot: bool,
}

/// The identifiers of a piece: a word of code, or what looks like one in a comment or a string.
pub fn names(piece: &Piece) -> Vec<Name> {
    if piece.kind == Kind::Code {
        return vec![Name {
            text: piece.text.clone(),
            line: piece.line,
            after_dot: piece.after_dot,
        }];
    }
    let mut names = Vec::new();
    for (offset, line) in piece.text.lines().enumerate() {
        let words = line.split(|next: char| !(next.is_alphanumeric() || next == '_'));
        names.extend(words.filter(|word| is_identifier(word)).map(|word| Name {
            text: word.to_owned(),
            line: piece.line + offset,
            after_dot: false,
        }));
    }
    names
}

/// An underscore inside, or a capital after a small letter: no word of a sentence has them.
fn is_identifier(word: &str) -> bool {
    let characters: Vec<char> = word.chars().collect();
    word.trim_matches('_').contains('_')
        || characters
            .windows(2)
            .any(|pair| pair[0].is_lowercase() && pair[1].is_uppercase())
}

/// From how many components on an identifier is a sentence, as the names of tests are.
const SENTENCE: usize = 5;

/// The first rule that an identifier breaks.
pub fn forbidden(name: &str) -> Option<&'static Rule> {
    let components = components(name);
    let is_sentence = components.len() >= SENTENCE;
    let rules = IDENTIFIERS.iter();
    let mut rules = rules.filter(|rule| rule.counts_in_sentences() || !is_sentence);
    rules.find(|rule| {
        let pattern: Vec<Vec<&str>> = rule.words().collect();
        components.windows(pattern.len()).any(|window| {
            let mut both = window.iter().zip(&pattern);
            both.all(|(component, words)| words.contains(&component.as_str()))
        })
    })
}

/// The parts of an identifier in lower case; digits part them too.
fn components(name: &str) -> Vec<String> {
    let characters: Vec<char> = name.chars().collect();
    let mut components = vec![String::new()];
    for (at, letter) in characters.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| characters[before]);
        let next = characters.get(at + 1);
        // `HTTPServer` is `http` and `server`: the last capital of a row begins a word when a small letter follows.
        let begins = letter.is_uppercase()
            && (before.is_some_and(char::is_lowercase)
                || next.is_some_and(|next| next.is_lowercase()));
        if begins || !letter.is_alphabetic() {
            components.push(String::new());
        }
        if letter.is_alphabetic()
            && let Some(last) = components.last_mut()
        {
            last.extend(letter.to_lowercase());
        }
    }
    components.retain(|component| !component.is_empty());
    components
}

/// Types of Rust that are declared under a name that says nothing by itself.
pub fn type_names<'a>(code: &'a [&'a Piece]) -> impl Iterator<Item = (usize, &'a str)> {
    const KEYWORDS: [&str; 5] = ["enum", "struct", "trait", "type", "union"];
    code.windows(2)
        .filter(|pair| KEYWORDS.contains(&pair[0].text.as_str()))
        .filter(|pair| TYPES.contains(&pair[1].text.as_str()))
        .map(|pair| (pair[1].line, pair[1].text.as_str()))
}

#[cfg(test)]
mod tests {
    use super::super::pieces;
    use super::*;

    #[test]
    fn an_identifier_is_taken_apart() {
        assert_eq!(components("half_sign_in2"), ["half", "sign", "in"]);
        assert_eq!(components("HTTPServerURL"), ["http", "server", "url"]);
        assert_eq!(components("_StoreError"), ["store", "error"]);
        assert_eq!(components("LONGEST_NAME"), ["longest", "name"]);
    }

    #[test]
    fn only_whole_components_are_forbidden() {
        for name in [
            "store",
            "StoreError",
            "HalfSignIn",
            "link_over",
            "PRESS",
            "in_presses",
        ] {
            assert!(forbidden(name).is_some(), "{name}");
        }
        for name in [
            "restore", "stored", "lifetime", "claims", "half", "sign_in", "express",
        ] {
            assert!(forbidden(name).is_none(), "{name}");
        }
    }

    #[test]
    fn the_name_of_a_test_is_a_sentence() {
        assert!(forbidden("only_this_one_alone").is_some());
        assert!(forbidden("a_session_is_ended_by_that_alone").is_none());
        assert!(forbidden("a_deed_is_done_by_that_alone").is_some());
    }

    #[test]
    fn names_in_strings_are_found_and_words_are_not() {
        let found = |text: &str| {
            let pieces = pieces::of_file("a.rs", text);
            let names = pieces.iter().flat_map(names);
            names
                .map(|name| format!("{}{}", name.text, name.line))
                .collect::<Vec<_>>()
        };
        assert_eq!(found("\"a b_c\nDe EndReason\""), ["b_c1", "EndReason2"]);
        assert_eq!(found("// IDs of PostgreSQL"), ["PostgreSQL1"]);
    }

    #[test]
    fn declared_types_need_a_name_that_says_something() {
        let pieces = pieces::of_file("a.rs", "enum How {}\nimpl From<A> for B {} struct In;");
        let code: Vec<&Piece> = pieces.iter().collect();
        assert_eq!(
            type_names(&code).collect::<Vec<_>>(),
            [(1, "How"), (2, "In")]
        );
    }
}
