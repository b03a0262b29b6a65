//! The form above the list: which events are shown.

use accounts::{
    audit::{Action, CATEGORIES},
    ids::UserId,
    text::visible,
};
use leptos::prelude::*;

use super::{asked::Asked, titles};
use crate::parts::{
    icon::{Icon, Shape},
    plain::Choice,
};

pub(super) const SEVERITIES: [(&str, &str); 4] = [
    ("info", "Info"),
    ("notice", "Notice"),
    ("warning", "Warning"),
    ("alert", "Alert"),
];

pub(super) fn form(asked: &Asked, users: Vec<(UserId, String)>) -> impl IntoView + use<> {
    let any = |label: &str| (String::new(), label.to_owned());
    let users = std::iter::once(any("All members"))
        .chain(
            users
                .into_iter()
                .map(|(id, name)| (id.0, visible(&name).into_owned())),
        )
        .collect();
    let severities = std::iter::once(any("Any"))
        .chain(
            SEVERITIES
                .iter()
                .map(|(key, label)| ((*key).to_owned(), (*label).to_owned())),
        )
        .collect();
    let input = |name: &'static str, label: &'static str, kind: &'static str| {
        let (invalid, error_id, error) = problem(asked, name);
        view! {
            <div class="field">
                <label class="field__label" for=name>{label}</label>
                {error}
                <input
                    class="input"
                    id=name
                    name=name
                    type=kind
                    value=asked.typed(name)
                    autocomplete="off"
                    aria-invalid=invalid
                    aria-describedby=error_id
                />
            </div>
        }
    };
    view! {
        <form class="filter" method="get" action="/settings/audit-log" role="search">
            {input("q", "Search", "search")}
            {actions(asked)}
            <Choice name="user" label="Member" options=users chosen=asked.field("user") error=asked.problem("user") />
            <Choice
                name="severity"
                label="Severity"
                options=severities
                chosen=asked.field("severity")
                error=asked.problem("severity")
            />
            {input("from", "From (UTC)", "date")}
            {input("until", "Until (UTC)", "date")}
            <button class="button filter__send" type="submit">"Filter"</button>
        </form>
    }
}

/// The actions to choose from, in the words of the list, a group for each category.
fn actions(asked: &Asked) -> impl IntoView + use<> {
    let chosen = asked.field("action");
    let (invalid, error_id, error) = problem(asked, "action");
    let groups = CATEGORIES.map(|category| {
        let options = Action::ALL
            .iter()
            .filter(|action| action.category() == category)
            .map(|action| {
                let name = action.name();
                view! { <option value=name selected=name == chosen>{titles::action(*action)}</option> }
            })
            .collect_view();
        view! { <optgroup label=titles::category(category)>{options}</optgroup> }
    });
    view! {
        <div class="field">
            <label class="field__label" for="action">"Action"</label>
            {error}
            <select class="input" id="action" name="action" aria-invalid=invalid aria-describedby=error_id>
                <option value="">"All actions"</option>
                {groups.into_iter().collect_view()}
            </select>
        </div>
    }
}

/// What is wrong with a field: whether it is marked, what describes it, and the sentence.
fn problem(asked: &Asked, name: &str) -> (Option<&'static str>, Option<String>, AnyView) {
    let Some(why) = asked.problem(name) else {
        return (None, None, ().into_any());
    };
    let id = format!("{name}-error");
    let sentence = view! {
        <p class="field__error" id=id.clone()>
            <Icon shape=Shape::AlertTriangle small=true />
            <span>{why}</span>
        </p>
    };
    (Some("true"), Some(id), sentence.into_any())
}
