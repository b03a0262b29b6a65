//! Whether a token is one that this instance has signed: an ID token that comes back as a hint.

use jsonwebtoken::{DecodingKey, Validation, decode_header, jwk::Jwk};
use serde_json::Value;

use super::SigningAlgorithm;
use crate::{db::Conn, on};

/// The claims of a token that one of our keys has signed, by that key's own algorithm and for `issuer`. One that has expired
/// counts too, because it is a hint (OpenID Connect RP-Initiated Logout 1.0, 4). None for everything else.
///
/// # Errors
/// When the database is unavailable.
pub async fn verify(
    conn: &mut Conn,
    issuer: &str,
    token: &str,
) -> Result<Option<Value>, sqlx::Error> {
    let Some(kid) = decode_header(token).ok().and_then(|header| header.kid) else {
        return Ok(None);
    };
    if kid.len() != 43 || !kid.is_ascii() || kid.contains('\0') {
        return Ok(None);
    }
    let key: Option<(SigningAlgorithm, String)> = on!(conn, c => sqlx::query_as(
        "select algorithm, public_key from signing_keys where id = $1")
        .bind(&kid)
        .fetch_optional(c)
        .await)?;
    Ok(key.and_then(|(algorithm, public)| claims(algorithm, &public, issuer, token)))
}

fn claims(algorithm: SigningAlgorithm, public: &str, issuer: &str, token: &str) -> Option<Value> {
    let key: Jwk = serde_json::from_str(public).ok()?;
    let key = DecodingKey::from_jwk(&key).ok()?;
    let mut validation = Validation::new(algorithm.of_token());
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.set_required_spec_claims(&["iss", "sub", "aud"]);
    validation.set_issuer(&[issuer]);
    let token = jsonwebtoken::decode::<Value>(token, &key, &validation).ok()?;
    Some(token.claims)
}
