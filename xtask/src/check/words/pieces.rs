//! Takes a file apart into words of code, comments and strings, in whatever language it is written.

mod scanner;

use super::super::rust::{self, tokens};
use scanner::{Syntax, scan};

/// What a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One identifier or keyword.
    Code,
    /// A comment, or a document's text.
    Comment,
    /// A string.
    Text,
}

/// A piece of a file and the line it begins on.
#[derive(Debug)]
pub struct Piece {
    pub kind: Kind,
    pub text: String,
    pub line: usize,
    /// Whether it is code behind a dot.
    pub after_dot: bool,
}

const SCRIPT: Syntax = Syntax {
    line_comment: "//",
    block_comments: true,
    quotes: "\"'`",
    expressions: true,
};

const STYLE: Syntax = Syntax {
    line_comment: "",
    block_comments: true,
    quotes: "\"'",
    expressions: false,
};

const SQL: Syntax = Syntax {
    line_comment: "--",
    block_comments: true,
    quotes: "'",
    expressions: false,
};

/// The pieces of a file, by the end of its name. What is neither code nor a document gives none.
pub fn of_file(path: &str, text: &str) -> Vec<Piece> {
    let (_, extension) = path.rsplit_once('.').unwrap_or(("", path));
    match extension {
        "rs" => rust(text),
        "ts" | "js" => scan(text, &SCRIPT),
        "css" => scan(text, &STYLE),
        "sql" => scan(text, &SQL),
        "md" => vec![comment(markdown(path, text))],
        // Their comments and descriptions are most of what they say.
        "toml" | "sh" | "py" | "yml" | "yaml" | "txt" | "Makefile" => {
            vec![comment(text.to_owned())]
        }
        _ => Vec::new(),
    }
}

fn comment(text: String) -> Piece {
    Piece {
        kind: Kind::Comment,
        text,
        line: 1,
        after_dot: false,
    }
}

/// The glossary's tables name what is forbidden, so they are blank lines here.
fn markdown(path: &str, text: &str) -> String {
    if !path.ends_with("GLOSSARY.md") {
        return text.to_owned();
    }
    let lines = text.lines();
    let kept = lines.map(|line| if line.starts_with('|') { "" } else { line });
    kept.collect::<Vec<_>>().join("\n")
}

fn rust(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut after_dot = false;
    for token in tokens(text) {
        let kind = match token.kind {
            rust::Kind::Word => Some(Kind::Code),
            rust::Kind::Text => Some(Kind::Text),
            rust::Kind::Comment => Some(Kind::Comment),
            rust::Kind::Punctuation | rust::Kind::Other => None,
        };
        let dot = token.is(".");
        pieces.extend(kind.map(|kind| Piece {
            kind,
            text: token.text,
            line: token.line,
            after_dot,
        }));
        after_dot = dot;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(path: &str, text: &str) -> Vec<String> {
        let pieces = of_file(path, text).into_iter();
        pieces
            .map(|piece| format!("{:?} {} {}", piece.kind, piece.line, piece.text.trim()))
            .collect()
    }

    #[test]
    fn every_language_has_its_comments_and_strings() {
        assert_eq!(
            shown("a.rs", "a.b(\"c\") // d"),
            ["Code 1 a", "Code 1 b", "Text 1 c", "Comment 1 d"]
        );
        assert_eq!(
            shown("a.sql", "-- a\nb 'c'"),
            ["Comment 1 a", "Code 2 b", "Text 2 c"]
        );
        assert_eq!(
            shown("a.css", ".a-b {} /* c */"),
            ["Code 1 a", "Code 1 b", "Comment 1 c"]
        );
        assert_eq!(shown("Makefile", "# a"), ["Comment 1 # a"]);
        assert_eq!(shown("a.svg", "<svg/>"), [""; 0]);
    }

    #[test]
    fn the_glossary_may_name_in_a_table_what_it_forbids() {
        assert_eq!(
            shown("docs/GLOSSARY.md", "a\n| b |\nc"),
            ["Comment 1 a\n\nc"]
        );
        assert_eq!(shown("docs/API.md", "| b |"), ["Comment 1 | b |"]);
    }
}
