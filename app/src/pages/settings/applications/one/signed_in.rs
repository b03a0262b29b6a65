//! Who is signed in at an application now.

use accounts::{applications::SignedInThere, text::visible};
use leptos::prelude::*;

use super::SHOWN;
use crate::time::{Show, Time, When};

/// The first of them; `there` holds one more where there are more.
pub(super) fn signed_in(mut there: Vec<SignedInThere>) -> impl IntoView {
    let shown = usize::try_from(SHOWN).unwrap_or(usize::MAX);
    let more = there.len() > shown;
    there.truncate(shown);
    let none = there.is_empty();
    let rows = there.into_iter().map(row).collect_view();
    let more = more.then(|| view! { <p class="section__lead">"The latest 20 are shown."</p> });
    let body = if none {
        view! { <p class="section__lead">"No member is signed in there now."</p> }.into_any()
    } else {
        table(rows).into_any()
    };
    view! {
        <section class="section" aria-labelledby="there-title">
            <h2 class="section__title" id="there-title">"Signed in now"</h2>
            {body}
            {more}
        </section>
    }
}

fn table(rows: impl IntoView) -> impl IntoView {
    view! {
        <div class="table-frame" tabindex="0" role="region" aria-label="Table of members who are signed in">
            <table class="table table--stacks">
                <thead>
                    <tr>
                        <th scope="col">"Member"</th>
                        <th scope="col">"Signed in"</th>
                        <th scope="col">"Through"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

fn row(there: SignedInThere) -> impl IntoView {
    let since: Time = there.created_at.into();
    let device = there.device().unwrap_or_else(|| "Unknown".to_owned());
    let stays = there
        .is_offline
        .then(|| view! { <span class="badge">"Stays after sign-out"</span> });
    view! {
        <tr>
            <th scope="row">{visible(&there.user_name).into_owned()} " " {stays}</th>
            <td data-label="Signed in" class="table__number"><When at=since show=Show::Full /></td>
            <td data-label="Through">{visible(&device).into_owned()}</td>
        </tr>
    }
}
