//! Making a key pair: with aws-lc-rs, which TLS brings along.

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::KeySize,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RsaKeyPair},
};
use jsonwebtoken::jwk::{Jwk, PublicKeyUse, ThumbprintHash};
use zeroize::Zeroizing;

use super::{SigningAlgorithm, SigningError};

/// What stands before the RSA private key (RFC 8017, A.1.2) in its PKCS #8 wrapping (RFC 5208, 5): the lengths apart,
/// always the same, because the key's own length takes two bytes.
const RSA_WRAPPING: usize = 26;

/// A key pair that was made and is not stored yet.
pub(super) struct MadeKey {
    /// Its thumbprint (RFC 7638), which no two keys share.
    pub id: String,
    pub algorithm: SigningAlgorithm,
    /// JSON: the public JWK.
    pub public: String,
    /// As [`SigningAlgorithm::encoding_key`] takes it.
    pub private: Zeroizing<Vec<u8>>,
}

/// Makes a key pair, off the async threads: an RSA key takes its time.
pub(super) async fn make(algorithm: SigningAlgorithm) -> Result<MadeKey, SigningError> {
    tokio::task::spawn_blocking(move || made(algorithm))
        .await
        .map_err(|_| SigningError::Make)?
}

fn made(algorithm: SigningAlgorithm) -> Result<MadeKey, SigningError> {
    let private = match algorithm {
        SigningAlgorithm::Es256 => elliptic_curve(),
        SigningAlgorithm::Rs256 => rsa(),
    }
    .ok_or(SigningError::Make)?;
    let key = algorithm.encoding_key(&private);
    let mut public = Jwk::from_encoding_key(&key, algorithm.of_token())?;
    let id = public.thumbprint(ThumbprintHash::SHA256)?;
    public.common.key_id = Some(id.clone());
    public.common.public_key_use = Some(PublicKeyUse::Signature);
    let public = serde_json::to_string(&public).map_err(|_| SigningError::Make)?;
    Ok(MadeKey {
        id,
        algorithm,
        public,
        private,
    })
}

fn elliptic_curve() -> Option<Zeroizing<Vec<u8>>> {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).ok()?;
    let wrapped = pair.to_pkcs8v1().ok()?;
    Some(Zeroizing::new(wrapped.as_ref().to_vec()))
}

/// 2048 bits, as RFC 7518, 3.3 asks for at least.
fn rsa() -> Option<Zeroizing<Vec<u8>>> {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).ok()?;
    let wrapped: Pkcs8V1Der<'_> = pair.as_der().ok()?;
    let key = Zeroizing::new(wrapped.as_ref().get(RSA_WRAPPING..)?.to_vec());
    // That it is what follows the wrapping is not believed but looked at.
    RsaKeyPair::from_der(&key).ok()?;
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_each_algorithm_has_a_public_half_and_a_name_of_its_own() {
        for algorithm in super::super::ALGORITHMS {
            let (one, other) = (made(algorithm).unwrap(), made(algorithm).unwrap());
            assert_ne!(one.id, other.id);
            let public: serde_json::Value = serde_json::from_str(&one.public).unwrap();
            assert_eq!(public["kid"], one.id.as_str());
            assert_eq!(public["use"], "sig");
            assert_eq!(public["alg"], algorithm.name());
            for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
                assert!(public.get(private).is_none(), "{private} is published");
            }
        }
    }
}
