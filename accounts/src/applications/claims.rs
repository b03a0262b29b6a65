//! What an application learns of a user: the claims of userinfo and of ID tokens (OpenID Connect Core 1.0, 2 and 5.1).

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{
    Application, Scope, ScopeName,
    access_tokens::GOOD_FOR,
    grants::Granted,
    sessions::find_live,
    signing_keys::{SigningError, Unsigned, sign},
};
use crate::{ids::UserId, instance::Reader, on, sessions::SecondFactor, time::UnixMillis, users};

/// The authentication context with a second factor, and without.
pub const WITH_SECOND_FACTOR: &str = "mfa";
pub const WITHOUT_SECOND_FACTOR: &str = "pwd";

/// What the scopes open of a user. None when the user is disabled or removed.
///
/// # Errors
/// When the database is unavailable.
pub async fn of_user(
    conn: &mut Reader,
    user: &UserId,
    scope: &Scope,
) -> Result<Option<Map<String, Value>>, sqlx::Error> {
    let Some(user) = users::find(conn, user).await? else {
        return Ok(None);
    };
    let mut claims = Map::new();
    let mut put = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    put("sub", json!(user.id.as_str()));
    if scope.has(ScopeName::Profile) {
        put("name", json!(user.name));
        let username = user.username.as_deref().unwrap_or(&user.email);
        put("preferred_username", json!(username));
    }
    if scope.has(ScopeName::Email) {
        let verified = email_was_verified(conn, &user.id).await?;
        put("email", json!(user.email));
        put("email_verified", json!(verified));
    }
    if scope.has(ScopeName::Groups) {
        put("groups", json!([user.role.key()]));
    }
    Ok(Some(claims))
}

/// Whether a link that was sent to the address was used. Only then is it known to be the user's.
async fn email_was_verified(conn: &mut Reader, user: &UserId) -> Result<bool, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar::<_, i64>(
        "select count(*) from users where id = $1 and email_verified_at is not null")
        .bind(user)
        .fetch_one(c)
        .await)
    .map(|n| n > 0)
}

/// The ID token of what was granted. None when that has ended meanwhile: an application that has been told of the end
/// already would start a session with it that nothing ends.
///
/// # Errors
/// See [`SigningError`].
pub async fn id_token(
    conn: &mut Reader,
    issuer: &str,
    application: &Application,
    granted: &Granted,
) -> Result<Option<String>, SigningError> {
    if find_live(conn, &granted.session).await?.is_none() {
        return Ok(None);
    }
    let now = conn.now.at;
    let mut claims = Map::new();
    if application.claims_in_id_token {
        let of_user = of_user(conn, &granted.user, &granted.scope).await?;
        claims.extend(of_user.unwrap_or_default());
    }
    let (acr, amr) = context(granted.second_factor);
    let own = json!({
        "iss": issuer,
        "sub": granted.user.as_str(),
        "aud": application.id.as_str(),
        "iat": seconds(now),
        "exp": seconds(now + GOOD_FOR),
        "auth_time": seconds(granted.authenticated_at),
        "sid": granted.session.as_str(),
        "acr": acr,
        "amr": amr,
        "at_hash": half_hash(granted.access_token.expose()),
    });
    if let Value::Object(own) = own {
        claims.extend(own);
    }
    if let Some(nonce) = &granted.nonce {
        claims.insert("nonce".into(), json!(nonce));
    }
    let token = Unsigned {
        kind: "JWT",
        claims: Value::Object(claims),
    };
    sign(conn, application.signing_algorithm, &token)
        .await
        .map(Some)
}

/// `acr` and `amr` (RFC 8176).
fn context(second_factor: Option<SecondFactor>) -> (&'static str, &'static [&'static str]) {
    match second_factor {
        Some(SecondFactor::Code) => (WITH_SECOND_FACTOR, &["pwd", "otp", "mfa"]),
        Some(SecondFactor::RecoveryCode) => (WITH_SECOND_FACTOR, &["pwd", "mfa"]),
        None => (WITHOUT_SECOND_FACTOR, &["pwd"]),
    }
}

/// `at_hash`: the left half of the hash, for both of our algorithms SHA-256 (OpenID Connect Core 1.0, 3.1.3.6).
fn half_hash(token: &str) -> String {
    BASE64URL_NOPAD.encode(&Sha256::digest(token.as_bytes())[..16])
}

/// A time as tokens have it.
#[must_use]
pub fn seconds(at: UnixMillis) -> i64 {
    at.0.div_euclid(1_000)
}
