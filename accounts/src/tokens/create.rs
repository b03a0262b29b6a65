//! Creating a token.

use std::time::Duration;

use serde_json::json;

use super::{Kind, MOST, Scopes, Value, list::count};
use crate::{
    audit::{Actor, Event},
    emails::EmailTemplate,
    execute,
    ids::{TokenId, UserId},
    operation::Operation,
    plans::Plan,
    roles::Role,
    signed_in::SignedIn,
    text::hides_something,
    time::UnixMillis,
    users::{self, User},
};

/// Shortest and longest time that a token with an end may last.
const SHORTEST: Duration = Duration::from_hours(1);
const LONGEST: Duration = Duration::from_hours(366 * 24);

/// A token to be created.
#[derive(Debug, Clone)]
pub struct NewToken<'a> {
    pub kind: Kind,
    /// As typed.
    pub name: &'a str,
    pub scopes: Scopes,
    /// None: until it is revoked.
    pub lasts: Option<Duration>,
}

/// A token that was created. The value is stored nowhere.
#[derive(Debug)]
pub struct Created {
    pub id: TokenId,
    pub value: Value,
    pub name: String,
    pub expires_at: Option<UnixMillis>,
}

/// Why no token was created.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    #[error("{0}")]
    Name(&'static str),
    #[error("a token lasts an hour to a year, or for ever")]
    Lasts,
    #[error("this needs another plan")]
    PlanRequired(Vec<Plan>),
    #[error("a watch-only member has no tokens")]
    WatchOnly,
    #[error("there are {MOST} tokens already")]
    LimitReached,
    /// A remote logout came after the request was authenticated and before this operation.
    #[error("this session has ended already")]
    AlreadyEnded,
    #[error("the database is unavailable")]
    Database(#[from] sqlx::Error),
}

/// Whether this user may create a token of that name, as far as can be known before the lock.
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

/// Creates a token for the user signed in, whose session must still be live under the lock.
///
/// # Errors
/// See [`CreateError`]; nothing has changed then.
pub async fn create(
    op: &mut Operation,
    me: &SignedIn,
    new: NewToken<'_>,
) -> Result<Created, CreateError> {
    let now = op.now;
    let NewToken { kind, scopes, .. } = new;
    let name = clean_name(new.name).map_err(CreateError::Name)?;
    if new
        .lasts
        .is_some_and(|time| !(SHORTEST..=LONGEST).contains(&time))
    {
        return Err(CreateError::Lasts);
    }
    if op.lock_live(&me.user.id, &me.session).await?.is_none() {
        return Err(CreateError::AlreadyEnded);
    }
    // As they are now: role and plan may have changed since the request was authenticated.
    let Some(user) = users::find(op, &me.user.id).await? else {
        return Err(CreateError::AlreadyEnded);
    };
    may_create(&user, kind, &name)?;
    if count(op, &user.id, kind).await? >= MOST {
        return Err(CreateError::LimitReached);
    }
    let created = Created {
        id: TokenId(now.id()),
        value: Value::random(kind),
        name,
        expires_at: new.lasts.map(|time| now.at + time),
    };
    insert(op, &user.id, kind, &created, &scopes).await?;
    let template = EmailTemplate::TokenMade {
        kind: kind.name().to_owned(),
        name: created.name.clone(),
    };
    op.email(&user.email, template);
    let event = Event::of(kind.created(), Actor::User(&user.id))
        .in_account(&user.account_id)
        .about(&user.id)
        .with(json!({
            "name": created.name,
            "scopes": scopes.names(),
            "expires_at": created.expires_at,
        }));
    op.record(event);
    Ok(created)
}

async fn insert(
    op: &mut Operation,
    user: &UserId,
    kind: Kind,
    new: &Created,
    scopes: &Scopes,
) -> Result<(), sqlx::Error> {
    let now = op.now;
    execute!(
        op,
        "insert into tokens (id, user_id, kind, name, token_hash, scopes, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        &new.id,
        user,
        kind,
        &new.name,
        new.value.hash(),
        scopes.to_string(),
        now.at,
        new.expires_at
    )?;
    Ok(())
}

fn clean_name(name: &str) -> Result<String, &'static str> {
    let name = name.trim();
    // Bytes that were no UTF-8 arrive as U+FFFD.
    let unreadable = name.contains(char::REPLACEMENT_CHARACTER) || hides_something(name);
    match name.chars().count() {
        0 => Err("Name the token after what will use it."),
        1..=100 if unreadable => Err("A name has no invisible characters."),
        1..=100 => Ok(name.to_owned()),
        _ => Err("Use 100 characters or fewer."),
    }
}

/// Stores a token for sample users. Its value is thrown away, so no program can use it.
pub(crate) async fn insert_sample(
    op: &mut Operation,
    user: &UserId,
    kind: Kind,
    name: &str,
) -> Result<(), sqlx::Error> {
    let now = op.now;
    let new = Created {
        id: TokenId(now.id()),
        value: Value::random(kind),
        name: name.to_owned(),
        expires_at: None,
    };
    insert(op, user, kind, &new, &Scopes::read_and(None)).await
}
