//! Making a token.

use std::time::Duration;

use serde_json::json;

use super::{Kind, MOST, Scopes, TokenId, Value, list::count};
use crate::{
    audit::{self, Actor, Client, Event},
    db::Tx,
    emails::{self, Email, EmailTemplate},
    limits::Limits,
    on,
    plans::Plan,
    sessions::{self, SignedIn},
    time::{Moment, UnixMillis},
    users::{self, Role, User, UserId},
};

/// Shortest and longest time a token that runs out may last.
const SHORTEST: Duration = Duration::from_hours(1);
const LONGEST: Duration = Duration::from_hours(366 * 24);

/// A token to be made.
#[derive(Debug, Clone)]
pub struct NewToken<'a> {
    pub kind: Kind,
    /// As typed.
    pub name: &'a str,
    pub scopes: Scopes,
    /// None: until it is revoked.
    pub lasts: Option<Duration>,
}

/// A token that was made. The value is not kept anywhere.
#[derive(Debug)]
pub struct Created {
    pub id: TokenId,
    pub value: Value,
    pub name: String,
    pub expires_at: Option<UnixMillis>,
}

/// Why no token was made.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    #[error("{0}")]
    Name(&'static str),
    #[error("a token lasts an hour to a year, or for ever")]
    Lasts,
    #[error("this needs another plan")]
    PlanRequired(Vec<Plan>),
    #[error("who may only watch has no tokens")]
    WatchOnly,
    #[error("there are {MOST} tokens already")]
    RateLimited,
    /// A remote logout came between the look at the door and this operation.
    #[error("this session has ended already")]
    AlreadyEnded,
    #[error("the database is unavailable")]
    Database(#[from] sqlx::Error),
}

/// Whether this user may make a token of that name, as far as can be known before the lock.
///
/// # Errors
/// [`CreateError::Name`], [`CreateError::PlanRequired`] or [`CreateError::WatchOnly`].
pub fn may_create(user: &User, kind: Kind, name: &str) -> Result<(), CreateError> {
    clean_name(name).map_err(CreateError::Name)?;
    if !user.plan.has(kind.feature()) {
        return Err(CreateError::PlanRequired(Plan::with(kind.feature())));
    }
    if user.role == Role::WatchOnly {
        return Err(CreateError::WatchOnly);
    }
    Ok(())
}

/// Makes a token for the user signed in, who must still be when the lock is held.
///
/// # Errors
/// See [`CreateError`]; nothing has changed then.
pub async fn create(
    tx: &mut Tx,
    me: &SignedIn,
    new: NewToken<'_>,
    client: &Client,
    limits: &Limits,
    now: Moment,
) -> Result<Created, CreateError> {
    let NewToken { kind, scopes, .. } = new;
    let name = clean_name(new.name).map_err(CreateError::Name)?;
    if new
        .lasts
        .is_some_and(|time| !(SHORTEST..=LONGEST).contains(&time))
    {
        return Err(CreateError::Lasts);
    }
    if sessions::lock_live(tx, me, limits, now).await?.is_none() {
        return Err(CreateError::AlreadyEnded);
    }
    // As it is now: role and plan may have changed since the door.
    let Some(user) = users::find(tx, &me.user.id).await? else {
        return Err(CreateError::AlreadyEnded);
    };
    may_create(&user, kind, &name)?;
    if count(tx, &user.id, kind, now).await? >= MOST {
        return Err(CreateError::RateLimited);
    }
    let created = Created {
        id: TokenId(now.id()),
        value: Value::random(kind),
        name,
        expires_at: new.lasts.map(|time| now.at + time),
    };
    insert(tx, &user.id, kind, &created, &scopes, now).await?;
    let template = EmailTemplate::TokenMade {
        kind: kind.name().to_owned(),
        name: created.name.clone(),
    };
    emails::enqueue(tx, &user.email, &Email::new(template, client), now).await?;
    let event = Event::of(kind.created(), Actor::User(&user.id), client)
        .in_account(&user.account_id)
        .about(&user.id)
        .with(json!({
            "name": created.name,
            "scopes": scopes.names(),
            "expires_at": created.expires_at,
        }));
    audit::record(tx, event, now).await?;
    Ok(created)
}

async fn insert(
    tx: &mut Tx,
    user: &UserId,
    kind: Kind,
    new: &Created,
    scopes: &Scopes,
    now: Moment,
) -> Result<(), sqlx::Error> {
    on!(tx, c => sqlx::query(
        "insert into tokens (id, user_id, kind, name, token_hash, scopes, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)")
        .bind(&new.id)
        .bind(user)
        .bind(kind)
        .bind(&new.name)
        .bind(new.value.hash())
        .bind(scopes.to_string())
        .bind(now.at)
        .bind(new.expires_at)
        .execute(c)
        .await
        .map(|_| ()))
}

fn clean_name(name: &str) -> Result<String, &'static str> {
    let name = name.trim();
    // What was no UTF-8 arrives as U+FFFD.
    let unreadable = |c: char| c.is_control() || c == char::REPLACEMENT_CHARACTER;
    match name.chars().count() {
        0 => Err("Name the token after what will use it."),
        1..=100 if name.chars().any(unreadable) => Err("A name has no control characters."),
        1..=100 => Ok(name.to_owned()),
        _ => Err("Use 100 characters or fewer."),
    }
}

/// Stores a token for sample users. Its value is thrown away, so nobody can use it.
pub(crate) async fn insert_sample(
    tx: &mut Tx,
    user: &UserId,
    kind: Kind,
    name: &str,
    now: Moment,
) -> Result<(), sqlx::Error> {
    let new = Created {
        id: TokenId(now.id()),
        value: Value::random(kind),
        name: name.to_owned(),
        expires_at: None,
    };
    insert(tx, user, kind, &new, &Scopes::read_and(None), now).await
}
