//! `/settings/members`: who is in the account, who is invited, and what may be done to them.

pub mod confirm;
pub mod everyone;
mod functions;
mod invite;

use accounts::{
    invitations::{self, Open},
    members::{self, Listed},
    plans::{Feature, Plan},
    roles::Role,
    users::User,
};
use leptos::prelude::*;

use crate::{
    context::{reader, signed_in},
    counted::counted,
    error::{AppError, listed},
    parts::{
        form::Sent,
        icon::{Icon, Shape},
        link::Link,
        plain::{Choice, avatar, said},
    },
    time::{Show, When},
};

/// Members shown, because a longer list is of no use to a reader.
const SHOWN: i64 = 1_000;

pub async fn draw() -> Result<String, AppError> {
    let me = signed_in()?;
    let mut conn = reader().await?;
    let account = &me.user.account_id;
    let users = members::list(&mut conn, account, SHOWN).await?;
    let open = invitations::open(&mut conn, account).await?;
    drop(conn);
    let sent = Sent::of(&[
        "change_role",
        "disable_member",
        "enable_member",
        "remove_member",
        "revoke_invitation",
        "remote_logout_member",
        "remote_logout_everyone",
    ]);
    let count = u64::try_from(users.len()).unwrap_or(0);
    let rows = users
        .into_iter()
        .map(|member| row(member, &me.user))
        .collect_view();
    let page = view! {
        {said()}
        {sent.summary()}
        <section class="section" aria-labelledby="members-title">
            <div class="section__header">
                <div>
                    <h2 class="section__title" id="members-title">"Members"</h2>
                    <p class="section__lead">{counted(count, "member", "members")} " in this account."</p>
                </div>
            </div>
            <ul class="members" role="list">{rows}</ul>
        </section>
        {invite::form(&me.user)}
        {(!open.is_empty()).then(|| invitations(open))}
        {everyone_card(&me.user)}
    };
    Ok(page.to_html())
}

/// The roles that a user may give.
fn roles_for(me: &User) -> Vec<(String, String)> {
    Role::ALL
        .into_iter()
        .filter(|role| *role != Role::Owner || me.role == Role::Owner)
        .filter(|role| {
            !matches!(role, Role::Editor | Role::WatchOnly)
                || me.plan.has(Feature::EditorAndWatchOnly)
        })
        .map(|role| (role.key().to_owned(), role.name().to_owned()))
        .collect()
}

/// Says what the plan lacks before you click.
fn about_roles(me: &User) -> Option<String> {
    let feature = Feature::EditorAndWatchOnly;
    (!me.plan.has(feature)).then(|| {
        format!(
            "The editor and watch-only roles are available on {}.",
            plans(feature)
        )
    })
}

fn plans(feature: Feature) -> String {
    let names: Vec<String> = Plan::with(feature)
        .iter()
        .map(|p| p.name().to_owned())
        .collect();
    listed(&names)
}

fn row(member: Listed, me: &User) -> impl IntoView + use<> {
    let this = member.id == me.id;
    let may = me.role == Role::Owner || member.role != Role::Owner;
    let id = member.id.0.clone();
    let disabled = member.disabled_at.is_some();
    let manage = may.then(|| manage(&member, me));
    view! {
        <li class="member" id=format!("member-{id}")>
            <div class="user">
                {avatar(&id, &member.name)}
                <div>
                    <h3 class="user__name">
                        {member.name.clone()} " "
                        {this.then(|| view! { <span class="badge badge--accent">"You"</span> })}
                        {disabled.then(|| view! { <span class="badge badge--warning">"Disabled"</span> })}
                    </h3>
                    <p class="user__note">{member.email.clone()}</p>
                </div>
            </div>
            <p class="member__role">
                {member.role.name()}
                <span class="member__since">"since " <When at=member.created_at show=Show::Day /></span>
            </p>
            {manage}
        </li>
    }
}

/// What may be done to a member, folded away. Without script it unfolds all the same.
fn manage(member: &Listed, me: &User) -> impl IntoView + use<> {
    let (id, this) = (member.id.0.clone(), member.id == me.id);
    let name = member.name.clone();
    let ask =
        |operation: &str| format!("/settings/members/confirm?operation={operation}&member={id}");
    let remote_logout = me.plan.has(Feature::RemoteLogout);
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
                        <span class="field__hint">{format!("Available on {}.", plans(Feature::RemoteLogout))}</span>
                    }
                        .into_any()
                }}
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
                    <input type="hidden" name="member" value=id.clone() />
                    <Choice id=format!("role-{id}") name="role" label="Role" options=roles chosen=member.role.key() />
                    <button class="button">"Change role"</button>
                </form>
                {others}
            </div>
        </details>
    }
}

fn invitations(open: Vec<Open>) -> impl IntoView {
    let rows = open
        .into_iter()
        .map(|i| {
            let whom = i.email.unwrap_or_else(|| "Anyone with the link".into());
            view! {
                <li class="member">
                    <div>
                        <h3 class="user__name">{whom.clone()}</h3>
                        <p class="user__note">
                            {format!("Invited by {}, expires ", i.invited_by)}
                            <When at=i.expires_at show=Show::Day />
                        </p>
                    </div>
                    <p class="member__role">{i.role.name()}</p>
                    <form class="button-form" method="post" action="/api/fn/revoke_invitation">
                        <input type="hidden" name="invitation" value=i.id />
                        <button class="button button--small">
                            "Revoke" <span class="visually-hidden">{format!(" the invitation for {whom}")}</span>
                        </button>
                    </form>
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

/// The owner's "everyone". Shown locked where the plan lacks it, not at all to an admin.
fn everyone_card(me: &User) -> impl IntoView + use<> {
    let has_it = me.plan.has(Feature::RemoteLogout);
    let class = if has_it {
        "remote-logout"
    } else {
        "remote-logout remote-logout--locked"
    };
    (me.role == Role::Owner).then(|| {
        view! {
            <section class=class aria-labelledby="everyone-title">
                <span class=if has_it { "disc disc--danger" } else { "disc disc--plain" }>
                    <Icon shape=if has_it { Shape::LogOut } else { Shape::Lock } />
                </span>
                <div class="remote-logout__text">
                    <h2 class="remote-logout__title" id="everyone-title">"Log everyone out"</h2>
                    <p class="remote-logout__lead">
                        "Ends all sessions and remembered devices of every member at once."
                    </p>
                    {(!has_it)
                        .then(|| {
                            view! {
                                <p class="remote-logout__plan" id="everyone-plan">
                                    <Icon shape=Shape::Info small=true />
                                    <span>{format!("Available on {}.", plans(Feature::RemoteLogout))}</span>
                                </p>
                            }
                        })}
                </div>
                <div class="remote-logout__action">
                    {if has_it {
                        view! {
                            <Link class="button button--danger" href="/settings/members/everyone">
                                "Log everyone out"
                            </Link>
                        }
                            .into_any()
                    } else {
                        view! {
                            <button class="button" type="button" disabled aria-describedby="everyone-plan">
                                "Log everyone out"
                            </button>
                        }
                            .into_any()
                    }}
                </div>
            </section>
        }
    })
}
