//! Inviting a member, and revoking an invitation.

use accounts::{
    device,
    invitations::{self, Open},
    roles::Role,
    text::visible,
    users::User,
};
use leptos::prelude::*;

use super::roles::{about_roles, roles_for};
use crate::{
    context::{Curfew, curfew, leave, note, operation, signed_in},
    error::{AppError, Code},
    flash::{Flash, Note},
    parts::{
        button::Submit, change_plan::ChangePlan, field::Field, form::Sent, form_fields::FormFields,
        plain::Choice,
    },
    time::{Show, When},
};

/// Creates an invitation and answers with its link, which is shown only once. `email` may be left out.
///
/// # Errors
/// `validation_failed`, `malformed`, `forbidden`, `plan_required`, `step_up_required`, `session_ended`, `service_unavailable`; nothing has changed then.
#[server(prefix = "/api/fn", endpoint = "invite_member")]
pub async fn invite_member(role: String, email: Option<String>) -> Result<String, AppError> {
    let (curfew, me) = (curfew()?, signed_in()?);
    let role = role_of(&role)?;
    let email = email.unwrap_or_default();
    let mut op = operation().await?;
    let created = invitations::invite(&mut op, &me, role, &email).await?;
    op.commit().await?;
    let link = link_of(&curfew, created.token.expose());
    let role = role.name().to_lowercase();
    let mut said = Note::new("The invitation is ready").with(match email.trim() {
        "" => format!("Send this link to the new member. It works once, for seven days, and gives the role {role}."),
        email => format!(
            "We’ve emailed it to {email}. You can also send this link yourself: it works once, for seven days, and gives the role {role}."
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
        let why = "There’s no such role. Use owner, admin, editor, member or watch_only.";
        AppError::new(Code::Malformed, why)
    })
}

/// Revokes an invitation: its link stops working at once.
///
/// # Errors
/// `not_found`, `forbidden`, `session_ended`, `service_unavailable`; nothing has changed then.
#[server(prefix = "/api/fn", endpoint = "revoke_invitation")]
pub async fn revoke_invitation(invitation: String) -> Result<(), AppError> {
    let me = signed_in()?;
    let mut op = operation().await?;
    invitations::revoke(&mut op, &me, &invitation).await?;
    op.commit().await?;
    note(Note::new("The invitation has been revoked").with("Its link no longer works."))?;
    leptos_axum::redirect("/settings/members");
    Ok(())
}

/// Confirms an invitation that waits since everything of the user who created it has ended: its link works again.
///
/// # Errors
/// As [`revoke_invitation`], and `step_up_required`.
#[server(prefix = "/api/fn", endpoint = "confirm_invitation")]
pub async fn confirm_invitation(invitation: String) -> Result<(), AppError> {
    let me = signed_in()?;
    let mut op = operation().await?;
    invitations::confirm(&mut op, &me, &invitation).await?;
    op.commit().await?;
    note(Note::new("The invitation has been confirmed").with("Its link works again."))?;
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
                <FormFields />
                <div class="card__body">
                    <div class="card__header">
                        <h2 class="card__title" id="invite-title">"Invite a member"</h2>
                        <p class="card__text">
                            "You get a link that works once, for seven days, even when sign-up is closed."
                        </p>
                    </div>
                    {sent.summary()}
                    <div class="form">
                        <Choice name="role" label="Role" options=roles_for(me) chosen=role error=sent.field("role") />
                        {about_roles(me).map(|why| view! { <p class="field__hint">{why} <ChangePlan /></p> })}
                        <Field
                            name="email"
                            label="Email (optional)"
                            kind="email"
                            hint="We’ll also email them the link."
                            value=sent.typed("email", "")
                            error=Signal::derive(move || wrong.clone())
                        />
                    </div>
                </div>
                <div class="card__footer">
                    <Submit busy=false>"Create invitation"</Submit>
                </div>
            </form>
        </section>
    }
}

/// The device it was created on, so that those of a break-in can be told from others. The address is for the user who
/// created it alone: where another member was is nothing the reader needs to know.
fn from(invitation: &Open, mine: bool) -> String {
    let known = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let device = match known(&invitation.user_agent) {
        Some(agent) => device::of(&agent).label(),
        None => "an unknown device".into(),
    };
    match known(&invitation.ip).filter(|_| mine) {
        Some(ip) => format!("{device}, {ip}"),
        None => device,
    }
}

/// The invitations that can still be used.
pub(super) fn open(open: Vec<Open>, me: &User) -> impl IntoView + use<> {
    let (mine, is_owner) = (me.id.clone(), me.role == Role::Owner);
    let rows = open
        .into_iter()
        .map(|i| {
            let invited_by = visible(&i.invited_by).into_owned();
            let from = from(&i, i.created_by == mine);
            let whom = i.email.unwrap_or_else(|| "Anyone with the link".into());
            let id = i.id.clone();
            let owes = i.maker_owes_second_factor;
            let confirm = (i.waits && !owes && (is_owner || i.created_by == mine)).then(|| {
                view! {
                    <form class="button-form" method="post" action="/api/fn/confirm_invitation">
                        <FormFields />
                        <input type="hidden" name="invitation" value=id />
                        <button class="button button--small">
                            "Confirm" <span class="visually-hidden">{format!(" the invitation for {whom}")}</span>
                        </button>
                    </form>
                }
            });
            let waits = match (owes, i.waits) {
                (true, _) => Some(format!(
                    "Opens nothing until {invited_by} has set up two-factor authentication; then it needs confirming."
                )),
                (false, true) => Some(format!(
                    "Needs confirming: all of {invited_by}’s sessions ended after it was created. If you don’t recognise it, revoke it."
                )),
                (false, false) => None,
            };
            let waits = waits.map(|why| view! { <p class="user__note">{why}</p> });
            view! {
                <li class="member">
                    <div>
                        <h3 class="user__name">{whom.clone()}</h3>
                        <p class="user__note">
                            "Created at " <When at=i.created_at show=Show::Clock />
                            {format!(" by {invited_by}, from {from}")}
                        </p>
                        <p class="user__note">
                            "Expires " <When at=i.expires_at show=Show::Day />
                        </p>
                        {waits}
                    </div>
                    <p class="member__role">{i.role.name()}</p>
                    <div class="cluster member__answers">
                        {confirm}
                        <form class="button-form" method="post" action="/api/fn/revoke_invitation">
                            <FormFields />
                            <input type="hidden" name="invitation" value=i.id />
                            <button class="button button--small">
                                "Revoke" <span class="visually-hidden">{format!(" the invitation for {whom}")}</span>
                            </button>
                        </form>
                    </div>
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="section" aria-labelledby="invitations-title">
            <h2 class="section__title" id="invitations-title">"Pending invitations"</h2>
            <ul class="members" role="list">{rows}</ul>
        </section>
    }
}
