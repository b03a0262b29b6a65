//! Who may use an application: all members, or roles and members to pick by name.

use accounts::{
    applications::Access,
    ids::{AccountId, UserId},
    members::{self, Listed},
    roles::Role,
    text::visible,
};
use leptos::prelude::*;

use super::{
    super::fields::{MEMBER, ROLE},
    inputs::{LinesOf, lines, wrong},
    is_for_all,
};
use crate::{context::reader, error::AppError, parts::form::Sent};

/// Members that are shown to pick. In a larger account the others are named by email.
const SHOWN: i64 = 100;

/// Who there is to pick.
pub(in super::super) struct Members {
    listed: Vec<Listed>,
    /// Whether the account has more.
    more: bool,
}

/// The members to pick: those who are chosen, and the first others.
pub(in super::super) async fn members(
    account: &AccountId,
    chosen: &Access,
) -> Result<Members, AppError> {
    let mut conn = reader().await?;
    let mut listed = members::list(&mut conn, account, "", SHOWN + 1).await?;
    let more = listed.len() > usize::try_from(SHOWN).unwrap_or(usize::MAX);
    if more {
        listed.pop();
    }
    if let Access::Chosen { users, .. } = chosen {
        for user in users {
            if listed.iter().all(|member| member.id != *user)
                && let Some(member) = members::find(&mut conn, account, user).await?
            {
                listed.push(member);
            }
        }
    }
    Ok(Members { listed, more })
}

pub(super) fn who(sent: &Sent, access: &Access, members: &Members) -> impl IntoView + use<> {
    let all = is_for_all(sent, access);
    let error = sent.field("access");
    let described = error.as_ref().map(|_| "access-error");
    let others = LinesOf {
        name: "others",
        label: "Other members, by email",
        hint: "One a line.".to_owned(),
        filled: String::new(),
    };
    // A field that has an error stays, however few members there are.
    let others = (members.more || sent.field("others").is_some()).then(|| lines(sent, others));
    view! {
        <fieldset class="field choose" id="access" tabindex="-1" aria-describedby=described>
            <legend class="field__label">"Who may use it"</legend>
            {error.map(|why| wrong(why, "access-error".to_owned()))}
            <div class="choose__options">
                {option("all", "All members", all)} {option("chosen", "Only some of them", !all)}
            </div>
            <div class="choose__more">
                <fieldset class="choose__group">
                    <legend class="choose__legend">"Roles"</legend>
                    <div class="choose__boxes">{roles(sent, access)}</div>
                </fieldset>
                <fieldset class="choose__group">
                    <legend class="choose__legend">"Members"</legend>
                    <div class="choose__boxes choose__boxes--scroll" tabindex="0" role="group" aria-label="Members">
                        {boxes_of(sent, access, members)}
                    </div>
                </fieldset>
                {others}
            </div>
        </fieldset>
    }
}

fn option(value: &'static str, label: &'static str, checked: bool) -> impl IntoView {
    let id = format!("who-{value}");
    let class = match value {
        "all" => "check__input choose__all",
        _ => "check__input",
    };
    view! {
        <div class="check">
            <input class=class type="radio" id=id.clone() name="who" value=value checked=checked />
            <label class="check__label" for=id>{label}</label>
        </div>
    }
}

fn roles(sent: &Sent, access: &Access) -> Vec<AnyView> {
    let is_chosen =
        |role: Role| matches!(access, Access::Chosen { roles, .. } if roles.contains(&role));
    Role::ALL
        .into_iter()
        .map(|role| {
            let name = format!("{ROLE}{}", role.key());
            tickable(
                sent,
                name,
                is_chosen(role),
                view! { {role.name()} }.into_any(),
            )
        })
        .collect()
}

fn boxes_of(sent: &Sent, access: &Access, members: &Members) -> Vec<AnyView> {
    let is_chosen =
        |id: &UserId| matches!(access, Access::Chosen { users, .. } if users.contains(id));
    members
        .listed
        .iter()
        .map(|member| {
            let (name, email) = (
                visible(&member.name).into_owned(),
                visible(&member.email).into_owned(),
            );
            let label = view! {
                <span class="choose__name">
                    {name} " " <span class="choose__email">{email}</span>
                </span>
            };
            tickable(
                sent,
                format!("{MEMBER}{}", member.id.0),
                is_chosen(&member.id),
                label.into_any(),
            )
        })
        .collect()
}

fn tickable(sent: &Sent, name: String, stored: bool, label: AnyView) -> AnyView {
    let ticked = if sent.error().is_some() {
        sent.ticked(&name)
    } else {
        stored
    };
    view! {
        <div class="check">
            <input
                class="check__input"
                type="checkbox"
                id=name.clone()
                name=name.clone()
                value="true"
                checked=ticked
            />
            <label class="check__label" for=name>{label}</label>
        </div>
    }
    .into_any()
}
