//! What vouches that a form is one of this instance's, drawn for one browser and one user.

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{Key, Keys, Purpose, derived};

impl Keys {
    /// The token of the forms that a browser is shown, for the user signed in there; for none of them, an empty text.
    #[must_use]
    pub fn form_token(&self, browser: &str, user: &str) -> String {
        let mac = mac(&self.now().0[0], browser, user).finalize();
        BASE64URL_NOPAD.encode(&mac.into_bytes())
    }

    /// Whether it is the token of that browser and user, under any key of the instance.
    #[must_use]
    pub fn is_form_token(&self, token: &str, browser: &str, user: &str) -> bool {
        let Ok(token) = BASE64URL_NOPAD.decode(token.as_bytes()) else {
            return false;
        };
        let ring = self.now();
        let mut keys = ring.0.iter();
        // Compared in constant time.
        keys.any(|key| mac(key, browser, user).verify_slice(&token).is_ok())
    }
}

/// HMAC-SHA256 (RFC 2104). Each part comes with its length, so that no two pairs read alike.
fn mac(key: &Key, browser: &str, user: &str) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(&*derived(key, Purpose::Form))
        .expect("a key of any length is taken");
    for part in [browser, user] {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_token_is_of_one_browser_one_user_and_one_instance() {
        let (old, new) = (Keys::new_line(), Keys::new_line());
        let keys = Keys::parse(&old).unwrap();
        let token = keys.form_token("browser", "ada");
        assert!(keys.is_form_token(&token, "browser", "ada"));
        for (browser, user) in [
            ("browser", "eve"),
            ("browser", ""),
            ("other", "ada"),
            ("browsera", "da"),
            ("browserada", ""),
        ] {
            assert!(
                !keys.is_form_token(&token, browser, user),
                "{browser} {user}"
            );
        }
        for wrong in ["", "x", &token[1..], &format!("{token}A")] {
            assert!(!keys.is_form_token(wrong, "browser", "ada"), "{wrong}");
        }
        assert!(
            !Keys::parse(&new)
                .unwrap()
                .is_form_token(&token, "browser", "ada")
        );
        // A page that was drawn before the key was rotated.
        let rotated = Keys::parse(&format!("{}{}", *new, *old)).unwrap();
        assert!(rotated.is_form_token(&token, "browser", "ada"));
        assert_ne!(rotated.form_token("browser", "ada"), token);
    }
}
