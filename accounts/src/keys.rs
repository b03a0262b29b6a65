//! The instance's key: what seals the few secrets that the database must be able to give back.
//!
//! Everything else is stored as a hash. A sealed text is XChaCha20-Poly1305 under a key derived with
//! HKDF-SHA256 (RFC 5869) for its purpose, bound to its owner as associated data, so that a row
//! copied to another user cannot be opened. What must only be seen to be genuine is signed ([`signatures`]).

pub(crate) mod signatures;

mod form_token;

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use hkdf::Hkdf;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::time::fill_random;

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;

/// What a sealed text is for: each has a key of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Authenticator,
    TwoFactorDraft,
    Email,
    Webhook,
    SigningKey,
    /// Nothing is sealed for it: it tells forms of ours from others.
    Form,
}

impl Purpose {
    fn info(self) -> &'static [u8] {
        match self {
            Self::Authenticator => b"curfew authenticator",
            Self::TwoFactorDraft => b"curfew two-factor draft",
            Self::Email => b"curfew email",
            Self::Webhook => b"curfew webhook",
            Self::SigningKey => b"curfew signing key",
            Self::Form => b"curfew form",
        }
    }
}

/// A text that only a key of the instance opens, and which key that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    pub key_id: String,
    pub text: String,
}

/// Why a sealed text cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CannotOpen {
    #[error("the key {0} is not in the key file (CURFEW_SECRET_KEY_FILE)")]
    NoSuchKey(String),
    #[error("it was not sealed by this instance for this user")]
    Foreign,
}

/// Why a key file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadKeyFile {
    #[error("it holds no key")]
    Empty,
    #[error("line {0} is no key: 32 bytes in base64 are expected")]
    Line(usize),
}

struct Key {
    id: String,
    bytes: Zeroizing<[u8; KEY_BYTES]>,
}

/// The keys, newest first: the first seals, all open.
struct Ring(Vec<Key>);

type Reread = Arc<dyn Fn() -> Option<Zeroizing<String>> + Send + Sync>;

/// The instance's keys. Cheap to clone; never prints itself.
#[derive(Clone)]
pub struct Keys {
    ring: Arc<RwLock<Arc<Ring>>>,
    reread: Reread,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(…)")
    }
}

impl Keys {
    /// A line of a new key file.
    #[must_use]
    pub fn new_line() -> Zeroizing<String> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        fill_random(&mut *bytes);
        Zeroizing::new(format!("{}\n", BASE64.encode(&*bytes)))
    }

    /// Reads the text of a key file: one key a line, newest first; `#` begins a comment.
    ///
    /// # Errors
    /// The line that is no key.
    pub fn parse(text: &str) -> Result<Self, BadKeyFile> {
        Self::parse_and_reread(text, || None)
    }

    /// As [`Keys::parse`]; `reread` gives the file's text again when a key is missing, so that a
    /// running server learns of a key that `curfew key rotate` has added.
    ///
    /// # Errors
    /// The line that is no key.
    pub fn parse_and_reread(
        text: &str,
        reread: impl Fn() -> Option<Zeroizing<String>> + Send + Sync + 'static,
    ) -> Result<Self, BadKeyFile> {
        Ok(Self {
            ring: Arc::new(RwLock::new(Arc::new(ring(text)?))),
            reread: Arc::new(reread),
        })
    }

    /// Seals `plain` under the newest key, for `owner` only.
    ///
    /// # Panics
    /// With more than 256 GB.
    #[must_use]
    pub fn seal(&self, purpose: Purpose, owner: &str, plain: &[u8]) -> Sealed {
        let ring = self.now();
        let key = &ring.0[0];
        let mut nonce = [0; NONCE_BYTES];
        fill_random(&mut nonce);
        let message = Payload {
            msg: plain,
            aad: owner.as_bytes(),
        };
        #[expect(
            clippy::expect_used,
            reason = "encryption fails only beyond 256 GB; storing something else would be worse"
        )]
        let cipher = cipher(key, purpose)
            .encrypt(&XNonce::from(nonce), message)
            .expect("a short text can be sealed");
        let mut whole = nonce.to_vec();
        whole.extend(cipher);
        Sealed {
            key_id: key.id.clone(),
            text: BASE64URL_NOPAD.encode(&whole),
        }
    }

    /// Opens what [`Keys::seal`] has sealed for the same purpose and owner.
    ///
    /// # Errors
    /// See [`CannotOpen`].
    pub fn open(
        &self,
        purpose: Purpose,
        owner: &str,
        sealed: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>, CannotOpen> {
        let has = |ring: &Ring| ring.0.iter().position(|k| k.id == sealed.key_id);
        let mut ring = self.now();
        if has(&ring).is_none() {
            ring = self.again();
        }
        let at = has(&ring).ok_or_else(|| CannotOpen::NoSuchKey(sealed.key_id.clone()))?;
        let whole = BASE64URL_NOPAD
            .decode(sealed.text.as_bytes())
            .map_err(|_| CannotOpen::Foreign)?;
        let (nonce, msg) = whole
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or(CannotOpen::Foreign)?;
        let message = Payload {
            msg,
            aad: owner.as_bytes(),
        };
        cipher(&ring.0[at], purpose)
            .decrypt(&XNonce::from(*nonce), message)
            .map(Zeroizing::new)
            .map_err(|_| CannotOpen::Foreign)
    }

    /// Whether a key with that id is among them: it opens whatever it has sealed.
    #[must_use]
    pub fn has(&self, id: &str) -> bool {
        self.now().0.iter().any(|key| key.id == id)
    }

    /// The id of the key that seals now.
    #[must_use]
    pub fn newest(&self) -> String {
        self.now().0[0].id.clone()
    }

    fn now(&self) -> Arc<Ring> {
        Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn again(&self) -> Arc<Ring> {
        if let Some(text) = (self.reread)()
            && let Ok(ring) = ring(&text)
        {
            *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
        }
        self.now()
    }
}

fn ring(text: &str) -> Result<Ring, BadKeyFile> {
    let mut keys = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let decoded = BASE64.decode(line.as_bytes()).map(Zeroizing::new);
        let bytes = decoded
            .ok()
            .and_then(|d| <[u8; KEY_BYTES]>::try_from(d.as_slice()).ok())
            .map(Zeroizing::new)
            .ok_or(BadKeyFile::Line(at + 1))?;
        // Names the key without telling anything about it.
        let id = HEXLOWER.encode(&Sha256::digest(
            [b"curfew key id", bytes.as_slice()].concat(),
        ));
        keys.push(Key {
            id: id[..16].to_owned(),
            bytes,
        });
    }
    if keys.is_empty() {
        return Err(BadKeyFile::Empty);
    }
    Ok(Ring(keys))
}

fn cipher(key: &Key, purpose: Purpose) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new((&*derived(key, purpose)).into())
}

/// The key of a purpose.
fn derived(key: &Key, purpose: Purpose) -> Zeroizing<[u8; KEY_BYTES]> {
    let mut derived = Zeroizing::new([0; KEY_BYTES]);
    #[expect(clippy::expect_used, reason = "32 bytes are within what HKDF gives")]
    Hkdf::<Sha256>::new(None, &*key.bytes)
        .expand(purpose.info(), &mut *derived)
        .expect("HKDF-SHA256 gives up to 8,160 bytes");
    derived
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_opens_for_its_owner_and_purpose_alone() {
        let keys = Keys::parse(&Keys::new_line()).unwrap();
        let sealed = keys.seal(Purpose::Authenticator, "ada", b"secret");
        assert!(!sealed.text.contains("secret"));
        let open = |purpose, owner| keys.open(purpose, owner, &sealed);
        assert_eq!(
            open(Purpose::Authenticator, "ada").unwrap().as_slice(),
            b"secret"
        );
        assert_eq!(
            open(Purpose::Authenticator, "eve"),
            Err(CannotOpen::Foreign)
        );
        assert_eq!(open(Purpose::Email, "ada"), Err(CannotOpen::Foreign));
        let other = Keys::parse(&Keys::new_line()).unwrap();
        assert!(matches!(
            other.open(Purpose::Authenticator, "ada", &sealed),
            Err(CannotOpen::NoSuchKey(_))
        ));
        for text in ["", "x", "AAAA", &"A".repeat(100)] {
            let broken = Sealed {
                text: text.to_owned(),
                ..sealed.clone()
            };
            assert_eq!(
                keys.open(Purpose::Authenticator, "ada", &broken),
                Err(CannotOpen::Foreign)
            );
        }
    }

    #[test]
    fn a_new_key_seals_old_ones_still_open_and_a_running_server_learns_of_it() {
        let (old, new) = (Keys::new_line(), Keys::new_line());
        let both = format!("# newest first\n\n{}{}", *new, *old);
        let sealed = Keys::parse(&old).unwrap().seal(Purpose::Email, "ada", b"x");
        let rotated = Keys::parse(&both).unwrap();
        assert!(rotated.open(Purpose::Email, "ada", &sealed).is_ok());
        assert_ne!(rotated.newest(), sealed.key_id);

        let running = Keys::parse_and_reread(&old, move || Some(Zeroizing::new(both.clone())));
        let sealed = rotated.seal(Purpose::Email, "ada", b"y");
        assert!(
            running
                .unwrap()
                .open(Purpose::Email, "ada", &sealed)
                .is_ok()
        );
    }

    #[test]
    fn a_key_file_that_is_none_is_refused_with_its_line() {
        assert_eq!(
            Keys::parse("# only words\n").unwrap_err(),
            BadKeyFile::Empty
        );
        let short = format!("{}c2hvcnQ=\n", *Keys::new_line());
        assert_eq!(Keys::parse(&short).unwrap_err(), BadKeyFile::Line(2));
        assert_eq!(Keys::parse("nonsense").unwrap_err(), BadKeyFile::Line(1));
    }
}
