//! Cuts a Rust source into tokens: enough to tell code, comments and strings apart.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An identifier or a keyword; raw identifiers without their `r#`.
    Word,
    /// One character, or one of `::`, `->`, `=>`.
    Punctuation,
    /// What a string literal says, without quotes; an escape is a space.
    Text,
    /// What a comment says, without its marks.
    Comment,
    /// A number, a character, a lifetime.
    Other,
}

/// One token and the line it begins on, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub kind: Kind,
    pub text: String,
    pub line: usize,
}

impl Token {
    /// Whether it is this punctuation.
    pub fn is(&self, punctuation: &str) -> bool {
        self.kind == Kind::Punctuation && self.text == punctuation
    }

    /// Whether it is this identifier or keyword.
    pub fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text == word
    }
}

/// All tokens of a source. A source that rustc would refuse gives some tokens too, and never an error.
pub fn tokens(source: &str) -> Vec<Token> {
    let mut lexer = Lexer {
        source: source.chars().collect(),
        at: 0,
        line: 1,
        tokens: Vec::new(),
    };
    while let Some(next) = lexer.peek(0) {
        lexer.step(next);
    }
    lexer.tokens
}

struct Lexer {
    source: Vec<char>,
    at: usize,
    line: usize,
    tokens: Vec<Token>,
}

impl Lexer {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.source.get(self.at + ahead).copied()
    }

    fn take(&mut self) -> Option<char> {
        let next = self.peek(0)?;
        self.at += 1;
        if next == '\n' {
            self.line += 1;
        }
        Some(next)
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> String {
        let mut text = String::new();
        while let Some(next) = self.peek(0).filter(|next| wanted(*next)) {
            text.push(next);
            self.take();
        }
        text
    }

    fn push(&mut self, kind: Kind, text: impl Into<String>, line: usize) {
        self.tokens.push(Token {
            kind,
            text: text.into(),
            line,
        });
    }

    fn step(&mut self, next: char) {
        match next {
            _ if next.is_whitespace() => {
                self.take();
            }
            '/' if self.peek(1) == Some('/') => self.line_comment(),
            '/' if self.peek(1) == Some('*') => self.block_comment(),
            '"' => self.string(),
            '\'' => self.quote(),
            _ if next.is_alphabetic() || next == '_' => self.word(),
            _ if next.is_ascii_digit() => self.number(),
            _ => self.punctuation(),
        }
    }

    fn line_comment(&mut self) {
        let line = self.line;
        let text = self.take_while(|next| next != '\n');
        let text = text.trim_start_matches('/').trim_start_matches('!');
        self.push(Kind::Comment, text, line);
    }

    /// Block comments nest.
    fn block_comment(&mut self) {
        let line = self.line;
        let mut text = String::new();
        let mut depth = 0_usize;
        while let Some(next) = self.take() {
            match (next, self.peek(0)) {
                ('/', Some('*')) => {
                    self.take();
                    depth += 1;
                }
                ('*', Some('/')) => {
                    self.take();
                    depth -= 1;
                    if depth == 0 {
                        break;
                    }
                }
                _ => text.push(next),
            }
        }
        self.push(Kind::Comment, text.trim_start_matches(['*', '!']), line);
    }

    fn string(&mut self) {
        let line = self.line;
        let mut text = String::new();
        self.take();
        while let Some(next) = self.take() {
            match next {
                '"' => break,
                // What is escaped is a quote, a line's end or a number: no word either way.
                '\\' => text.push(match self.take() {
                    Some('\n') => '\n',
                    _ => ' ',
                }),
                _ => text.push(next),
            }
        }
        self.push(Kind::Text, text, line);
    }

    /// From the hashes on.
    fn raw_string(&mut self) {
        let line = self.line;
        let hashes = self.take_while(|next| next == '#');
        self.take();
        let mut text = String::new();
        while let Some(next) = self.take() {
            let ends = || (0..hashes.len()).all(|ahead| self.peek(ahead) == Some('#'));
            if next == '"' && ends() {
                self.at += hashes.len();
                break;
            }
            text.push(next);
        }
        self.push(Kind::Text, text, line);
    }

    /// A character or a lifetime.
    fn quote(&mut self) {
        let line = self.line;
        self.take();
        if self.peek(0) == Some('\\') {
            self.take();
            self.take();
            self.take_while(|next| next != '\'');
            self.take();
        } else if self.peek(1) == Some('\'') {
            self.take();
            self.take();
        } else {
            self.take_while(is_part_of_word);
        }
        self.push(Kind::Other, "'", line);
    }

    fn word(&mut self) {
        let line = self.line;
        let mut text = self.take_while(is_part_of_word);
        let rest = self.source[self.at..].iter();
        let hashes = rest.take_while(|next| **next == '#').count();
        let quoted = self.peek(hashes) == Some('"');
        match text.as_str() {
            "r" | "br" | "cr" if quoted => return self.raw_string(),
            "b" | "c" if quoted && hashes == 0 => return self.string(),
            "b" if self.peek(0) == Some('\'') => return self.quote(),
            "r" if hashes == 1 => {
                self.take();
                text = self.take_while(is_part_of_word);
            }
            _ => {}
        }
        self.push(Kind::Word, text, line);
    }

    fn number(&mut self) {
        let line = self.line;
        let mut text = self.take_while(is_part_of_word);
        // `1.5` is one number, `1..5` is two.
        if self.peek(0) == Some('.') && self.peek(1).is_some_and(|next| next.is_ascii_digit()) {
            self.take();
            text.push('.');
            text += &self.take_while(is_part_of_word);
        }
        self.push(Kind::Other, text, line);
    }

    fn punctuation(&mut self) {
        let line = self.line;
        let text = match (self.take(), self.peek(0)) {
            (Some(':'), Some(':')) => "::".to_owned(),
            (Some('-'), Some('>')) => "->".to_owned(),
            (Some('='), Some('>')) => "=>".to_owned(),
            (Some(one), _) => return self.push(Kind::Punctuation, one, line),
            (None, _) => return,
        };
        self.take();
        self.push(Kind::Punctuation, text, line);
    }
}

fn is_part_of_word(next: char) -> bool {
    next.is_alphanumeric() || next == '_'
}

#[cfg(test)]
mod tests;
