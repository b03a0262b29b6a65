//! The confirm page: the same facts and a plain form, for browsers without script and for a click
//! that came before the page was live.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::{Place, RemoteLogout, facts::remote_logout_facts, more::More, outcome::Outcome};
use crate::{
    boot::viewer,
    parts::{
        button::Submit,
        change_plan::ChangePlan,
        error_summary::ErrorSummary,
        form::{FormState, PostForm},
        form_fields::{About, AboutUser},
        icon::{Disc, Shape},
        layout::Narrow,
        link::Link,
        loaded::loaded,
        notice::{Notice, Tone},
    },
};

#[component]
pub fn Confirm() -> impl IntoView {
    let from = use_query_map()
        .read_untracked()
        .get("from")
        .map_or(Place::Security, |name| Place::named(&name));
    let viewer = viewer();
    let has_it = viewer.as_ref().is_some_and(|v| v.remote_logout);
    let plans = viewer.map(|v| v.remote_logout_plans).unwrap_or_default();
    let facts = Resource::new_blocking(|| (), |()| remote_logout_facts());
    view! {
        <Narrow title="Log out from all devices?" wide=true>
            <div class="card card--lifted">
                <div class="card__body">
                    <div class="cluster">
                        <Disc shape=Shape::LogOut tint="danger" />
                        <h1 class="auth__title">"Log out from all devices?"</h1>
                    </div>
                    {if has_it {
                        view! { <Decide from facts /> }.into_any()
                    } else {
                        view! {
                            <Notice tone=Tone::Info title=format!("Remote logout is available on {plans}.") />
                            <p>
                                "On every plan, " <Link href="/profile/password">"changing your password"</Link>
                                " signs out all your other devices." <ChangePlan />
                            </p>
                            <Link class="button" href=from.path()>"Back"</Link>
                        }
                            .into_any()
                    }}
                </div>
            </div>
        </Narrow>
    }
}

#[component]
fn Decide(
    from: Place,
    facts: Resource<Result<super::Facts, crate::error::AppError>>,
) -> impl IntoView {
    let form = FormState::<RemoteLogout>::of("remote_logout");
    view! {
        <ErrorSummary error=Signal::derive(move || form.error()) />
        {loaded(facts, |facts| view! { <Outcome facts page=true /> })}
        <PostForm state=form class="form__actions" names_user=true>
            <input type="hidden" name="from" value=from.name() />
            <Suspense>
                {move || Suspend::new(async move {
                    let facts = facts.await.ok();
                    // Not known: both are offered, as the remote logout itself is.
                    let (api_tokens, mcp_tokens) = facts
                        .as_ref()
                        .map_or((true, true), |f| (f.api_tokens > 0, f.mcp_tokens > 0));
                    let about = match facts {
                        Some(f) => view! { <About user=f.user epoch=f.epoch /> }.into_any(),
                        None => view! { <AboutUser /> }.into_any(),
                    };
                    view! {
                        {about}
                        <More api_tokens mcp_tokens />
                    }
                })}
            </Suspense>
            <Link class="button" href=from.path()>"Cancel"</Link>
            <Submit look="button--danger" busy=form.busy()>"Log out everywhere"</Submit>
        </PostForm>
    }
}
