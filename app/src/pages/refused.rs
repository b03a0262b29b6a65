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
    let (role, plan) = viewer().map(|v| (v.role, v.plan)).unwrap_or_default();
    let why = if error.code == Code::PlanRequired {
        format!("Your account is on {plan}. An owner can change the plan under General.")
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
                        <Link class="button" href="/">"Go home"</Link>
                    </div>
                </div>
            </div>
        </SettingsPage>
    }
}
