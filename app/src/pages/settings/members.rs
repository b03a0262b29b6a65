//! `/settings/members`: who is in the account, who is invited, and what may be done to them.

pub mod confirm;
mod done;
pub mod everyone;
mod functions;
mod invite;
mod roles;
pub mod second_factor;

use accounts::{
    invitations,
    members::{self, Listed},
    plans::Feature,
    roles::Role,
    text::visible,
    users::User,
};
use leptos::prelude::*;

use self::roles::{plans, roles_for};
use crate::{
    context::{query, reader, signed_in},
    counted::counted,
    error::AppError,
    parts::{
        change_plan::ChangePlan,
        form::Sent,
        form_fields::FormFields,
        icon::{Disc, Shape},
        link::Link,
        plain::{Choice, avatar},
    },
    time::{Show, When},
};

/// Members shown, because a longer list is of no use to a reader.
const SHOWN: i64 = 1_000;

pub async fn draw() -> Result<AnyView, AppError> {
    let me = signed_in()?;
    let mut conn = reader().await?;
    let account = &me.user.account_id;
    let words = query("q").unwrap_or_default().trim().to_owned();
    let users = members::list(&mut conn, account, &words, SHOWN).await?;
    let all = members::count(&mut conn, account).await?.unsigned_abs();
    let open = invitations::open(&mut conn, account).await?;
    let rule = members::second_factor_rule(&mut conn, account).await?;
    let done = done::done(&mut conn, account).await?;
    drop(conn);
    let sent = Sent::of(&[
        "change_role",
        "disable_member",
        "enable_member",
        "remove_member",
        "reset_two_factor",
        "revoke_invitation",
        "confirm_invitation",
        "remote_logout_member",
        "remote_logout_everyone",
    ]);
    let shown = u64::try_from(users.len()).unwrap_or(0);
    let count = if shown == all {
        format!("{} in this account.", counted(all, "member", "members"))
    } else {
        format!(
            "{shown} of {} in this account.",
            counted(all, "member", "members")
        )
    };
    let rows = users
        .into_iter()
        .map(|member| row(member, &me.user))
        .collect_view();
    let list = if shown == 0 {
        no_match().into_any()
    } else {
        view! { <ul class="members" role="list">{rows}</ul> }.into_any()
    };
    let page = view! {
        {done}
        {sent.summary()}
        <section class="section" aria-labelledby="members-title">
            <div class="section__header">
                <div>
                    <h2 class="section__title" id="members-title">"Members"</h2>
                    <p class="section__lead">{count}</p>
                </div>
                {(all > 1).then(|| search(words))}
            </div>
            {list}
        </section>
        {invite::form(&me.user)}
        {(!open.is_empty()).then(|| invite::open(open, &me.user))}
        {second_factor::card(&me.user, rule)}
        {everyone::card(&me.user)}
    };
    Ok(page.into_any())
}

/// Finds members by name, username or email.
fn search(words: String) -> impl IntoView {
    view! {
        <form class="inline-form" method="get" action="/settings/members" role="search">
            <label class="visually-hidden" for="q">"Search members"</label>
            <input class="input input--search" id="q" name="q" type="search" placeholder="Name or email" value=words autocomplete="off" />
            <button class="button" type="submit">"Search"</button>
        </form>
    }
}

fn no_match() -> impl IntoView {
    view! {
        <div class="card">
            <div class="empty">
                <Disc shape=Shape::Search tint="plain" large=true />
                <h3 class="empty__title">"No matching members"</h3>
                <p class="empty__text">"Search for a part of a name, a username or an email address."</p>
                <div class="empty__actions">
                    <Link class="button" href="/settings/members">"Show all members"</Link>
                </div>
            </div>
        </div>
    }
}

fn row(member: Listed, me: &User) -> impl IntoView + use<> {
    let this = member.id == me.id;
    let may = me.role == Role::Owner || member.role != Role::Owner;
    let id = member.id.0.clone();
    let disabled = member.disabled_at.is_some();
    let manage = may.then(|| manage(&member, me));
    let name = visible(&member.name).into_owned();
    let two_factor = if member.two_factor_since.is_some() {
        view! { <span class="badge badge--success">"Two-factor on"</span> }
    } else {
        view! { <span class="badge">"Two-factor off"</span> }
    };
    let active = match member.last_active_at {
        Some(at) => view! { "active " <When at=at show=Show::Ago /> }.into_any(),
        None => "not active lately".into_any(),
    };
    view! {
        <li class="member" id=format!("member-{id}")>
            <div class="user">
                {avatar(&id, &member.name)}
                <div>
                    <h3 class="user__name">
                        {name} " "
                        {this.then(|| view! { <span class="badge badge--accent">"You"</span> })} " "
                        {disabled.then(|| view! { <span class="badge badge--warning">"Disabled"</span> })} " "
                        {two_factor}
                    </h3>
                    <p class="user__note">{member.email.clone()}</p>
                </div>
            </div>
            <p class="member__role">
                {member.role.name()}
                <span class="member__since">"since " <When at=member.created_at show=Show::Day /></span>
                <span class="member__since">{active}</span>
            </p>
            {manage}
        </li>
    }
}

/// What may be done to a member, folded away. Without script it unfolds all the same.
fn manage(member: &Listed, me: &User) -> impl IntoView + use<> {
    let (id, this) = (member.id.0.clone(), member.id == me.id);
    let name = visible(&member.name).into_owned();
    let ask =
        |operation: &str| format!("/settings/members/confirm?operation={operation}&member={id}");
    let has_second_factor = member.two_factor_since.is_some();
    let remote_logout = me.available().has(Feature::RemoteLogout);
    let roles = {
        let mut roles = roles_for(me);
        // One they have from before a downgrade is shown, too.
        if !roles.iter().any(|(key, _)| key == member.role.key()) {
            roles.push((member.role.key().into(), member.role.name().into()));
        }
        roles
    };
    let others = (!this).then(|| {
        let disabling = if member.disabled_at.is_some() {
            view! {
                <form class="button-form" method="post" action="/api/fn/enable_member">
                    <FormFields />
                    <input type="hidden" name="member" value=id.clone() />
                    <button class="button button--small">"Enable"</button>
                </form>
            }
            .into_any()
        } else {
            view! { <Link class="button button--small" href=ask("disable")>"Disable"</Link> }.into_any()
        };
        view! {
            <div class="cluster">
                {if remote_logout {
                    view! {
                        <Link class="button button--small button--danger-quiet" href=ask("remote_logout")>
                            "Remote logout"
                        </Link>
                    }
                        .into_any()
                } else {
                    view! {
                        <button class="button button--small" type="button" disabled>"Remote logout"</button>
                        <span class="field__hint">
                            {format!("Available on {}.", plans(Feature::RemoteLogout))} <ChangePlan />
                        </span>
                    }
                        .into_any()
                }}
                {has_second_factor
                    .then(|| {
                        view! {
                            <Link class="button button--small button--danger-quiet" href=ask("reset_two_factor")>
                                "Reset two-factor"
                            </Link>
                        }
                    })}
                {disabling}
                <Link class="button button--small button--danger-quiet" href=ask("remove")>"Remove"</Link>
            </div>
        }
    });
    view! {
        <details class="member__manage">
            <summary class="button button--small">
                "Manage" <span class="visually-hidden">{format!(" {name}")}</span>
            </summary>
            <div class="member__actions">
                <form class="inline-form" method="post" action="/api/fn/change_role">
                    <FormFields />
                    <input type="hidden" name="member" value=id.clone() />
                    <Choice id=format!("role-{id}") name="role" label="Role" options=roles chosen=member.role.key() />
                    <button class="button">"Change role"</button>
                </form>
                {others}
            </div>
        </details>
    }
}
