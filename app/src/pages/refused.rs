//! In place of a page that this user has no permission for: who has it.

use leptos::prelude::*;

use super::settings::SettingsPage;
use crate::{
    boot::viewer,
    error::{AppError, Code},
    parts::{
        icon::{Disc, Shape},
        link::Link,
    },
};

#[component]
pub fn Refused(error: AppError) -> impl IntoView {
    let (role, plan, change_plan) = viewer()
        .map(|v| (v.role, v.plan, v.change_plan))
        .unwrap_or_default();
    let change_plan = change_plan.filter(|_| error.code == Code::PlanRequired);
    let who = if change_plan.is_some() {
        "You"
    } else {
        "An owner"
    };
    let way_on = match change_plan {
        Some(page) => {
            view! { <Link class="button button--primary" href=page>"Change plan"</Link> }.into_any()
        }
        None => view! { <Link class="button" href="/">"Go home"</Link> }.into_any(),
    };
    let why = if error.code == Code::PlanRequired {
        format!("Your account is on {plan}. {who} can change the plan under General.")
    } else {
        format!("Your role is {role}. An owner of your account can change it.")
    };
    view! {
        <SettingsPage here="" tab="No access">
            <div class="card">
                <div class="empty">
                    <Disc shape=Shape::Lock tint="plain" large=true />
                    <h2 class="empty__title">{error.message}</h2>
                    <p class="empty__text">{why}</p>
                    <div class="empty__actions">
                        {way_on}
                    </div>
                </div>
            </div>
        </SettingsPage>
    }
}
