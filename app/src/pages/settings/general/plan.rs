//! `/settings/plan?to=…`: confirms a change of plan, with what is gained and what is lost.

use accounts::{
    account,
    members::{self, Uses},
    plans::{Feature, Plan},
};
use leptos::prelude::*;

use crate::{
    context::{note, operation, query, reader, signed_in},
    counted::counted,
    error::{AppError, Code},
    flash::Note,
    parts::{
        button::Submit,
        form::Sent,
        form_fields::FormFields,
        icon::{Disc, Icon, Shape},
        link::Link,
    },
};

/// Puts the account on another plan: `free`, `plus`, `pro` or `enterprise`.
///
/// # Errors
/// `forbidden` unless by an owner, `malformed`, `step_up_required`, `session_ended`, `service_unavailable`; nothing has changed then.
#[server(prefix = "/api/fn", endpoint = "change_plan")]
pub async fn change_plan(plan: String) -> Result<(), AppError> {
    let me = signed_in()?;
    let plan = Plan::named(&plan).ok_or_else(no_such_plan)?;
    let mut op = operation().await?;
    account::change_plan(&mut op, &me, plan).await?;
    op.commit().await?;
    note(Note::new(format!("Your account is now on {}", plan.name())))?;
    leptos_axum::redirect("/settings");
    Ok(())
}

fn no_such_plan() -> AppError {
    AppError::new(
        Code::Malformed,
        "There’s no such plan. Use free, plus, pro or enterprise.",
    )
}

pub async fn draw() -> Result<AnyView, AppError> {
    let me = signed_in()?;
    let asked = query("to").unwrap_or_default();
    if asked.is_empty() {
        // The plans to choose from are there.
        leptos_axum::redirect("/settings");
        return Ok(().into_any());
    }
    let to = Plan::named(&asked).ok_or_else(no_such_plan)?;
    let from = me.user.plan;
    let mut conn = reader().await?;
    let uses = members::uses(&mut conn, &me.user.account_id).await?;
    let differ = |has: Plan, lacks: Plan| {
        Feature::ALL
            .into_iter()
            .filter(move |feature| has.has(*feature) && !lacks.has(*feature))
            .collect::<Vec<_>>()
    };
    let (lost, gained) = (differ(from, to), differ(to, from));
    let look = if lost.is_empty() {
        "button--primary"
    } else {
        "button--danger"
    };
    let tint = if lost.is_empty() { "" } else { "danger" };
    let lost_any = !lost.is_empty();
    let lost = lost
        .into_iter()
        .map(|f| item(f.name(), loss(f, &uses), true))
        .collect_view();
    let gained_any = !gained.is_empty();
    let gained = gained
        .into_iter()
        .map(|f| item(f.name(), String::new(), false))
        .collect_view();
    let page = view! {
        <div class="card card--lifted">
            <div class="card__body">
                <div class="cluster">
                    <Disc shape=Shape::Info tint />
                    <h1 class="auth__title">{format!("Change from {} to {}?", from.name(), to.name())}</h1>
                </div>
                {Sent::of(&["change_plan"]).summary()}
                <div class="outcome">
                    {lost_any.then(|| group("lost-title", "What you’ll lose", lost))}
                    {gained_any.then(|| group("gained-title", "What you’ll gain", gained))}
                    {(!lost_any && !gained_any)
                        .then(|| view! { <p class="card__text">"You’re already on this plan."</p> })}
                </div>
                <form class="form__actions" method="post" action="/api/fn/change_plan">
                    <FormFields />
                    <input type="hidden" name="plan" value=to.key() />
                    <Link class="button" href="/settings">"Cancel"</Link>
                    <Submit look busy=false>{format!("Change to {}", to.name())}</Submit>
                </form>
            </div>
        </div>
    };
    Ok(page.into_any())
}

fn group(id: &'static str, title: &'static str, items: impl IntoView) -> impl IntoView {
    view! {
        <section class="outcome__group" aria-labelledby=id>
            <h2 class="outcome__title" id=id>{title}</h2>
            <ul class="outcome__list" role="list">{items}</ul>
        </section>
    }
}

fn item(name: &'static str, means: String, lost: bool) -> impl IntoView {
    let (class, shape) = if lost {
        ("outcome__item outcome__item--ends", Shape::XCircle)
    } else {
        ("outcome__item", Shape::CheckCircle)
    };
    view! {
        <li class=class>
            <Icon shape />
            <span>
                <strong>{name}{(!means.is_empty()).then_some(":")}</strong>
                " "
                {means.clone()}
            </span>
        </li>
    }
}

/// What losing it means for what is there now.
fn loss(feature: Feature, uses: &Uses) -> String {
    let count = |n: i64, one, many| counted(n.unsigned_abs(), one, many);
    let tokens = |n| match n {
        0 => "none can be created.".to_owned(),
        n => format!(
            "{} kept, but can’t be used until the plan includes them again.",
            count(n, "token is", "tokens are")
        ),
    };
    match feature {
        Feature::RemoteLogout => {
            "no member can log out from all devices, and you can’t log members out.".into()
        }
        Feature::TwoFactor => "members who have it on keep it, but no one else can turn it on, and it’s not required of members meanwhile.".into(),
        Feature::McpTokens => tokens(uses.mcp_tokens),
        Feature::ApiTokens => tokens(uses.api_tokens),
        Feature::EditorAndWatchOnly if uses.special_roles == 0 => {
            "they can’t be given to anyone.".into()
        }
        Feature::EditorAndWatchOnly => format!(
            "{} the role, but it can’t be given to anyone else.",
            count(uses.special_roles, "member keeps", "members keep")
        ),
        Feature::AuditLog => {
            "events are still recorded, but can’t be read or exported until the plan includes it again."
                .into()
        }
    }
}
