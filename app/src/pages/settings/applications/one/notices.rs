//! What an application was told of logouts, and what it answered.

use accounts::{
    applications::{ListedNotice, Outcome},
    text::visible,
};
use leptos::prelude::*;

use crate::time::{Show, Time, When};

pub(super) fn notices(notices: Vec<ListedNotice>) -> impl IntoView {
    let none = notices.is_empty();
    let rows = notices.into_iter().map(row).collect_view();
    let body = if none {
        view! { <p class="section__lead">"None yet."</p> }.into_any()
    } else {
        view! {
            <div class="table-frame" tabindex="0" role="region" aria-label="Table of logout notices">
                <table class="table table--stacks">
                    <thead>
                        <tr>
                            <th scope="col">"Member"</th>
                            <th scope="col">"Time"</th>
                            <th scope="col">"Tries"</th>
                            <th scope="col">"Status"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        }
        .into_any()
    };
    view! {
        <section class="section" aria-labelledby="notices-title">
            <div class="section__header">
                <div>
                    <h2 class="section__title" id="notices-title">"Logout notices"</h2>
                    <p class="section__lead">
                        "One for each session there that ended. A notice that isn’t answered is sent again after 1, 5, 15 and 30 minutes, one hour, two hours, and then every six hours."
                    </p>
                </div>
            </div>
            {body}
        </section>
    }
}

fn row(notice: ListedNotice) -> impl IntoView {
    let at: Time = notice.created_at.into();
    let status = match notice.outcome {
        Some(Outcome::LoggedOut) => {
            view! { <span class="badge badge--success">"Logged out"</span> }.into_any()
        }
        Some(Outcome::HadNoSession) => {
            view! { <span class="badge badge--success">"Had no session"</span> }.into_any()
        }
        Some(Outcome::Refused) => {
            view! { <span class="badge badge--danger">"Refused"</span> }.into_any()
        }
        Some(Outcome::GivenUp) => {
            view! { <span class="badge badge--danger">"Given up"</span> }.into_any()
        }
        Some(Outcome::Dropped) => view! { <span class="badge">"Dropped"</span> }.into_any(),
        None if notice.last_error.is_none() => {
            view! { <span class="badge">"Being told"</span> }.into_any()
        }
        None => {
            let next: Time = notice.next_try_at.into();
            view! {
                <span class="badge badge--warning">"Being told"</span>
                " next try "
                <When at=next show=Show::Full />
            }
            .into_any()
        }
    };
    let why = notice.last_error.unwrap_or_default();
    view! {
        <tr>
            <th scope="row">{visible(&notice.user_name).into_owned()}</th>
            <td data-label="Time" class="table__number"><When at=at show=Show::Full /></td>
            <td data-label="Tries" class="table__number">{notice.tries}</td>
            <td data-label="Status">{status} " " {why}</td>
        </tr>
    }
}
