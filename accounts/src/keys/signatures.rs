//! Signatures under the instance's key: HMAC-SHA256 (RFC 2104) with a key derived for its purpose (HKDF, RFC 5869).
//! They show whether this instance has written something; they hide nothing.

use data_encoding::HEXLOWER;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{CannotOpen, KEY_BYTES, Key, Keys};

/// What is signed: each has a key of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signs {
    /// The newest event of a chain.
    AuditHead,
    /// The high-water marks of the audit log.
    AuditMarks,
    /// A refresh token: what is signed is the one that it succeeds.
    Successor,
    /// What a user has answered before an application is given a code.
    Answer,
    /// What the first sign-up of an install shows.
    SetupCode,
}

impl Signs {
    fn info(self) -> &'static [u8] {
        match self {
            Self::AuditHead => b"curfew audit head",
            Self::AuditMarks => b"curfew audit marks",
            Self::Successor => b"curfew successor",
            Self::Answer => b"curfew answer",
            Self::SetupCode => b"curfew setup code",
        }
    }
}

/// A signature, and which key of the instance it is by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signature {
    pub key_id: String,
    /// In hex.
    pub mac: String,
}

impl Keys {
    /// Signs with the newest key.
    pub(crate) fn sign(&self, what: Signs, message: &[u8]) -> Signature {
        let ring = self.now();
        let key = &ring.0[0];
        let mac = mac(key, what, message).finalize().into_bytes();
        Signature {
            key_id: key.id.clone(),
            mac: HEXLOWER.encode(&mac),
        }
    }

    /// Signs with the key of that id, or with the newest. None when that key is not there any more.
    pub(crate) fn derive(
        &self,
        what: Signs,
        message: &[u8],
        key_id: Option<&str>,
    ) -> Option<([u8; 32], String)> {
        let at = |ring: &super::Ring| match key_id {
            Some(id) => ring.0.iter().position(|key| key.id == id),
            None => Some(0),
        };
        let mut ring = self.now();
        if at(&ring).is_none() {
            ring = self.again();
        }
        let key = &ring.0[at(&ring)?];
        let bytes = mac(key, what, message).finalize().into_bytes().into();
        Some((bytes, key.id.clone()))
    }

    /// Whether these are the first bytes of what [`Keys::derive`] gives with one of the keys. It takes as long wherever
    /// they differ.
    pub(crate) fn begins(&self, what: Signs, message: &[u8], bytes: &[u8]) -> bool {
        let of_one = |ring: &super::Ring| {
            let mut keys = ring.0.iter();
            keys.any(|key| mac(key, what, message).verify_truncated_left(bytes).is_ok())
        };
        of_one(&self.now()) || of_one(&self.again())
    }

    /// Checks what [`Keys::sign`] has signed.
    ///
    /// # Errors
    /// See [`CannotOpen`]: its key is missing, or it was signed by another instance or for something else.
    pub(crate) fn check(
        &self,
        what: Signs,
        message: &[u8],
        signature: &Signature,
    ) -> Result<(), CannotOpen> {
        let has = |ring: &super::Ring| ring.0.iter().position(|k| k.id == signature.key_id);
        let mut ring = self.now();
        if has(&ring).is_none() {
            ring = self.again();
        }
        let at = has(&ring).ok_or_else(|| CannotOpen::NoSuchKey(signature.key_id.clone()))?;
        let signed = HEXLOWER
            .decode(signature.mac.as_bytes())
            .map_err(|_| CannotOpen::Foreign)?;
        mac(&ring.0[at], what, message)
            .verify_slice(&signed)
            .map_err(|_| CannotOpen::Foreign)
    }
}

#[expect(
    clippy::expect_used,
    reason = "32 bytes are within what HKDF gives, and HMAC takes keys of every length"
)]
fn mac(key: &Key, what: Signs, message: &[u8]) -> Hmac<Sha256> {
    let mut derived = Zeroizing::new([0; KEY_BYTES]);
    Hkdf::<Sha256>::new(None, &*key.bytes)
        .expand(what.info(), &mut *derived)
        .expect("HKDF-SHA256 gives up to 8,160 bytes");
    let mut mac = Hmac::<Sha256>::new_from_slice(&*derived).expect("a key of any length is taken");
    mac.update(message);
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_holds_for_its_message_purpose_and_instance_alone() {
        let keys = Keys::parse(&Keys::new_line()).unwrap();
        let signed = keys.sign(Signs::AuditHead, b"message");
        assert_eq!(keys.check(Signs::AuditHead, b"message", &signed), Ok(()));
        let foreign = Err(CannotOpen::Foreign);
        assert_eq!(keys.check(Signs::AuditHead, b"massage", &signed), foreign);
        assert_eq!(keys.check(Signs::AuditMarks, b"message", &signed), foreign);
        for mac in ["", "x", "00", &"0".repeat(64)] {
            let forged = Signature {
                mac: mac.to_owned(),
                ..signed.clone()
            };
            assert_eq!(keys.check(Signs::AuditHead, b"message", &forged), foreign);
        }
        let other = Keys::parse(&Keys::new_line()).unwrap();
        assert!(matches!(
            other.check(Signs::AuditHead, b"message", &signed),
            Err(CannotOpen::NoSuchKey(_))
        ));
    }
}
