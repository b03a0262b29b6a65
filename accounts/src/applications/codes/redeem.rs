//! Redeeming a code, under the user's lock: a remote logout that overlaps it has either committed, and the code is dead, or
//! not begun, and ends what the code gave. A code that is presented twice ends what it gave (RFC 6749, 4.1.2).

use data_encoding::BASE64URL_NOPAD;
use serde_json::json;
use sha2::{Digest, Sha256};
use sqlx::FromRow;

use crate::{
    applications::{
        Application, Scope, ScopeName, access_tokens,
        grants::{Granted, InvalidGrant, end_stolen},
        may_use, refresh_tokens,
        sessions::{self, NewApplicationSession},
    },
    audit::{Action, Actor, Event},
    execute,
    ids::{ApplicationId, ApplicationSessionId, SessionId, UserId},
    on,
    operation::{LockedUser, Operation},
    secret::{Token, TokenHash},
    sessions::SecondFactor,
    time::UnixMillis,
};

/// A code, and what its application sends with it.
#[derive(Debug, Clone, Copy)]
pub struct Redemption<'a> {
    pub code: &'a Token,
    pub redirect: &'a str,
    /// PKCE.
    pub verifier: Option<&'a str>,
}

#[derive(FromRow)]
struct Code {
    application_id: ApplicationId,
    session_id: SessionId,
    epoch: i64,
    redirect_address: String,
    scope: String,
    nonce: Option<String>,
    challenge: Option<String>,
    expires_at: UnixMillis,
    used_at: Option<UnixMillis>,
    application_session_id: Option<ApplicationSessionId>,
}

#[derive(FromRow)]
struct SignIn {
    authenticated_at: UnixMillis,
    second_factor: Option<SecondFactor>,
}

/// Redeems a code for an application that was authenticated. A refusal commits too: it may have ended what was stolen.
///
/// # Errors
/// When the database is unavailable.
pub async fn redeem(
    op: &mut Operation,
    application: &Application,
    redemption: Redemption<'_>,
) -> Result<Result<Granted, InvalidGrant>, sqlx::Error> {
    let hash = redemption.code.hash();
    let user: Option<UserId> = on!(op, c => sqlx::query_scalar(
        "select user_id from authorization_codes where code_hash = $1")
        .bind(&hash)
        .fetch_optional(c)
        .await)?;
    let Some(user) = user else {
        return Ok(Err(InvalidGrant::Unknown));
    };
    let Some(user) = op.lock_user(&user).await? else {
        return Ok(Err(InvalidGrant::Unknown));
    };
    // Read under the lock.
    let code: Code = on!(op, c => sqlx::query_as(
        "select application_id, session_id, epoch, redirect_address, scope, nonce, challenge, expires_at, used_at,
                application_session_id
         from authorization_codes where code_hash = $1")
        .bind(&hash)
        .fetch_one(c)
        .await)?;
    if code.application_id != application.id {
        return Ok(Err(InvalidGrant::Unknown));
    }
    if code.used_at.is_some() {
        if let Some(given) = &code.application_session_id {
            end_stolen(op, &user, application, given, "code").await?;
        }
        return Ok(Err(InvalidGrant::Reused));
    }
    if let Some(refused) = refusal(op, &user, &code, redemption).await? {
        return Ok(Err(refused));
    }
    grant(op, &user, application, Good { hash, code })
        .await
        .map(Ok)
}

async fn refusal(
    op: &mut Operation,
    user: &LockedUser,
    code: &Code,
    redemption: Redemption<'_>,
) -> Result<Option<InvalidGrant>, sqlx::Error> {
    if code.expires_at <= op.now.at {
        return Ok(Some(InvalidGrant::Unknown));
    }
    if code.redirect_address != redemption.redirect {
        return Ok(Some(InvalidGrant::Redirect));
    }
    let fits = match (&code.challenge, redemption.verifier) {
        (Some(challenge), Some(verifier)) => {
            *challenge == BASE64URL_NOPAD.encode(&Sha256::digest(verifier.as_bytes()))
        }
        (None, None) => true,
        // Also a verifier without a challenge: a code that was injected into another's flow (RFC 9700, 2.1.1).
        (Some(_), None) | (None, Some(_)) => false,
    };
    if !fits {
        return Ok(Some(InvalidGrant::Verifier));
    }
    let live = code.epoch == user.epoch && op.is_live(user, &code.session_id).await?;
    if !live || !may_use(op, &code.application_id, &user.id).await? {
        return Ok(Some(InvalidGrant::Ended));
    }
    Ok(None)
}

/// A code that is good, and its hash.
struct Good {
    hash: TokenHash,
    code: Code,
}

async fn grant(
    op: &mut Operation,
    user: &LockedUser,
    application: &Application,
    good: Good,
) -> Result<Granted, sqlx::Error> {
    let Good { hash, code } = good;
    let now = op.now.at;
    let sign_in: SignIn = on!(op, c => sqlx::query_as(
        "select coalesce(s.confirmed_at, d.created_at, s.started_at) as authenticated_at, s.second_factor
         from sessions s left join remembered_devices d on d.id = s.remembered_device_id where s.id = $1")
        .bind(&code.session_id)
        .fetch_one(c)
        .await)?;
    let scope = Scope::parse(&code.scope);
    let new = NewApplicationSession {
        user,
        session: &code.session_id,
        application: &application.id,
        scope: &scope,
        is_offline: scope.has(ScopeName::OfflineAccess),
        authenticated_at: sign_in.authenticated_at,
        second_factor: sign_in.second_factor,
    };
    let id = sessions::start(op, new).await?;
    execute!(
        op,
        "update authorization_codes set used_at = $2, application_session_id = $3 where code_hash = $1",
        &hash,
        now,
        &id
    )?;
    let refresh_token = refresh_tokens::first(op, &id).await?;
    let given_with = refresh_token.hash();
    let access_token = access_tokens::create(op, &id, &scope, Some(&given_with)).await?;
    op.record(
        Event::of(Action::ApplicationSignedIn, Actor::User(&user.id))
            .in_account(&user.account_id)
            .about(&user.id)
            .with(json!({
                "application": application.id.as_str(), "name": application.name,
                "application_session": id.as_str(), "session": code.session_id.as_str(),
                "scope": scope.to_string(),
            })),
    );
    Ok(Granted {
        user: user.id.clone(),
        session: id,
        scope,
        access_token,
        refresh_token,
        nonce: code.nonce,
        authenticated_at: sign_in.authenticated_at,
        second_factor: sign_in.second_factor,
    })
}
