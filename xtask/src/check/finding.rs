//! What a check found, and how it is printed.

use std::fmt;

/// One broken rule.
#[derive(Debug, PartialEq, Eq)]
pub struct Finding {
    /// From the top of the repository.
    pub path: String,
    /// Counted from 1.
    pub line: usize,
    pub message: String,
    /// Further lines that explain it; they do not count as findings.
    pub notes: Vec<String>,
}

impl Finding {
    /// A finding that one line explains.
    pub fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            message: message.into(),
            notes: Vec::new(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}", self.path, self.line, self.message)?;
        for note in &self.notes {
            write!(out, "\n    {note}")?;
        }
        Ok(())
    }
}

/// The findings of one check under the name that its sum is printed with.
#[derive(Debug)]
pub struct Report {
    pub name: &'static str,
    pub findings: Vec<Finding>,
}

impl Report {
    /// A report of these findings.
    pub fn new(name: &'static str, findings: Vec<Finding>) -> Self {
        Self { name, findings }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_a_line_that_editors_understand() {
        let mut finding = Finding::new("app/src/lib.rs", 7, "wrong");
        assert_eq!(finding.to_string(), "app/src/lib.rs:7: wrong");
        finding.notes.push("more".to_owned());
        assert_eq!(finding.to_string(), "app/src/lib.rs:7: wrong\n    more");
    }
}
