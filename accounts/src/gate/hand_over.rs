//! How a sign-in reaches another host. The browser begins there, with a value in a cookie of that host; it is sent to
//! Curfew with the value's hash, and comes back with a code that only that browser redeems, once and within a minute.

use std::time::Duration;

use serde_json::json;
use sqlx::FromRow;

use crate::{
    applications::{
        Scope, has_shown_second_factor,
        sessions::{self, NewApplicationSession},
    },
    denials::{self, Denied},
    execute,
    ids::{AccountId, ApplicationId, SessionId, UserId},
    live::may_use_application,
    on,
    operation::{LiveSession, Operation},
    secret::Token,
    signed_in::SignedIn,
};

/// How long a code is good: it is redeemed by a redirect.
const LASTS: Duration = Duration::from_mins(1);

/// What a signed-in browser asks for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The application's host, as registered.
    pub host: &'a str,
    /// Path and query there that it goes on to.
    pub address: &'a str,
    /// The hash of the value that the browser holds on that host.
    pub begun_by: &'a str,
}

/// A code for the application's host.
#[derive(Debug, Clone)]
pub struct HandOver {
    pub code: Token,
    /// `https://wiki.example.com`: as registered.
    pub origin: String,
    pub application: String,
}

/// Why no code was given.
#[derive(Debug, thiserror::Error)]
pub enum HandOverError {
    #[error("no application is registered at that host")]
    UnknownHost,
    /// The session that asked has ended.
    #[error("this session has ended already")]
    AlreadyEnded,
    /// The application of that name is not for this user. The refusal is recorded once the operation is committed.
    #[error("this application is not for this user")]
    NotAllowed(String),
    /// The application of that name requires a second factor, and this session was started without.
    #[error("this application needs two-factor authentication")]
    SecondFactorRequired(String),
    /// The user's account requires a second factor, and they have none.
    #[error("the account requires a second factor")]
    AccountRequiresSecondFactor,
    #[error("the database is unavailable")]
    Database(#[from] sqlx::Error),
}

#[derive(FromRow)]
struct Application {
    id: ApplicationId,
    account_id: AccountId,
    name: String,
    address: String,
    /// Whether the user may use it, as soon as the session has shown the second factor that it requires.
    allowed: bool,
}

/// Gives the browser of a signed-in user a code for the application at a host.
///
/// # Errors
/// See [`HandOverError`]. Commit the operation where it is [`HandOverError::NotAllowed`]: the refusal is an event.
pub async fn hand_over(
    op: &mut Operation,
    who: &SignedIn,
    wanted: Wanted<'_>,
) -> Result<HandOver, HandOverError> {
    let live = op.lock_live(&who.user.id, &who.session).await?;
    let live = live.ok_or(HandOverError::AlreadyEnded)?;
    let found = find(op, &live, wanted.host).await?;
    let application = found.ok_or(HandOverError::UnknownHost)?;
    if live.user.available().owes_second_factor {
        return Err(HandOverError::AccountRequiresSecondFactor);
    }
    if !application.allowed {
        let denied = Denied {
            user: &live.user.id,
            account: &application.account_id,
            details: json!({
                "what": "use_application", "application": application.name, "why": "forbidden",
            }),
        };
        denials::record(op, denied).await?;
        return Err(HandOverError::NotAllowed(application.name));
    }
    if !has_shown_second_factor(op, &application.id, &live.id).await? {
        return Err(HandOverError::SecondFactorRequired(application.name));
    }
    let code = Token::random();
    let (now, expires_at) = (op.now.at, op.now.at + LASTS);
    execute!(
        op,
        "insert into gate_hand_overs (code_hash, application_id, user_id, session_id, epoch, address, begun_by,
                                      created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        code.hash(),
        &application.id,
        &live.user.id,
        &live.id,
        live.user.epoch,
        wanted.address,
        wanted.begun_by,
        now,
        expires_at
    )?;
    Ok(HandOver {
        code,
        origin: application.address,
        application: application.name,
    })
}

async fn find(
    op: &mut Operation,
    live: &LiveSession,
    host: &str,
) -> Result<Option<Application>, sqlx::Error> {
    on!(op, c => sqlx::query_as(concat!(
        "select a.id, a.account_id, a.name, coalesce(a.address, '') as address, ",
                may_use_application!(), " as allowed
         from application_hosts h join applications a on a.id = h.application_id join users u on u.id = $2
         where h.host = $1 and h.kind = 'gate' and a.removed_at is null"))
        .bind(host)
        .bind(&live.user.id)
        .fetch_optional(c)
        .await)
}

/// What redeeming a code gave.
#[derive(Debug, Clone)]
pub struct HandedOver {
    /// For the gate's cookie on the application's host.
    pub cookie: Token,
    /// Path and query that the browser goes on to.
    pub address: String,
}

#[derive(FromRow)]
struct Code {
    user_id: UserId,
    session_id: SessionId,
}

/// Redeems a code on the host it was made for, in the browser that began there. None when it is not good: unknown, used,
/// expired, of another host or browser, or of a session that has ended meanwhile.
///
/// # Errors
/// When the database is unavailable.
pub async fn redeem(
    op: &mut Operation,
    code: &Token,
    host: &str,
    begun: &Token,
) -> Result<Option<HandedOver>, sqlx::Error> {
    let found: Option<Code> = on!(&mut *op, c => sqlx::query_as(
        "select user_id, session_id from gate_hand_overs where code_hash = $1")
        .bind(code.hash())
        .fetch_optional(c)
        .await)?;
    let Some(found) = found else {
        return Ok(None);
    };
    // Under the user's lock: a remote logout that overlaps has either not begun, and ends what this starts, or is done.
    let Some(live) = op.lock_live(&found.user_id, &found.session_id).await? else {
        return Ok(None);
    };
    let Some(used) = consume(op, &live, code, host, begun).await? else {
        return Ok(None);
    };
    let nothing = Scope::parse("");
    let second_factor = crate::sessions::second_factor(op, &live.id).await?;
    let new = NewApplicationSession {
        user: &live.user,
        session: &live.id,
        application: &used.application_id,
        // A gate's application is told all there is; nothing is granted.
        scope: &nothing,
        is_offline: false,
        authenticated_at: op.now.at,
        second_factor,
    };
    let sid = sessions::start(op, new).await?;
    let (cookie, now) = (Token::random(), op.now.at);
    execute!(
        op,
        "insert into gate_cookies (token_hash, application_session_id, created_at) values ($1, $2, $3)",
        cookie.hash(),
        &sid,
        now
    )?;
    Ok(Some(HandedOver {
        cookie,
        address: used.address,
    }))
}

#[derive(FromRow)]
struct Used {
    application_id: ApplicationId,
    address: String,
}

/// Consumes a code: one of two that present it at once is told that it is used.
async fn consume(
    op: &mut Operation,
    live: &LiveSession,
    code: &Token,
    host: &str,
    begun: &Token,
) -> Result<Option<Used>, sqlx::Error> {
    let now = op.now.at;
    on!(op, c => sqlx::query_as(concat!(
        "update gate_hand_overs set used_at = $1
         where code_hash = $2 and used_at is null and expires_at > $1 and epoch = $3 and begun_by = $4
           and application_id = (select a.id from application_hosts h join applications a on a.id = h.application_id
                                 join users u on u.id = $6 join sessions s on s.id = $7
                                 where h.host = $5 and h.kind = 'gate' and ", admits!(), ")
         returning application_id, address"))
        .bind(now)
        .bind(code.hash())
        .bind(live.user.epoch)
        .bind(begun.hash())
        .bind(host)
        .bind(&live.user.id)
        .bind(&live.id)
        .fetch_optional(c)
        .await)
}
