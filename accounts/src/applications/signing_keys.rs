//! The keys that ID tokens and logout tokens are signed with: one for each algorithm, sealed under the instance's key.
//!
//! A new one is published as long as applications may keep the list ([`KEPT_FOR`]) before it signs, and an old one stays
//! published until nothing that it has signed is good. All of it is a matter of the times in its row, so that no job has to
//! run for it.

mod make;
mod verify;

use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::Value;
use sqlx::FromRow;
use zeroize::Zeroizing;

use super::SigningAlgorithm;
use crate::{
    client::Client,
    db::Conn,
    execute,
    instance::{Instance, Reader},
    keys::{CannotOpen, Purpose, Sealed},
    on,
    operation::Operation,
    time::{Moment, UnixMillis},
};

use make::{MadeKey, make};
pub use verify::verify;

/// How long an application may keep the published keys before it looks again; their answer says so.
pub const KEPT_FOR: Duration = Duration::from_hours(1);

/// A new key is published so long before it signs: twice as long as it may be kept, for those who began to fetch before.
const AHEAD: Duration = Duration::from_hours(2);

/// So long after it signed for the last time an old key stays published. ID tokens are good for minutes.
const STAYS: Duration = Duration::from_hours(24);

/// A key signs so long before another takes its place.
const ROTATES_AFTER: Duration = Duration::from_hours(24 * 90);

const ALGORITHMS: [SigningAlgorithm; 2] = [SigningAlgorithm::Es256, SigningAlgorithm::Rs256];

/// Why nothing was signed.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    #[error(transparent)]
    Sealed(#[from] CannotOpen),
    /// None was made yet: [`ready`] makes it.
    #[error("there is no signing key")]
    NoKey,
    #[error("the token could not be signed: {0}")]
    Token(#[from] jsonwebtoken::errors::Error),
    #[error("a key could not be made")]
    Make,
    #[error("the database is unavailable")]
    Database(#[from] sqlx::Error),
}

impl SigningAlgorithm {
    fn of_token(self) -> Algorithm {
        match self {
            Self::Es256 => Algorithm::ES256,
            Self::Rs256 => Algorithm::RS256,
        }
    }

    /// The private key as the library takes it.
    fn encoding_key(self, der: &[u8]) -> EncodingKey {
        match self {
            Self::Es256 => EncodingKey::from_ec_der(der),
            Self::Rs256 => EncodingKey::from_rsa_der(der),
        }
    }
}

/// What is signed: the token's media type, as its header has it (`logout+jwt`), and its claims.
#[derive(Debug, Clone)]
pub struct Unsigned {
    pub kind: &'static str,
    pub claims: Value,
}

/// Makes sure that there is a key of each algorithm. Makes both at once, so that an application that has fetched the list of keys has the
/// one that the first token by RS256 is signed with.
///
/// # Errors
/// See [`SigningError`].
pub async fn ready(instance: &Instance, now: Moment) -> Result<(), SigningError> {
    let mut conn = instance.read(now).await?;
    let missing = missing(&mut conn).await?;
    drop(conn);
    if missing.is_empty() {
        return Ok(());
    }
    // Before the lock, because an RSA key takes its time.
    let mut made = Vec::new();
    for algorithm in missing {
        made.push(make(algorithm).await?);
    }
    let mut op = Operation::begin(instance, &Client::default(), now).await?;
    lock(&mut op).await?;
    let missing = self::missing(&mut op).await?;
    for key in made.iter().filter(|key| missing.contains(&key.algorithm)) {
        insert(&mut op, key, now.at).await?;
    }
    op.commit().await?;
    Ok(())
}

/// Publishes a new key of each algorithm, which signs when applications have it. Returns from when on.
///
/// # Errors
/// See [`SigningError`].
pub async fn rotate(instance: &Instance, now: Moment) -> Result<UnixMillis, SigningError> {
    ready(instance, now).await?;
    let mut made = Vec::new();
    for algorithm in ALGORITHMS {
        made.push(make(algorithm).await?);
    }
    let mut op = Operation::begin(instance, &Client::default(), now).await?;
    lock(&mut op).await?;
    let from = now.at + AHEAD;
    for key in &made {
        succeed(&mut op, key, from).await?;
    }
    op.commit().await?;
    Ok(from)
}

/// Rotates the keys that have signed for [`ROTATES_AFTER`]. Returns how many. Safe to run on several nodes at once.
///
/// # Errors
/// See [`SigningError`].
pub async fn rotate_due(instance: &Instance, now: Moment) -> Result<u64, SigningError> {
    let mut rotated = 0;
    for algorithm in ALGORITHMS {
        let mut conn = instance.read(now).await?;
        let due = is_due(&mut conn, algorithm, now).await?;
        drop(conn);
        if !due {
            continue;
        }
        let key = make(algorithm).await?;
        let mut op = Operation::begin(instance, &Client::default(), now).await?;
        lock(&mut op).await?;
        if is_due(&mut op, algorithm, now).await? {
            succeed(&mut op, &key, now.at + AHEAD).await?;
            rotated += 1;
        }
        op.commit().await?;
    }
    Ok(rotated)
}

/// The public keys as JSON Web Keys (RFC 7517): of every key that signs, will sign, or has signed what may still be good.
///
/// # Errors
/// When the database is unavailable.
pub async fn published(conn: &mut Reader) -> Result<Vec<Value>, sqlx::Error> {
    let since = conn.now.at - STAYS;
    let keys: Vec<String> = on!(conn, c => sqlx::query_scalar(
        "select public_key from signing_keys where signs_until is null or signs_until > $1 order by signs_from desc, id")
        .bind(since)
        .fetch_all(c)
        .await)?;
    Ok(keys
        .iter()
        .filter_map(|key| serde_json::from_str(key).ok())
        .collect())
}

#[derive(FromRow)]
struct Row {
    id: String,
    key_id: String,
    sealed: String,
}

/// Signs a token with the key that signs now. The first key of an install may begin at a moment that this node's clock has
/// not reached, because another node has made it: there is no other, so it signs.
///
/// # Errors
/// See [`SigningError`].
pub async fn sign(
    conn: &mut Reader,
    algorithm: SigningAlgorithm,
    token: &Unsigned,
) -> Result<String, SigningError> {
    let now = conn.now.at;
    let row: Option<Row> = on!(conn, c => sqlx::query_as(
        "select id, key_id, sealed from signing_keys
         where algorithm = $1 and (signs_until is null or signs_until > $2)
         order by case when signs_from <= $2 then 0 else 1 end,
                  case when signs_from <= $2 then -signs_from else signs_from end, id limit 1")
        .bind(algorithm)
        .bind(now)
        .fetch_optional(c)
        .await)?;
    let row = row.ok_or(SigningError::NoKey)?;
    let sealed = Sealed {
        key_id: row.key_id,
        text: row.sealed,
    };
    let der = conn.keys().open(Purpose::SigningKey, &row.id, &sealed)?;
    let mut header = Header::new(algorithm.of_token());
    header.kid = Some(row.id);
    header.typ = Some(token.kind.to_owned());
    let key = algorithm.encoding_key(&der);
    Ok(jsonwebtoken::encode(&header, &token.claims, &key)?)
}

/// The algorithms without a key that signs or will sign.
async fn missing(conn: &mut Conn) -> Result<Vec<SigningAlgorithm>, sqlx::Error> {
    let there: Vec<SigningAlgorithm> = on!(conn, c => sqlx::query_scalar(
        "select distinct algorithm from signing_keys where signs_until is null").fetch_all(c).await)?;
    Ok(ALGORITHMS
        .into_iter()
        .filter(|algorithm| !there.contains(algorithm))
        .collect())
}

async fn is_due(
    conn: &mut Conn,
    algorithm: SigningAlgorithm,
    now: Moment,
) -> Result<bool, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar::<_, i64>(
        "select count(*) from signing_keys where algorithm = $1 and signs_until is null and signs_from <= $2")
        .bind(algorithm)
        .bind(now.at - ROTATES_AFTER)
        .fetch_one(c)
        .await)
    .map(|n| n > 0)
}

/// One node makes keys at a time. SQLite has one writer anyway.
async fn lock(op: &mut Operation) -> Result<(), sqlx::Error> {
    if let Conn::Postgres(held) = &mut op.reader.conn {
        sqlx::query("lock table signing_keys in share row exclusive mode")
            .execute(&mut **held)
            .await?;
    }
    Ok(())
}

/// Puts a key in place of the one that signs now, from a moment on. One that was to sign then never does.
async fn succeed(op: &mut Operation, key: &MadeKey, from: UnixMillis) -> Result<(), sqlx::Error> {
    execute!(
        op,
        "update signing_keys set signs_until = case when signs_from > $2 then signs_from else $2 end
         where algorithm = $1 and signs_until is null",
        key.algorithm,
        from
    )?;
    insert(op, key, from).await
}

async fn insert(op: &mut Operation, key: &MadeKey, from: UnixMillis) -> Result<(), sqlx::Error> {
    let now = op.now.at;
    let private: &Zeroizing<Vec<u8>> = &key.private;
    let sealed = op.keys().seal(Purpose::SigningKey, &key.id, private);
    execute!(
        op,
        "insert into signing_keys (id, algorithm, public_key, key_id, sealed, created_at, signs_from)
         values ($1, $2, $3, $4, $5, $6, $7)",
        &key.id,
        key.algorithm,
        &key.public,
        &sealed.key_id,
        &sealed.text,
        now,
        from
    )?;
    Ok(())
}
