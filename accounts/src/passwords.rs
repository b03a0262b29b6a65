//! Passwords: what is accepted, and Argon2id (RFC 9106) to keep and check them.
//!
//! Hashing is dear on purpose, so no more of it goes on at once than there are cores, in memory that is used again
//! (`memory`), and each request stands in a line before it (`line`).

mod hasher;
mod line;
mod memory;

pub use hasher::{Hasher, Hashing, HashingFailed, Verdict};
pub use line::HashingLoad;
use unicode_normalization::UnicodeNormalization;

use crate::secret::Secret;

/// Most characters a password may have.
pub const LONGEST: usize = 256;

/// Why a password is not accepted as a new one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unacceptable {
    #[error("Use {0} characters or more.")]
    TooShort(usize),
    #[error("Use {LONGEST} characters or fewer.")]
    TooLong,
    #[error("This password is too easy to guess. {0}")]
    Weak(String),
}

/// Passwords are counted and hashed in Unicode NFC, so that a keyboard's way of typing "é" is no
/// different password (NIST SP 800-63B-4, 3.1.1.2).
fn normal(password: &Secret) -> Secret {
    Secret::new(password.expose().nfc().collect())
}

fn accept(password: &Secret, shortest: usize, about: &[String]) -> Result<(), Unacceptable> {
    let password = normal(password);
    let characters = password.expose().chars().count();
    if characters < shortest {
        return Err(Unacceptable::TooShort(shortest));
    }
    if characters > LONGEST {
        return Err(Unacceptable::TooLong);
    }
    // The estimator's time grows with the square of the length; it stops at 100 by itself, and
    // what is strong in its first 100 characters is strong.
    let first: Secret = Secret::new(password.expose().chars().take(100).collect());
    let about: Vec<&str> = about.iter().map(String::as_str).collect();
    let estimate = zxcvbn::zxcvbn(first.expose(), &about);
    if estimate.score() >= zxcvbn::Score::Three {
        return Ok(());
    }
    let why = estimate
        .feedback()
        .and_then(|f| {
            let warning = f.warning().map(|w| w.to_string());
            warning.or_else(|| f.suggestions().first().map(ToString::to_string))
        })
        .unwrap_or_else(|| "Add a few more words.".into());
    Err(Unacceptable::Weak(why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Client;

    fn secret(text: &str) -> Secret {
        Secret::new(text.into())
    }

    fn cheap() -> Hasher {
        Hasher::with_cost(64, 1, 2).unwrap()
    }

    #[tokio::test]
    async fn a_password_is_right_in_either_unicode_form_and_wrong_otherwise() {
        let hasher = cheap();
        let hasher = hasher.stranger(&Client::default());
        let stored = hasher.hash(&secret("caf\u{e9} au lait")).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
        for (given, verdict) in [
            ("cafe\u{301} au lait", Verdict::Right),
            ("cafe au lait", Verdict::Wrong),
            ("", Verdict::Wrong),
        ] {
            let found = hasher.verify(&secret(given), Some(&stored)).await.unwrap();
            assert_eq!(found, verdict, "{given}");
        }
    }

    #[tokio::test]
    async fn a_hash_made_with_other_settings_is_right_but_old() {
        let client = Client::default();
        let cheap = cheap();
        let stored = cheap.stranger(&client).hash(&secret("p")).await.unwrap();
        // Neither more memory nor less changes what the old hash is worth.
        for memory in [128, 32] {
            let other = Hasher::with_cost(memory, 1, 2).unwrap();
            let other = other.stranger(&client);
            for (given, verdict) in [("p", Verdict::RightButOld), ("q", Verdict::Wrong)] {
                let found = other.verify(&secret(given), Some(&stored)).await;
                assert_eq!(found.unwrap(), verdict, "{given} {memory}");
            }
        }
    }

    #[tokio::test]
    async fn no_user_costs_what_a_user_costs_and_every_password_is_wrong() {
        let client = Client::default();
        let cheap = cheap();
        let hasher = cheap.stranger(&client);
        let password = secret("correct horse battery staple");
        let found = hasher.verify(&password, None).await;
        assert_eq!(found.unwrap(), Verdict::Wrong);
        let made = hasher.hash(&password).await.unwrap();
        let settings = |phc: &str| phc.rsplitn(3, '$').last().map(str::to_owned);
        assert_eq!(settings(&cheap.dummy), settings(&made));
        assert_eq!(cheap.dummy.len(), made.len());
    }

    #[tokio::test]
    async fn weak_passwords_are_refused_with_the_reason() {
        let hasher = cheap();
        let hasher = hasher.stranger(&Client::default());
        let about = ["Ada Lovelace", "ada@analytical.example"];
        for (given, why) in [
            ("short", "Use 8"),
            ("password1", "too easy"),
            ("adalovelace", "too easy"),
            ("lovelace2026", "too easy"),
            ("analytical1", "too easy"),
            ("curfewcurfew", "too easy"),
            (&"x".repeat(257), "Use 256"),
        ] {
            let refused = hasher.accept(&secret(given), 8, &about).await.unwrap();
            let text = refused.expect_err(given).to_string();
            assert!(text.contains(why), "{given}: {text}");
        }
        for strong in [
            "violet tram under seven bridges",
            "パスワードは長い文章がよい",
            "kZ8#qv!R2mTw",
        ] {
            assert_eq!(
                hasher.accept(&secret(strong), 8, &about).await.unwrap(),
                Ok(())
            );
        }
    }
}
