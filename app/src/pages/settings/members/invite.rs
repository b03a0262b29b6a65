//! Inviting somebody, and taking an invitation back.

use accounts::{
    invitations::{self, InviteError},
    users::{Role, User},
};
use leptos::prelude::*;

use super::{about_roles, roles_for};
use crate::{
    context::{Curfew, curfew, leave, note, now, signed_in, visit},
    error::{AppError, Code},
    flash::{Flash, Note},
    pages::settings::refused,
    parts::{button::Submit, field::Field, form::Sent, plain::choice},
};

/// Makes an invitation and answers with its link, which is shown this once. `email` may be left out.
///
/// # Errors
/// `validation_failed`, `malformed`, `forbidden`, `plan_required`, `session_ended`, `service_unavailable`; nothing has changed then.
#[server(prefix = "/api/fn", endpoint = "invite_member")]
pub async fn invite_member(role: String, email: Option<String>) -> Result<String, AppError> {
    let (curfew, me, visit, now) = (curfew()?, signed_in()?, visit()?, now());
    let role = role_of(&role)?;
    let email = email.unwrap_or_default();
    let mut tx = curfew
        .db
        .write()
        .await
        .map_err(|e| AppError::database(&e))?;
    let (client, limits) = (&visit.client, &curfew.limits);
    let made = match invitations::invite(
        &mut tx,
        &curfew.keys,
        &me,
        role,
        &email,
        client,
        limits,
        now,
    )
    .await
    {
        Ok(made) => made,
        Err(InviteError::Refused(error)) => return Err(refused(error).await),
        Err(other) => return Err(other.into()),
    };
    tx.commit().await.map_err(|e| AppError::database(&e))?;
    let link = link_of(&curfew, made.token.expose());
    let role = role.name().to_lowercase();
    let mut said = Note::new("The invitation is ready").with(match email.trim() {
        "" => format!("Give this link to one person. It is good for seven days, once, as {role}."),
        email => format!(
            "It is on its way to {email}. You can also hand this link over: it is good for seven days, once, as {role}."
        ),
    });
    said.secret = Some(link.clone());
    leave(&Flash::Note(said))?;
    leptos_axum::redirect("/settings/members");
    Ok(link)
}

fn link_of(curfew: &Curfew, secret: &str) -> String {
    format!("{}/join?invite={secret}", curfew.public_url)
}

pub(super) fn role_of(key: &str) -> Result<Role, AppError> {
    Role::of_key(key).ok_or_else(|| {
        let why = "There is no such role. Use owner, admin, editor, member or watch_only.";
        AppError::new(Code::Malformed, why)
    })
}

/// Takes an invitation back: its link is dead at once.
///
/// # Errors
/// `not_found`, `forbidden`, `session_ended`, `service_unavailable`; nothing has changed then.
#[server(prefix = "/api/fn", endpoint = "revoke_invitation")]
pub async fn revoke_invitation(invitation: String) -> Result<(), AppError> {
    let (curfew, me, visit, now) = (curfew()?, signed_in()?, visit()?, now());
    let mut tx = curfew
        .db
        .write()
        .await
        .map_err(|e| AppError::database(&e))?;
    let (client, limits) = (&visit.client, &curfew.limits);
    if let Err(error) = invitations::revoke(&mut tx, &me, &invitation, client, limits, now).await {
        return Err(refused(error).await);
    }
    tx.commit().await.map_err(|e| AppError::database(&e))?;
    note(Note::new("The invitation is revoked").with("Its link opens nothing any more."))?;
    leptos_axum::redirect("/settings/members");
    Ok(())
}

pub(super) fn form(me: &User) -> impl IntoView + use<> {
    let sent = Sent::of(&["invite_member"]);
    let wrong = sent.field("email");
    let role = sent.typed("role", Role::Member.key());
    view! {
        <section class="card" aria-labelledby="invite-title">
            <form method="post" action="/api/fn/invite_member" novalidate>
                <div class="card__body">
                    <div class="card__header">
                        <h2 class="card__title" id="invite-title">"Invite somebody"</h2>
                        <p class="card__text">
                            "You get a link for one person, good for seven days. It works even where sign-up is closed."
                        </p>
                    </div>
                    {sent.summary()}
                    <div class="form">
                        {choice("role".into(), "role", "Role", roles_for(me), &role, sent.field("role"))}
                        {about_roles(me).map(|why| view! { <p class="field__hint">{why}</p> })}
                        <Field
                            name="email"
                            label="Email, if you know it"
                            kind="email"
                            hint="They get the link by mail, too."
                            value=sent.typed("email", "")
                            error=Signal::derive(move || wrong.clone())
                        />
                    </div>
                </div>
                <div class="card__footer">
                    <Submit busy=false>"Make a link"</Submit>
                </div>
            </form>
        </section>
    }
}
