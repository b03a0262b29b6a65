//! One simple scanner for scripts, styles and SQL. Not their whole grammar: comments, strings and words.

use super::{Kind, Piece};

/// What tells comments and strings from code in a language.
pub struct Syntax {
    /// Empty when the language has none.
    pub line_comment: &'static str,
    /// Whether `/* … */` is a comment.
    pub block_comments: bool,
    /// Every character that begins and ends a string.
    pub quotes: &'static str,
    /// Whether `/…/` may be a regular expression.
    pub expressions: bool,
}

/// The pieces of a source in this language.
pub fn scan(source: &str, syntax: &Syntax) -> Vec<Piece> {
    let mut scanner = Scanner {
        rest: source,
        line: 1,
        // What a source begins with stands behind nothing, as what begins a statement does.
        before: ';',
        pieces: Vec::new(),
    };
    while let Some(next) = scanner.rest.chars().next() {
        scanner.step(next, syntax);
    }
    scanner.pieces
}

struct Scanner<'a> {
    rest: &'a str,
    line: usize,
    /// The last character that was no space.
    before: char,
    pieces: Vec<Piece>,
}

impl Scanner<'_> {
    fn step(&mut self, next: char, syntax: &Syntax) {
        let is_line_comment =
            !syntax.line_comment.is_empty() && self.rest.starts_with(syntax.line_comment);
        if is_line_comment {
            let length = self.rest.find('\n').unwrap_or(self.rest.len());
            self.piece(Kind::Comment, length, syntax.line_comment.len(), 0);
        } else if syntax.block_comments && self.rest.starts_with("/*") {
            let length = self.rest.find("*/").map_or(self.rest.len(), |at| at + 2);
            self.piece(Kind::Comment, length, 2, 2);
        } else if syntax.quotes.contains(next) {
            let length = quoted(self.rest, next);
            self.piece(Kind::Text, length, 1, 1);
            self.before = next;
        } else if next == '/' && syntax.expressions && self.begins_expression() {
            let length = quoted(self.rest, '/');
            self.piece(Kind::Text, length, 1, 1);
            self.before = next;
        } else if is_part_of_word(next) {
            let ends = |next: char| !is_part_of_word(next);
            let length = self.rest.find(ends).unwrap_or(self.rest.len());
            self.piece(Kind::Code, length, 0, 0);
            self.before = next;
        } else {
            self.skip(next.len_utf8());
            if !next.is_whitespace() {
                self.before = next;
            }
        }
    }

    /// Takes this many bytes as a piece, without its marks at both ends.
    fn piece(&mut self, kind: Kind, length: usize, left: usize, right: usize) {
        let inner = self.rest.get(left..length.saturating_sub(right));
        self.pieces.push(Piece {
            kind,
            text: inner.unwrap_or_default().to_owned(),
            line: self.line,
            after_dot: self.before == '.',
        });
        self.skip(length);
    }

    fn skip(&mut self, length: usize) {
        let (skipped, rest) = self.rest.split_at(length);
        self.line += skipped.matches('\n').count();
        self.rest = rest;
    }

    /// A slash behind a value divides; behind anything else it begins an expression.
    fn begins_expression(&self) -> bool {
        !is_part_of_word(self.before) && !")]}\"'`".contains(self.before)
    }
}

/// The length of the string that begins here, with both quotes. Only backticks may reach over lines in a script, but SQL's
/// quotes may too, so every quote may here.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, next) in rest.char_indices().skip(1) {
        if !escaped && next == quote {
            return at + next.len_utf8();
        }
        escaped = !escaped && next == '\\';
    }
    rest.len()
}

fn is_part_of_word(next: char) -> bool {
    next.is_alphanumeric() || next == '_' || next == '$'
}

#[cfg(test)]
mod tests {
    use super::super::SCRIPT;
    use super::*;

    fn shown(source: &str) -> Vec<String> {
        let pieces = scan(source, &SCRIPT).into_iter();
        pieces
            .map(|piece| format!("{:?} {} {}", piece.kind, piece.line, piece.text))
            .collect()
    }

    #[test]
    fn strings_hide_comments_and_comments_hide_strings() {
        assert_eq!(shown("'// a' // 'b"), ["Text 1 // a", "Comment 1  'b"]);
        assert_eq!(
            shown("/* a\n*/ `b\n` c"),
            ["Comment 1  a\n", "Text 2 b\n", "Code 3 c"]
        );
        assert_eq!(shown(r"'a\'b' c"), [r"Text 1 a\'b", "Code 1 c"]);
    }

    #[test]
    fn a_regular_expression_is_no_comment_and_no_string() {
        assert_eq!(
            shown("f(/['\"]/, a)"),
            ["Code 1 f", "Text 1 ['\"]", "Code 1 a"]
        );
        assert_eq!(shown("a / b / c"), ["Code 1 a", "Code 1 b", "Code 1 c"]);
    }

    #[test]
    fn a_method_is_behind_a_dot() {
        let pieces = scan("a.b c", &SCRIPT);
        let dots: Vec<bool> = pieces.iter().map(|piece| piece.after_dot).collect();
        assert_eq!(dots, [false, true, false]);
    }

    #[test]
    fn an_unfinished_source_ends() {
        assert_eq!(shown("'a"), ["Text 1 "]);
        assert_eq!(shown("/*"), ["Comment 1 "]);
    }
}
