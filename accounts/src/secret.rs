//! Secrets that never print themselves, and the random tokens that cookies carry.

use std::fmt;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::time::fill_random;

/// Something only its owner may see: a password. Wiped from memory when dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes ownership of the text.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself. Not for logs, errors or answers.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The value of a session, remember-me or known-device cookie: 256 random bits as 43 characters
/// of base64url. The database holds its [`TokenHash`] only.
#[derive(Clone)]
pub struct Token(Zeroizing<String>);

impl Token {
    /// A new random token (ASVS 5.0, 7.2.3: at least 128 bits of entropy).
    #[must_use]
    pub fn random() -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        fill_random(&mut *bytes);
        Self(Zeroizing::new(BASE64URL_NOPAD.encode(&*bytes)))
    }

    /// The token of 32 bytes that only a key of the instance can derive.
    pub(crate) fn of_bytes(bytes: &[u8; 32]) -> Self {
        Self(Zeroizing::new(BASE64URL_NOPAD.encode(bytes)))
    }

    /// A token as a browser presents it. None when it does not have the shape of a token, which saves the
    /// database from look-ups of nonsense.
    #[must_use]
    pub fn presented(text: &str) -> Option<Self> {
        let shaped = text.len() == 43 && BASE64URL_NOPAD.decode(text.as_bytes()).is_ok();
        shaped.then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The text for the cookie.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What the database holds in its place. Plain SHA-256 is enough: 256 random bits cannot be
    /// guessed, and a look-up by hash needs no constant-time comparison.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(&self.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// SHA-256 of a [`Token`], 64 lower-case hex digits. Cannot be serialised on purpose.
#[derive(Clone, PartialEq, Eq, sqlx::Type)]
#[sqlx(transparent)]
pub struct TokenHash(String);

impl TokenHash {
    /// The hash of a text with at least 128 random bits in it.
    pub(crate) fn of(text: &str) -> Self {
        Self(HEXLOWER.encode(&Sha256::digest(text.as_bytes())))
    }

    /// A hash as it is stored: 64 digits of hex. None when it is none.
    pub(crate) fn stored(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase();
        let shaped = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        shaped.then_some(Self(text))
    }

    /// The hash as text, for what leaves the program on purpose: a hand-over's begin, which only compares it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first 16 digits: enough to tell hashes apart, too few to look one up by.
    pub(crate) fn prefix(&self) -> String {
        self.0.chars().take(16).collect()
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_print_themselves() {
        let token = Token::random();
        assert_eq!(format!("{:?}", Secret::new("hunter2".into())), "Secret(…)");
        assert_eq!(
            format!("{token:?} {:?}", token.hash()),
            "Token(…) TokenHash(…)"
        );
    }

    #[test]
    fn only_what_has_the_shape_of_a_token_is_looked_up() {
        let token = Token::random();
        let again = Token::presented(token.expose());
        assert_eq!(again.map(|t| t.hash()), Some(token.hash()));
        for wrong in [
            "",
            "x",
            &"x".repeat(10_000),
            &"ä".repeat(43),
            &"!".repeat(43),
        ] {
            assert!(Token::presented(wrong).is_none());
        }
    }
}
