//! The list of a user's tokens.

use leptos::prelude::*;

use super::{Token, Words};
use crate::{
    parts::icon::{Disc, Shape},
    time::{Show, Time, When},
};

#[component]
pub(super) fn List(words: Words, tokens: Vec<Token>) -> impl IntoView {
    let body = if tokens.is_empty() {
        view! {
            <div class="card">
                <div class="empty">
                    <Disc shape=Shape::Key tint="plain" large=true />
                    <h3 class="empty__title">{format!("You have no {}s", words.one)}</h3>
                </div>
            </div>
        }
        .into_any()
    } else {
        view! { <Table words tokens /> }.into_any()
    };
    view! {
        <section class="section" aria-labelledby="tokens-title">
            <div class="section__header">
                <h2 class="section__title" id="tokens-title">{words.heading}</h2>
            </div>
            {body}
        </section>
    }
}

#[component]
fn Table(words: Words, tokens: Vec<Token>) -> impl IntoView {
    let rows = tokens
        .into_iter()
        .map(|token| view! { <Row words token /> })
        .collect_view();
    view! {
        <div class="table-frame" tabindex="0" role="region" aria-label=format!("Table of {}", words.heading)>
            // The roles are said: a table that is drawn as rows below each other would lose them.
            <table class="table table--stacks" role="table">
                <thead role="rowgroup">
                    <tr role="row">
                        <th scope="col" role="columnheader">"Name"</th>
                        <th scope="col" role="columnheader">"Access"</th>
                        <th scope="col" role="columnheader">"Created"</th>
                        <th scope="col" role="columnheader">"Last used"</th>
                        <th scope="col" role="columnheader">"Expires"</th>
                        <th scope="col" role="columnheader">
                            <span class="visually-hidden">"Actions"</span>
                        </th>
                    </tr>
                </thead>
                <tbody role="rowgroup">{rows}</tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(words: Words, token: Token) -> impl IntoView {
    let may = if token.may_end {
        "Read, end sessions"
    } else {
        "Read"
    };
    let expires = if token.expired {
        view! { <span class="badge badge--warning">"Expired"</span> }.into_any()
    } else {
        day(token.expires)
    };
    view! {
        <tr role="row">
            <th scope="row" role="rowheader">{token.name.clone()}</th>
            <td role="cell" data-label="Access">{may}</td>
            <td class="table__number" role="cell" data-label="Created">{day(Some(token.created))}</td>
            <td class="table__number" role="cell" data-label="Last used">{day(token.last_used)}</td>
            <td class="table__number" role="cell" data-label="Expires">{expires}</td>
            <td class="table__actions" role="cell">
                <form class="button-form" method="get" action=words.revoke>
                    <input type="hidden" name="token" value=token.id />
                    <button class="button button--small button--danger-quiet">
                        "Revoke" <span class="visually-hidden">{format!(" {}", token.name)}</span>
                    </button>
                </form>
            </td>
        </tr>
    }
}

fn day(at: Option<Time>) -> AnyView {
    match at {
        Some(at) => view! { <When at show=Show::Day /> }.into_any(),
        None => "Never".into_any(),
    }
}
