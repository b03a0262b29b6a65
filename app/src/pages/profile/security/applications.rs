//! Where the user is signed in with Curfew: since when, through which device, and "Sign out". On Home, and under Profile →
//! Security.

use accounts::{applications::Mine, text::visible};
use leptos::prelude::*;

use crate::{
    error::listed,
    parts::form_fields::FormFields,
    time::{Show, Time, When},
};

/// The section; nothing where the user is signed in at no application.
pub(crate) fn section(mine: Vec<Mine>) -> impl IntoView {
    let any = !mine.is_empty();
    let lead = lead(&mine);
    let rows = mine.into_iter().map(row).collect_view();
    any.then(|| {
        view! {
            <section class="section" aria-labelledby="applications-title">
                <div class="section__header">
                    <div>
                        <h2 class="section__title" id="applications-title">"Applications"</h2>
                        <p class="section__lead">{lead}</p>
                    </div>
                </div>
                <div class="table-frame" tabindex="0" role="region" aria-label="Table of applications">
                    <table class="table table--stacks">
                        <thead>
                            <tr>
                                <th scope="col">"Application"</th>
                                <th scope="col">"Signed in"</th>
                                <th scope="col">"Through"</th>
                                <th scope="col"><span class="visually-hidden">"Sign out"</span></th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            </section>
        }
    })
}

/// What a remote logout does, by what is known of each now.
fn lead(mine: &[Mine]) -> String {
    let mut open: Vec<String> = Vec::new();
    for mine in mine.iter().filter(|mine| mine.may_stay_open()) {
        let name = visible(&mine.name).into_owned();
        if !open.contains(&name) {
            open.push(name);
        }
    }
    let ends = if open.is_empty() {
        "A remote logout ends all of it.".to_owned()
    } else {
        format!(
            "A remote logout ends all of it here, but {} may stay open: sign out there, too.",
            listed(&open)
        )
    };
    format!("Where you’re signed in with Curfew. {ends}")
}

fn row(mine: Mine) -> impl IntoView {
    let since: Time = mine.created_at.into();
    let name = visible(&mine.name).into_owned();
    let device = mine.device();
    let device = device.map_or_else(|| "Unknown".to_owned(), |name| visible(&name).into_owned());
    let stays = mine
        .is_offline
        .then(|| view! { <span class="badge">"Stays after sign-out"</span> });
    let label = format!("Sign out of {name}");
    // Its own address, as its owner has registered it: https, or http on a private name.
    let title = match mine.address {
        Some(address) => view! { <a href=address rel="noreferrer">{name}</a> }.into_any(),
        None => name.into_any(),
    };
    view! {
        <tr>
            <th scope="row">{title} " " {stays}</th>
            <td data-label="Signed in" class="table__number"><When at=since show=Show::Ago /></td>
            <td data-label="Through">{device}</td>
            <td class="table__actions">
                <form class="button-form" method="post" action="/api/fn/end_application_session">
                    <FormFields />
                    <input type="hidden" name="session" value=mine.id.0 />
                    <button class="button button--small" aria-label=label>"Sign out"</button>
                </form>
            </td>
        </tr>
    }
}
