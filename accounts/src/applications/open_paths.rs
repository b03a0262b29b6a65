//! Paths of an application that are open to all.
//!
//! Proxies and applications read one address in different ways: encoded twice, with `..`, with `//` or `;`. A path is
//! open only where there is one way to read it, because `/public/%2e%2e/admin` must not open what lies beside.

/// The open paths of an application: each exact, or with everything below it where it ends with a slash.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct OpenPaths(Vec<String>);

impl OpenPaths {
    /// From the database: JSON. What cannot be read opens nothing.
    pub(crate) fn stored(json: &str) -> Self {
        Self(serde_json::from_str(json).unwrap_or_default())
    }

    /// Whether a request's path, as it was sent (with its query or without), is open.
    pub(crate) fn open(&self, path: &str) -> bool {
        let path = path.split(['?', '#']).next().unwrap_or_default();
        plain(path).is_some_and(|path| {
            self.0.iter().any(|open| {
                *open == path || (open.ends_with('/') && path.starts_with(open.as_str()))
            })
        })
    }
}

/// A path as everyone reads it: percent-decoded once. None where others may read it differently.
pub(super) fn plain(path: &str) -> Option<String> {
    let decoded = decode(path)?;
    let odd = |c: char| c.is_control() || matches!(c, '\\' | ';' | '%' | '?' | '#');
    let well_formed = decoded.starts_with('/') && decoded.len() <= 2048 && !decoded.contains(odd);
    let segments = decoded.get(1..)?.split('/');
    let last = segments.clone().count();
    let unclear = segments
        .enumerate()
        .any(|(i, segment)| [".", ".."].contains(&segment) || (segment.is_empty() && i + 1 < last));
    (well_formed && !unclear).then_some(decoded)
}

/// Percent-decodes once (RFC 3986, 2.1). None for a slash in code, a broken code or what is not UTF-8.
fn decode(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let code = [rest.next()?, rest.next()?];
        let code = std::str::from_utf8(&code).ok()?;
        let byte = u8::from_str_radix(code, 16).ok()?;
        if byte == b'/' || code.starts_with('+') {
            return None;
        }
        bytes.push(byte);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths() -> OpenPaths {
        OpenPaths::stored(r#"["/public/", "/robots.txt", "/Zoë/"]"#)
    }

    #[test]
    fn a_path_is_open_exactly_or_below_a_slash() {
        for open in [
            "/public/",
            "/public/a",
            "/public/a/b.css?v=1",
            "/robots.txt",
            "/robots%2Etxt",
            "/robots.txt?x",
            "/Zo%C3%AB/a",
            "/public/a%20b",
            "/public/..a",
        ] {
            assert!(paths().open(open), "{open}");
        }
        for closed in [
            "/",
            "",
            "/public",
            "/publication",
            "/robots.txt/",
            "/robots.txtx",
            "/Public/",
            "public/",
        ] {
            assert!(!paths().open(closed), "{closed}");
        }
        assert!(OpenPaths::stored(r#"["/"]"#).open("/anything"));
        assert!(!OpenPaths::default().open("/") && !OpenPaths::stored("{").open("/"));
    }

    #[test]
    fn a_path_that_can_be_read_in_two_ways_is_not_open() {
        for trick in [
            "/public/../admin",
            "/public/%2e%2e/admin",
            "/public/%2E./admin",
            "/public/..%2fadmin",
            "/public/%2e%2e%2fadmin",
            "/public/%252e%252e/admin",
            "/public/..;/admin",
            "/public/;/../admin",
            "/public//admin",
            "//public/a",
            "/public/..\\admin",
            "/public/%5c..%5cadmin",
            "/public/./a",
            "/public/..",
            "/public/%00",
            "/public/%0d%0aX: y",
            "/public/%",
            "/public/%4",
            "/public/%zz",
            "/public/%+1",
            "/public/%ff",
            "/public/a%3f/../b",
            "https://wiki.example.com/public/a",
        ] {
            assert!(!paths().open(trick), "{trick}");
        }
    }
}
