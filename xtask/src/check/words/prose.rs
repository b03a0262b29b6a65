//! Sentences: the words of comments, strings and documents, and the forbidden ones among them.

use super::lists::{PROSE, Rule};
use super::pieces::{Kind, Piece};

/// One word of a sentence.
pub struct Word {
    /// As it is written.
    text: String,
    /// In lower case, without a possessive.
    plain: String,
    line: usize,
    gap: Gap,
}

/// What parts a word from the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
enum Gap {
    /// Space, a line's end or a hyphen: still one phrase.
    Close,
    /// A comma.
    Comma,
    /// Another sentence, or another string.
    Wide,
}

/// A forbidden phrase that was found.
pub struct Found {
    pub line: usize,
    pub words: String,
    pub rule: &'static Rule,
}

/// The words of all comments and strings of a file. Comments on lines that follow each other are one text.
pub fn words(pieces: &[Piece]) -> Vec<Word> {
    let mut words = Vec::new();
    let mut last: Option<(Kind, usize)> = None;
    for piece in pieces.iter().filter(|piece| piece.kind != Kind::Code) {
        let continues = last.is_some_and(|(kind, line)| {
            kind == Kind::Comment && piece.kind == Kind::Comment && line + 1 == piece.line
        });
        let gap = if continues { Gap::Close } else { Gap::Wide };
        last = Some((piece.kind, piece.line + piece.text.matches('\n').count()));
        add(piece, gap, &mut words);
    }
    words
}

fn add(piece: &Piece, before: Gap, words: &mut Vec<Word>) {
    let mut line = piece.line;
    let mut gap = before;
    let mut text = String::new();
    // A space at the end, so that the last word is taken too.
    for next in piece.text.chars().chain([' ']) {
        let is_part = next.is_alphanumeric() || next == '_';
        if is_part || (is_apostrophe(next) && !text.is_empty()) {
            text.push(next);
            continue;
        }
        if !text.is_empty() {
            words.push(word(std::mem::take(&mut text), line, gap));
            gap = Gap::Close;
        }
        match next {
            '\n' => line += 1,
            '-' | ' ' | '\t' | '\r' => {}
            ',' if gap < Gap::Wide => gap = Gap::Comma,
            _ => gap = Gap::Wide,
        }
    }
}

fn is_apostrophe(next: char) -> bool {
    next == '\'' || next == '’'
}

fn word(text: String, line: usize, gap: Gap) -> Word {
    let mut plain = text.to_lowercase().replace('’', "'");
    plain.truncate(plain.trim_end_matches('\'').len());
    if let Some(owner) = plain.strip_suffix("'s").filter(|owner| *owner != "one") {
        plain = owner.to_owned();
    }
    Word {
        text,
        plain,
        line,
        gap,
    }
}

/// What the list forbids, unless it stands inside one of the allowed phrases.
pub fn forbidden(words: &[Word], allowed: &[&str]) -> impl Iterator<Item = Found> {
    let rules = PROSE
        .iter()
        .map(|rule| (rule, rule.words().collect::<Vec<_>>()));
    let rules: Vec<_> = rules.collect();
    (0..words.len()).filter_map(move |at| {
        let (rule, length) = rules.iter().find_map(|(rule, pattern)| {
            let found = stands_at(words, at, pattern, Gap::Close);
            found.then_some((*rule, pattern.len()))
        })?;
        if allowed
            .iter()
            .any(|phrase| covers(words, at + length - 1, phrase))
        {
            return None;
        }
        let texts = words[at..at + length].iter().map(|word| word.text.as_str());
        Some(Found {
            line: words[at].line,
            words: texts.collect::<Vec<_>>().join(" "),
            rule,
        })
    })
}

/// Whether the phrase begins at this word and no gap in it is wider.
fn stands_at(words: &[Word], at: usize, pattern: &[Vec<&str>], widest: Gap) -> bool {
    let Some(window) = words.get(at..at + pattern.len()) else {
        return false;
    };
    let is_close = window.iter().skip(1).all(|word| word.gap <= widest);
    let mut both = window.iter().zip(pattern);
    is_close && both.all(|(word, words)| words.contains(&word.plain.as_str()))
}

/// Whether the allowed phrase stands so that this word is one of its own.
fn covers(words: &[Word], at: usize, phrase: &str) -> bool {
    let pattern: Vec<Vec<&str>> = phrase.split(' ').map(|word| vec![word]).collect();
    let first = (at + 1).saturating_sub(pattern.len());
    (first..=at).any(|start| stands_at(words, start, &pattern, Gap::Comma))
}

#[cfg(test)]
mod tests {
    use super::super::pieces;
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let words = words(&pieces::of_file("a.rs", text));
        let found = forbidden(&words, &["letters digits", "no store"]);
        found
            .map(|found| format!("{} {}", found.line, found.words))
            .collect()
    }

    #[test]
    fn phrases_reach_over_lines_and_hyphens_and_no_further() {
        assert_eq!(found("/// the\n/// store"), ["1 the store"]);
        assert_eq!(found("// a half-sign-in here"), ["1 half sign in"]);
        assert_eq!(found("// the. Store"), [""; 0]);
        assert_eq!(found("// the\nfn f() {}\n// store"), [""; 0]);
        assert_eq!(found("f(\"the\", \"store\")"), [""; 0]);
    }

    #[test]
    fn a_possessive_is_its_word_and_one_has_none() {
        assert_eq!(found("// Nobody’s business"), ["1 Nobody’s"]);
        assert_eq!(found("// one’s own, one of many"), ["1 one’s"]);
        assert_eq!(found("// a user's"), [""; 0]);
    }

    #[test]
    fn allowed_phrases_cover_their_own_words_only() {
        assert_eq!(found("// letters, digits and letters"), ["1 letters"]);
        assert_eq!(
            found("// press it; pressed; two presses"),
            ["1 two presses"]
        );
    }
}
