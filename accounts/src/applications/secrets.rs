//! What a confidential application shows that it is: secrets of which the database holds the hashes. Two are good at once,
//! so that a new one can be put in place before the old one goes.

use std::fmt;

use zeroize::Zeroizing;

use crate::{
    db::Conn,
    execute,
    ids::ApplicationId,
    on,
    operation::Operation,
    secret::{Secret, Token, TokenHash},
};

/// What a secret begins with, so that scanners find it.
const PREFIX: &str = "cfw_app_";

/// How many may be good at once.
const GOOD_AT_ONCE: i64 = 2;

/// An application's secret: `cfw_app_` and 43 characters of base64url, 256 random bits. No character of it has to be
/// encoded in a form or in `Authorization: Basic`. Shown once, stored nowhere.
#[derive(Clone)]
pub struct ClientSecret(Zeroizing<String>);

impl ClientSecret {
    fn random() -> Self {
        Self(Zeroizing::new(format!(
            "{PREFIX}{}",
            Token::random().expose()
        )))
    }

    /// The text, for the user who registers the application.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret(…)")
    }
}

/// Whether what was presented is a secret of that application that is good now.
///
/// # Errors
/// When the database is unavailable. That is never "wrong".
pub async fn is_secret_of(
    conn: &mut Conn,
    application: &ApplicationId,
    presented: &Secret,
) -> Result<bool, sqlx::Error> {
    let Some(token) = presented.expose().strip_prefix(PREFIX) else {
        return Ok(false);
    };
    if Token::presented(token).is_none() {
        return Ok(false);
    }
    on!(conn, c => sqlx::query_scalar::<_, i64>(
        "select count(*) from application_secrets s join applications a on a.id = s.application_id
         where s.secret_hash = $1 and s.application_id = $2 and s.revoked_at is null
           and a.removed_at is null and a.is_confidential")
        .bind(TokenHash::of(presented.expose()))
        .bind(application)
        .fetch_one(c)
        .await)
    .map(|n| n > 0)
}

/// How many secrets of an application are good.
///
/// # Errors
/// When the database is unavailable.
pub async fn count_secrets(
    conn: &mut Conn,
    application: &ApplicationId,
) -> Result<i64, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar(
        "select count(*) from application_secrets where application_id = $1 and revoked_at is null")
        .bind(application)
        .fetch_one(c)
        .await)
}

/// Makes a secret beside the one that is good. None where two are good already: the first is in use until the second is in
/// place, and a third would take it away. The caller has found that the user may, and records it.
///
/// # Errors
/// When the database is unavailable.
pub async fn make_secret(
    op: &mut Operation,
    application: &ApplicationId,
) -> Result<Option<ClientSecret>, sqlx::Error> {
    let now = op.now.at;
    if count_secrets(op, application).await? >= GOOD_AT_ONCE {
        return Ok(None);
    }
    let secret = ClientSecret::random();
    execute!(
        op,
        "insert into application_secrets (secret_hash, application_id, created_at) values ($1, $2, $3)",
        TokenHash::of(secret.expose()),
        application,
        now
    )?;
    Ok(Some(secret))
}

/// The hash of a secret that was made elsewhere, as the application's deployment knows it. None when it has not the shape of
/// [`ClientSecret`], which nothing guesses: `cfw_app_` and 43 characters of base64url.
#[must_use]
pub fn made_elsewhere(secret: &Secret) -> Option<TokenHash> {
    let text = secret.expose();
    let token = text.strip_prefix(PREFIX).and_then(Token::presented);
    token.map(|_| TokenHash::of(text))
}

/// The hash of a secret as it is stored: 64 digits of hex, the SHA-256 of the whole secret. None when it is none.
#[must_use]
pub fn stored_hash(text: &str) -> Option<TokenHash> {
    TokenHash::stored(text)
}

/// The secrets that are good.
pub(super) async fn good_secrets(
    op: &mut Operation,
    application: &ApplicationId,
) -> Result<Vec<TokenHash>, sqlx::Error> {
    on!(op, c => sqlx::query_scalar(
        "select secret_hash from application_secrets where application_id = $1 and revoked_at is null order by secret_hash")
        .bind(application)
        .fetch_all(c)
        .await)
}

/// Makes a secret good that was made elsewhere. One that was revoked before is good again. False when it is another
/// application's.
pub(super) async fn put_secret(
    op: &mut Operation,
    application: &ApplicationId,
    secret: &TokenHash,
) -> Result<bool, sqlx::Error> {
    let now = op.now.at;
    let put = execute!(
        op,
        "insert into application_secrets (secret_hash, application_id, created_at) values ($1, $2, $3)
         on conflict (secret_hash) do update set revoked_at = null, created_at = $3
         where application_secrets.application_id = $2",
        secret,
        application,
        now
    )?;
    Ok(put > 0)
}

/// Revokes one secret.
pub(super) async fn revoke_secret(
    op: &mut Operation,
    application: &ApplicationId,
    secret: &TokenHash,
) -> Result<(), sqlx::Error> {
    let now = op.now.at;
    execute!(
        op,
        "update application_secrets set revoked_at = $3
         where application_id = $1 and secret_hash = $2 and revoked_at is null",
        application,
        secret,
        now
    )?;
    Ok(())
}

/// Revokes all but the newest secret. Returns how many those were.
///
/// # Errors
/// When the database is unavailable.
pub async fn revoke_old_secrets(
    op: &mut Operation,
    application: &ApplicationId,
) -> Result<u64, sqlx::Error> {
    let newest = newest(op, application).await?;
    revoke_but(op, application, newest.as_ref()).await
}

/// Revokes every secret, or all but one.
pub(super) async fn revoke_but(
    op: &mut Operation,
    application: &ApplicationId,
    spare: Option<&TokenHash>,
) -> Result<u64, sqlx::Error> {
    let now = op.now.at;
    execute!(
        op,
        "update application_secrets set revoked_at = $2
         where application_id = $1 and revoked_at is null and secret_hash <> coalesce($3, '')",
        application,
        now,
        spare
    )
}

async fn newest(
    op: &mut Operation,
    application: &ApplicationId,
) -> Result<Option<TokenHash>, sqlx::Error> {
    on!(op, c => sqlx::query_scalar(
        "select secret_hash from application_secrets where application_id = $1 and revoked_at is null
         order by created_at desc, secret_hash limit 1")
        .bind(application)
        .fetch_optional(c)
        .await)
}
