//! What is done to a member: the functions behind the forms. Each operation is one function of
//! `accounts::members`, in one transaction.

use accounts::{
    members::{self, MemberError},
    users::UserId,
};
use leptos::prelude::*;

use super::invite::role_of;
use crate::{
    context::{curfew, leave, note, now, set_cookie, set_header, signed_in, visit},
    cookies::Kind,
    error::AppError,
    flash::{Flash, Note, Receipt, counted},
    pages::settings::refused,
};

const MEMBERS: &str = "/settings/members";

/// Gives a member another role: `owner`, `admin`, `editor`, `member` or `watch_only`.
///
/// # Errors
/// `not_found`, `forbidden`, `plan_required`, `last_owner`, `session_ended`, `service_unavailable`; nothing has
/// changed then.
#[server(prefix = "/api/fn", endpoint = "change_role")]
pub async fn change_role(member: String, role: String) -> Result<(), AppError> {
    let (curfew, me, visit, now) = (curfew()?, signed_in()?, visit()?, now());
    let (member, role) = (UserId(member), role_of(&role)?);
    let mut tx = curfew
        .db
        .write()
        .await
        .map_err(|e| AppError::database(&e))?;
    let (client, limits) = (&visit.client, &curfew.limits);
    done(members::change_role(&mut tx, &me, &member, role, client, limits, now).await).await?;
    tx.commit().await.map_err(|e| AppError::database(&e))?;
    note(Note::new(format!(
        "The role is {} now",
        role.name().to_lowercase()
    )))?;
    // Whoever has taken the page from themselves finds it closed.
    let back = if member == me.user.id && !role.manages() {
        "/"
    } else {
        MEMBERS
    };
    leptos_axum::redirect(back);
    Ok(())
}

/// Disables a member: sessions, remembered devices and tokens end at once.
///
/// # Errors
/// As [`change_role`].
#[server(prefix = "/api/fn", endpoint = "disable_member")]
pub async fn disable_member(member: String) -> Result<(), AppError> {
    let (curfew, me, visit, now) = (curfew()?, signed_in()?, visit()?, now());
    let mut tx = curfew
        .db
        .write()
        .await
        .map_err(|e| AppError::database(&e))?;
    let (member, client, limits) = (UserId(member), &visit.client, &curfew.limits);
    let ended = done(members::disable(&mut tx, &me, &member, client, limits, now).await).await?;
    tx.commit().await.map_err(|e| AppError::database(&e))?;
    note(Note::new("Disabled").with(ended_words(ended)))?;
    leptos_axum::redirect(MEMBERS);
    Ok(())
}

/// Lets a disabled member sign in again.
///
/// # Errors
/// As [`change_role`].
#[server(prefix = "/api/fn", endpoint = "enable_member")]
pub async fn enable_member(member: String) -> Result<(), AppError> {
    let (curfew, me, visit, now) = (curfew()?, signed_in()?, visit()?, now());
    let mut tx = curfew
        .db
        .write()
        .await
        .map_err(|e| AppError::database(&e))?;
    let (member, client, limits) = (UserId(member), &visit.client, &curfew.limits);
    done(members::enable(&mut tx, &me, &member, client, limits, now).await).await?;
    tx.commit().await.map_err(|e| AppError::database(&e))?;
    note(Note::new("Enabled").with("They can sign in again. What ended stays ended."))?;
    leptos_axum::redirect(MEMBERS);
    Ok(())
}

/// Removes a member for good.
///
/// # Errors
/// As [`change_role`].
#[server(prefix = "/api/fn", endpoint = "remove_member")]
pub async fn remove_member(member: String) -> Result<(), AppError> {
    let (curfew, me, visit, now) = (curfew()?, signed_in()?, visit()?, now());
    let mut tx = curfew
        .db
        .write()
        .await
        .map_err(|e| AppError::database(&e))?;
    let (member, client, limits) = (UserId(member), &visit.client, &curfew.limits);
    let ended = done(members::remove(&mut tx, &me, &member, client, limits, now).await).await?;
    tx.commit().await.map_err(|e| AppError::database(&e))?;
    note(Note::new("Removed").with(ended_words(ended)))?;
    leptos_axum::redirect(MEMBERS);
    Ok(())
}

/// Ends every session and remembered device of a member.
///
/// # Errors
/// As [`change_role`].
#[server(prefix = "/api/fn", endpoint = "remote_logout_member")]
pub async fn remote_logout_member(member: String) -> Result<(), AppError> {
    let (curfew, me, visit, now) = (curfew()?, signed_in()?, visit()?, now());
    let mut tx = curfew
        .db
        .write()
        .await
        .map_err(|e| AppError::database(&e))?;
    let (member, client, limits) = (UserId(member), &visit.client, &curfew.limits);
    let ended =
        done(members::remote_logout_member(&mut tx, &me, &member, client, limits, now).await)
            .await?;
    // Durable first: the answer promises that everything is dead.
    tx.commit().await.map_err(|e| AppError::database(&e))?;
    let sessions = counted(ended.sessions, "session", "sessions");
    let devices = counted(
        ended.remembered_devices,
        "remembered device",
        "remembered devices",
    );
    let text = format!(
        "{sessions} and {devices} ended. Tokens and two-factor authentication are as they were."
    );
    note(Note::new("Logged out from all devices").with(text))?;
    leptos_axum::redirect(MEMBERS);
    Ok(())
}

/// Ends every session and remembered device of every member. With `keep_this` ticked this session goes on.
///
/// # Errors
/// As [`change_role`].
#[server(prefix = "/api/fn", endpoint = "remote_logout_everyone")]
pub async fn remote_logout_everyone(keep_this: Option<String>) -> Result<(), AppError> {
    let (curfew, me, visit, now) = (curfew()?, signed_in()?, visit()?, now());
    let keep = crate::sign_in::ticked(keep_this.as_deref());
    let mut tx = curfew
        .db
        .write()
        .await
        .map_err(|e| AppError::database(&e))?;
    let (client, limits) = (&visit.client, &curfew.limits);
    let ended =
        done(members::remote_logout_everyone(&mut tx, &me, keep, client, limits, now).await)
            .await?;
    tx.commit().await.map_err(|e| AppError::database(&e))?;
    set_cookie(&curfew.cookies.removed(Kind::RememberMe));
    if keep {
        let users = counted(ended.users, "person was", "people were");
        let sessions = counted(ended.sessions, "session", "sessions");
        let devices = counted(
            ended.remembered_devices,
            "remembered device",
            "remembered devices",
        );
        let text =
            format!("{users} logged out: {sessions} and {devices} ended. You stay signed in here.");
        note(Note::new("Everyone is logged out").with(text))?;
        leptos_axum::redirect(MEMBERS);
        return Ok(());
    }
    leave(&Flash::Receipt(Receipt {
        sessions: ended.sessions,
        remembered_devices: ended.remembered_devices,
        at: now.at.into(),
        event: ended.hash,
        api_tokens: None,
        mcp_tokens: None,
    }))?;
    set_cookie(&curfew.cookies.removed(Kind::Session));
    set_header(
        http::HeaderName::from_static("clear-site-data"),
        http::HeaderValue::from_static("\"cache\", \"storage\""),
    );
    leptos_axum::redirect("/sign-in?next=/settings/members");
    Ok(())
}

async fn done<T>(operation: Result<T, MemberError>) -> Result<T, AppError> {
    match operation {
        Ok(done) => Ok(done),
        Err(error) => Err(refused(error).await),
    }
}

fn ended_words(ended: members::Disabled) -> String {
    let sessions = counted(ended.sessions.unsigned_abs(), "session", "sessions");
    let devices = counted(
        ended.remembered_devices.unsigned_abs(),
        "remembered device",
        "remembered devices",
    );
    let tokens = counted(ended.tokens.unsigned_abs(), "token", "tokens");
    format!("{sessions}, {devices} and {tokens} ended.")
}
