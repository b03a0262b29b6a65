//! What is done to a member: the functions behind the forms. Each operation is one function of
//! `accounts::members`, in one transaction.

use accounts::{
    applications::{self, LogoutScope, Told},
    ids::{EventId, UserId},
    members,
    operation::Operation,
    sessions::SignedIn,
    text::visible,
};
use leptos::prelude::*;

use super::invite::role_of;
use crate::{
    context::{curfew, leave, note, now, operation, reader, set_cookie, set_header, signed_in},
    cookies::Kind,
    counted::{self, all_counted, waiting},
    error::AppError,
    flash::{Flash, LoggedOut, Note, Receipt},
    forms::{shown, ticked},
    pages::receipt::{answers_may_come, behind_gate},
};

const MEMBERS: &str = "/settings/members";

/// Changes a member’s role: `owner`, `admin`, `editor`, `member` or `watch_only`.
///
/// # Errors
/// `not_found`, `forbidden`, `plan_required`, `last_owner`, `step_up_required`, `session_ended`, `service_unavailable`; nothing has
/// changed then.
#[server(prefix = "/api/fn", endpoint = "change_role")]
pub async fn change_role(member: String, role: String) -> Result<(), AppError> {
    let me = signed_in()?;
    let (member, role) = (UserId(member), role_of(&role)?);
    let mut op = operation().await?;
    members::change_role(&mut op, &me, &member, role).await?;
    let name = name_of(&mut op, &me, &member).await?;
    op.commit().await?;
    note(Note::new(format!(
        "The role of {name} is now {}",
        role.name().to_lowercase()
    )))?;
    // A user who gave up the role that opens this page no longer has it.
    let back = if member == me.user.id && !role.manages() {
        "/"
    } else {
        MEMBERS
    };
    leptos_axum::redirect(back);
    Ok(())
}

/// Disables a member: sessions, remembered devices and tokens end at once. `member_epoch` is the epoch of theirs that the
/// page showed, here and below.
///
/// # Errors
/// As [`change_role`].
#[server(prefix = "/api/fn", endpoint = "disable_member")]
pub async fn disable_member(member: String, member_epoch: Option<String>) -> Result<(), AppError> {
    let (me, member) = (signed_in()?, UserId(member));
    let shown = shown(member_epoch.as_deref());
    let mut op = operation().await?;
    let ended = members::disable(&mut op, &me, &member, shown).await?;
    let name = name_of(&mut op, &me, &member).await?;
    op.commit().await?;
    note(said(format!("{name} is disabled"), ended))?;
    leptos_axum::redirect(MEMBERS);
    Ok(())
}

/// Lets a disabled member sign in again.
///
/// # Errors
/// As [`change_role`].
#[server(prefix = "/api/fn", endpoint = "enable_member")]
pub async fn enable_member(member: String) -> Result<(), AppError> {
    let (me, member) = (signed_in()?, UserId(member));
    let mut op = operation().await?;
    members::enable(&mut op, &me, &member).await?;
    let name = name_of(&mut op, &me, &member).await?;
    op.commit().await?;
    note(
        Note::new(format!("{name} is enabled"))
            .with("They can sign in again. Sessions and tokens that ended stay ended."),
    )?;
    leptos_axum::redirect(MEMBERS);
    Ok(())
}

/// Removes a member for good.
///
/// # Errors
/// As [`change_role`].
#[server(prefix = "/api/fn", endpoint = "remove_member")]
pub async fn remove_member(member: String, member_epoch: Option<String>) -> Result<(), AppError> {
    let (me, member) = (signed_in()?, UserId(member));
    let shown = shown(member_epoch.as_deref());
    let mut op = operation().await?;
    let name = name_of(&mut op, &me, &member).await?;
    let ended = members::remove(&mut op, &me, &member, shown).await?;
    op.commit().await?;
    note(said(format!("{name} is removed"), ended))?;
    leptos_axum::redirect(MEMBERS);
    Ok(())
}

/// Turns the two-factor authentication of a member off, who has lost it: all that they are signed in with ends.
///
/// # Errors
/// As [`change_role`].
#[server(prefix = "/api/fn", endpoint = "reset_two_factor")]
pub async fn reset_two_factor(
    member: String,
    member_epoch: Option<String>,
) -> Result<(), AppError> {
    let (me, member) = (signed_in()?, UserId(member));
    let shown = shown(member_epoch.as_deref());
    let mut op = operation().await?;
    members::reset_two_factor(&mut op, &me, &member, shown).await?;
    op.commit().await?;
    note(
        Note::new("Two-factor authentication is off").with(
            "Their sessions here have ended, and they’re told by email. Their password alone signs them in now.",
        ),
    )?;
    leptos_axum::redirect(MEMBERS);
    Ok(())
}

/// Ends every session and remembered device of a member.
///
/// # Errors
/// As [`change_role`].
#[server(prefix = "/api/fn", endpoint = "remote_logout_member")]
pub async fn remote_logout_member(
    member: String,
    member_epoch: Option<String>,
) -> Result<(), AppError> {
    let (me, member) = (signed_in()?, UserId(member));
    let shown = shown(member_epoch.as_deref());
    let mut op = operation().await?;
    let ended = members::remote_logout_member(&mut op, &me, &member, shown).await?;
    let name = name_of(&mut op, &me, &member).await?;
    // Durable first: the answer promises that everything is dead.
    op.commit().await?;
    let what = counted::ended(ended.sessions, ended.remembered_devices)
        .unwrap_or_else(|| "No session was left to end".into());
    let text = format!(
        "{what}.{} Tokens and two-factor authentication aren’t affected.",
        waiting(ended.invitations)
    );
    let mut said = Note::new(format!("{name} is logged out from all devices")).with(text);
    said.logged_out = Some(LoggedOut {
        event: ended.event.0,
        everyone: false,
    });
    note(said)?;
    leptos_axum::redirect(MEMBERS);
    Ok(())
}

/// Ends every session and remembered device of every member. With `keep_this` ticked this session continues.
/// `for_epoch` is the epoch of the user who asks that the page showed.
///
/// # Errors
/// As [`change_role`].
#[server(prefix = "/api/fn", endpoint = "remote_logout_everyone")]
pub async fn remote_logout_everyone(
    keep_this: Option<String>,
    for_epoch: Option<String>,
) -> Result<(), AppError> {
    let (curfew, me, now) = (curfew()?, signed_in()?, now());
    let keep = ticked(keep_this.as_deref());
    let shown = shown(for_epoch.as_deref());
    let mut op = operation().await?;
    let done = members::remote_logout_everyone(&mut op, &me, keep, shown).await?;
    let ended = done.ended;
    let receipts = op.commit().await?;
    set_cookie(&curfew.cookies.removed(Kind::RememberMe));
    if let Some(session) = &done.session {
        set_cookie(&curfew.cookies.session(&session.token));
        let what = counted::ended(ended.sessions, ended.remembered_devices)
            .unwrap_or_else(|| "No other session was left to end".into());
        let text = format!(
            "{what}.{} You stay signed in here.",
            waiting(ended.invitations)
        );
        let mut said = Note::new("Everyone else has been logged out").with(text);
        said.logged_out = ended.event.map(|event| LoggedOut {
            event: event.0,
            everyone: true,
        });
        note(said)?;
        leptos_axum::redirect(MEMBERS);
        return Ok(());
    }
    let (told, applications) = told_of_everyone(&me, ended.event.as_ref()).await;
    leave(&Flash::Receipt(Receipt {
        sessions: ended.sessions,
        remembered_devices: ended.remembered_devices,
        invitations: ended.invitations,
        applications,
        may_be_open: told.iter().any(|told| told.how.may_be_open()),
        being_told: answers_may_come(&told),
        behind_gate: behind_gate(&told),
        at: now.at.into(),
        event: ended
            .event
            .map_or_else(String::new, |id| receipts.hash(&id).to_owned()),
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

/// What applications are told of a remote logout of everyone, and how many sign-ins there have ended. That is done whether
/// or not they can be looked up.
async fn told_of_everyone(me: &SignedIn, event: Option<&EventId>) -> (Vec<Told>, u64) {
    let (Some(event), Ok(mut conn)) = (event, reader().await) else {
        return (Vec::new(), 0);
    };
    let (account, scope) = (&me.user.account_id, LogoutScope::Everyone);
    let told = applications::told_of_members(&mut conn, account, event, scope).await;
    let count = applications::count_ended_of_everyone(&mut conn, account, event).await;
    (told.unwrap_or_default(), count.unwrap_or_default())
}

/// What the next page says of a member whose sessions and tokens ended.
fn said(title: String, ended: members::Disabled) -> Note {
    let devices = ("remembered device", "remembered devices");
    let counts = [
        (ended.sessions.unsigned_abs(), "session", "sessions"),
        (
            ended.remembered_devices.unsigned_abs(),
            devices.0,
            devices.1,
        ),
        (ended.tokens.unsigned_abs(), "token", "tokens"),
    ];
    let mut note = Note::new(title);
    note.text = all_counted(&counts).map(|there| format!("{there} ended."));
    note.logged_out = ended.event.map(|event| LoggedOut {
        event: event.0,
        everyone: false,
    });
    note
}

/// The member's name, for what the page says of them.
async fn name_of(op: &mut Operation, me: &SignedIn, member: &UserId) -> Result<String, AppError> {
    let found = members::find(op, &me.user.account_id, member).await?;
    Ok(found.map_or_else(String::new, |m| visible(&m.name).into_owned()))
}
