//! The last deliveries: which event, how many attempts, what came of them.

use accounts::webhooks::Delivery;
use leptos::prelude::*;

use crate::{
    parts::icon::{Disc, Shape},
    time::{Show, Time, When},
};

pub(super) fn list(recent: Vec<Delivery>) -> impl IntoView {
    let body = if recent.is_empty() {
        view! {
            <div class="card">
                <div class="empty">
                    <Disc shape=Shape::Search tint="plain" large=true />
                    <h3 class="empty__title">"No deliveries yet"</h3>
                    <p class="empty__text">"The next event that matches your filters will be sent."</p>
                </div>
            </div>
        }
        .into_any()
    } else {
        let rows = recent.into_iter().map(row).collect_view();
        view! {
            <div class="table-frame" tabindex="0" role="region" aria-label="Table of deliveries">
                <table class="table">
                    <thead>
                        <tr>
                            <th scope="col">"Event"</th>
                            <th scope="col">"Time"</th>
                            <th scope="col">"Attempts"</th>
                            <th scope="col">"Status"</th>
                            <th scope="col"><span class="visually-hidden">"Send again"</span></th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        }
        .into_any()
    };
    view! {
        <section class="section" aria-labelledby="deliveries-title">
            <div class="section__header">
                <div>
                    <h2 class="section__title" id="deliveries-title">"Recent deliveries"</h2>
                    <p class="section__lead">"Kept for a week. Tests aren’t listed."</p>
                </div>
            </div>
            {body}
        </section>
    }
}

fn row(delivery: Delivery) -> impl IntoView {
    let at: Time = delivery.created_at.into();
    let answer = match (delivery.last_status, delivery.last_error.clone()) {
        (Some(status), _) => format!(" · answered {status}"),
        (None, Some(why)) => format!(" · {why}"),
        (None, None) => String::new(),
    };
    let status = if delivery.delivered_at.is_some() {
        view! { <span class="badge badge--success">"Delivered"</span> {answer} }.into_any()
    } else if delivery.given_up_at.is_some() {
        view! { <span class="badge badge--danger">"Failed"</span> {answer} }.into_any()
    } else if delivery.tries == 0 || delivery.last_error.is_none() {
        view! { <span class="badge">"Pending"</span> }.into_any()
    } else {
        let next: Time = delivery.next_try_at.into();
        view! {
            <span class="badge badge--warning">"Retrying"</span>
            " Next try "
            <When at=next show=Show::Clock />
            {answer}
        }
        .into_any()
    };
    let tried =
        delivery.tries > 0 && delivery.last_error.is_some() || delivery.delivered_at.is_some();
    let event = delivery.event_id;
    let again = tried.then(|| {
        let label = format!("Send {} again", delivery.action);
        view! {
            <form class="button-form" method="post" action="/api/fn/send_webhook_again">
                <input type="hidden" name="event" value=event />
                <button class="button button--small" aria-label=label>"Send again"</button>
            </form>
        }
    });
    view! {
        <tr>
            <th scope="row"><code>{delivery.action}</code></th>
            <td class="table__number"><When at=at show=Show::Full /></td>
            <td class="table__number">{delivery.tries}</td>
            <td>{status}</td>
            <td>{again}</td>
        </tr>
    }
}
