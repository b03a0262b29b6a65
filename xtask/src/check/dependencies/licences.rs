//! Every licence expression against the list that deny.toml allows.

use super::super::finding::Finding;
use super::manifest::Metadata;

/// Packages whose licence the allowed list does not satisfy. Our own are left out, as in deny.toml.
pub fn check(metadata: &Metadata, allowed: &[String]) -> Vec<Finding> {
    let foreign = metadata.packages.iter().filter(|package| !package.ours);
    foreign
        .filter_map(|package| {
            let problem = match &package.licence {
                None => "names no licence".to_owned(),
                Some(licence) if is_allowed(licence, allowed) => return None,
                Some(licence) => {
                    format!("has the licence {licence}, which deny.toml does not allow")
                }
            };
            let message = format!("{} {problem}", package.full_name());
            Some(Finding::new("Cargo.lock", 1, message))
        })
        .collect()
}

/// SPDX: `and` binds tighter than `or`, and older packages write a slash for `or`. What is not understood is not
/// allowed.
fn is_allowed(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut parser = Parser {
        words: &words,
        allowed,
    };
    parser.any() == Some(true) && parser.words.is_empty()
}

struct Parser<'a> {
    words: &'a [&'a str],
    allowed: &'a [String],
}

impl Parser<'_> {
    fn take(&mut self, wanted: &str) -> bool {
        match self.words.split_first() {
            Some((first, rest)) if first.eq_ignore_ascii_case(wanted) => {
                self.words = rest;
                true
            }
            _ => false,
        }
    }

    fn any(&mut self) -> Option<bool> {
        let mut result = self.all()?;
        while self.take("OR") {
            result |= self.all()?;
        }
        Some(result)
    }

    fn all(&mut self) -> Option<bool> {
        let mut result = self.one()?;
        while self.take("AND") {
            result &= self.one()?;
        }
        Some(result)
    }

    fn one(&mut self) -> Option<bool> {
        if self.take("(") {
            let result = self.any()?;
            return self.take(")").then_some(result);
        }
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        let mut licence = (*first).to_owned();
        // An exception to a licence must be allowed by name, together with it.
        if self.take("WITH") {
            let (exception, rest) = self.words.split_first()?;
            self.words = rest;
            licence = format!("{licence} WITH {exception}");
        }
        Some(self.allowed.contains(&licence))
    }
}

#[cfg(test)]
mod tests {
    use super::super::manifest::Manifest;
    use super::*;

    fn allows(expression: &str) -> bool {
        is_allowed(expression, &["MIT".to_owned(), "ISC".to_owned()])
    }

    #[test]
    fn one_of_several_is_enough_and_all_of_several_are_needed() {
        assert!(allows("MIT"));
        assert!(allows("GPL-3.0 OR MIT"));
        assert!(allows("MIT/Apache-2.0"));
        assert!(allows("MIT AND ISC"));
        assert!(!allows("MIT AND GPL-3.0"));
        assert!(!allows("GPL-3.0"));
        assert!(allows("MIT OR GPL-3.0 AND BSD-3-Clause"));
        assert!(!allows("(MIT OR GPL-3.0) AND BSD-3-Clause"));
        assert!(allows("(GPL-3.0 OR MIT) AND ISC"));
    }

    #[test]
    fn an_exception_needs_its_own_entry_and_nonsense_is_refused() {
        assert!(!allows("MIT WITH LLVM-exception"));
        assert!(is_allowed("A WITH B", &["A WITH B".to_owned()]));
        assert!(!allows("(MIT"));
        assert!(!allows("MIT ISC"));
        assert!(!allows(""));
    }

    #[test]
    fn a_package_without_licence_is_found_and_ours_is_not() {
        let foreign = Manifest {
            name: "foreign".to_owned(),
            ..Manifest::default()
        };
        let ours = Manifest {
            ours: true,
            ..Manifest::default()
        };
        let metadata = Metadata {
            packages: vec![foreign, ours],
        };
        assert_eq!(check(&metadata, &[]).len(), 1);
    }
}
