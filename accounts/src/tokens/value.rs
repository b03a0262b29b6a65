//! A token's value: a prefix that says it is Curfew's, random characters, and a checksum by which secret scanners tell
//! a real token from a text that looks like one.

use std::fmt;

use data_encoding::BASE32_NOPAD;
use zeroize::Zeroizing;

use super::Kind;
use crate::{secret::TokenHash, time::fill_random};

/// 160 random bits (ASVS 5.0, 7.2.3 asks for 128): 32 characters without a bit to spare.
const RANDOM: usize = 20;

/// Characters of the random part, and of the checksum's 32 bits.
const BODY: usize = 32;
const CHECKSUM: usize = 7;

/// `cfw_api_` or `cfw_mcp_`, 32 characters of base32 (RFC 4648, lower case), and seven of the CRC-32
/// of everything before them. Shown once; never stored, logged or printed.
#[derive(Clone)]
pub struct Value(Zeroizing<String>);

impl Value {
    /// A new one.
    #[must_use]
    pub fn random(kind: Kind) -> Self {
        let mut bytes = Zeroizing::new([0; RANDOM]);
        fill_random(&mut *bytes);
        let mut text = Zeroizing::new(kind.prefix().to_owned());
        text.push_str(&base32(&*bytes));
        let checksum = checksum(&text);
        text.push_str(&checksum);
        Self(text)
    }

    /// A value as a program presents it. None when it is not of that kind or its checksum is wrong,
    /// which saves the database from look-ups of nonsense; it proves nothing.
    #[must_use]
    pub fn presented(kind: Kind, text: &str) -> Option<Self> {
        let rest = text.strip_prefix(kind.prefix())?;
        let shaped = rest.len() == BODY + CHECKSUM
            && rest
                .bytes()
                .all(|b| b.is_ascii_lowercase() || (b'2'..=b'7').contains(&b));
        if !shaped {
            return None;
        }
        let (before, checked) = text.split_at(text.len() - CHECKSUM);
        (checksum(before) == checked).then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The text, for the user for whom it was created.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub(super) fn hash(&self) -> TokenHash {
        TokenHash::of(&self.0)
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Value(…)")
    }
}

fn base32(bytes: &[u8]) -> String {
    BASE32_NOPAD.encode(bytes).to_ascii_lowercase()
}

fn checksum(text: &str) -> String {
    base32(&crc32fast::hash(text.as_bytes()).to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_says_what_it_is_and_never_prints_itself() {
        for (kind, prefix) in [(Kind::Api, "cfw_api_"), (Kind::Mcp, "cfw_mcp_")] {
            let value = Value::random(kind);
            assert!(value.expose().starts_with(prefix));
            assert_eq!(value.expose().len(), 8 + 32 + 7);
            assert_eq!(format!("{value:?}"), "Value(…)");
            assert_ne!(value.expose(), Value::random(kind).expose());
            let again = Value::presented(kind, value.expose()).map(|v| v.hash());
            assert_eq!(again, Some(value.hash()));
        }
    }

    #[test]
    fn one_wrong_character_anywhere_fails_the_checksum() {
        let value = Value::random(Kind::Api);
        let text = value.expose();
        for at in 8..text.len() {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'a' { b'b' } else { b'a' };
            let typo = String::from_utf8(bytes).unwrap();
            assert!(Value::presented(Kind::Api, &typo).is_none(), "{at}");
        }
        for wrong in [
            "",
            "cfw_api_",
            &text.to_uppercase(),
            &format!("{text}a"),
            &"ä".repeat(47),
        ] {
            assert!(Value::presented(Kind::Api, wrong).is_none());
        }
        assert!(
            Value::presented(Kind::Mcp, text).is_none(),
            "of the other kind"
        );
    }
}
