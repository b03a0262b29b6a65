//! Where a forbidden word is the right one. A new line needs a reason that a stranger accepts.

use super::super::files;

/// One allowed use: the folder or file it counts in, empty for everywhere; an identifier, with a dot in front when only the
/// method or field is meant, or a phrase in lower case; and the reason, for the reader of this table.
type Exception = (&'static str, &'static str, &'static str);

const IDENTIFIERS: &[Exception] = &[
    ("", "RootCertStore", "rustls calls it so"),
    ("", "no_store", "HTTP's Cache-Control"),
    ("", "MemoryStore", "governor and others call it so"),
    ("style", "letter", "CSS's letter-spacing"),
    ("end2end", ".press", "Playwright's method for keys"),
    (
        "end2end",
        ".pressSequentially",
        "Playwright's method for keys",
    ),
    (
        "foreign-clients",
        "CoreGenderClaim",
        "the openidconnect crate calls it so",
    ),
    ("", ".store", "what an atomic does with a value"),
    (
        "public",
        ".press",
        "the DOM's and Playwright's word for keys",
    ),
];

const PHRASES: &[Exception] = &[
    ("", "letters digits", "letters of the alphabet"),
    ("", "letters and digits", "letters of the alphabet"),
    ("", "letters or digits", "letters of the alphabet"),
    ("", "letters numbers", "letters of the alphabet"),
    ("", "digits and letters", "letters of the alphabet"),
    ("", "letters a to z", "letters of the alphabet"),
    ("", "letter a to z", "letters of the alphabet"),
    ("", "capital letter", "letters of the alphabet"),
    ("", "capital letters", "letters of the alphabet"),
    ("", "small letter", "letters of the alphabet"),
    ("", "small letters", "letters of the alphabet"),
    ("", "lower case letters", "letters of the alphabet"),
    ("", "upper case letters", "letters of the alphabet"),
    ("", "first letter", "letters of the alphabet"),
    ("", "first letters", "letters of the alphabet"),
    ("", "the app store", "where apps are sold"),
    ("", "an app store", "where apps are sold"),
];

/// Whether the identifier may stand in this file.
pub fn allows_identifier(path: &str, name: &str, after_dot: bool) -> bool {
    IDENTIFIERS.iter().any(|exception| {
        let is_it = match exception.1.strip_prefix('.') {
            Some(method) => after_dot && method == name,
            None => exception.1 == name,
        };
        is_it && counts_in(exception, path)
    })
}

/// The phrases that may stand in this file.
pub fn phrases(path: &str) -> Vec<&'static str> {
    let here = PHRASES
        .iter()
        .filter(|exception| counts_in(exception, path));
    here.map(|exception| exception.1).collect()
}

fn counts_in(exception: &Exception, path: &str) -> bool {
    files::is_below(path, &[exception.0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exception_is_a_whole_identifier_in_its_folder() {
        assert!(allows_identifier("server/src/a.rs", "RootCertStore", false));
        assert!(!allows_identifier("server/src/a.rs", "CertStore", false));
        assert!(allows_identifier("end2end/a.ts", "press", true));
        assert!(!allows_identifier("end2end/a.ts", "press", false));
        assert!(!allows_identifier("server/src/a.rs", "press", true));
    }

    #[test]
    fn every_exception_has_a_reason() {
        let all = IDENTIFIERS.iter().chain(PHRASES);
        assert!(all.map(|exception| exception.2).all(|why| !why.is_empty()));
    }
}
