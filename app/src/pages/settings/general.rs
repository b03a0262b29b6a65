//! `/settings`: the account's name and its plan.

pub mod plan;

use accounts::{
    account,
    plans::{Feature, Plan},
    roles::Role,
    text::visible,
};
use leptos::prelude::*;

use crate::{
    context::{note, operation, signed_in},
    error::AppError,
    flash::Note,
    parts::{
        button::Submit,
        field::Field,
        form::Sent,
        form_fields::FormFields,
        icon::{Icon, Shape},
        plain::{Choice, said},
    },
};

/// Renames the account.
///
/// # Errors
/// `validation_failed`, `forbidden`, `step_up_required`, `session_ended`, `service_unavailable`; nothing has changed then.
#[server(prefix = "/api/fn", endpoint = "rename_account")]
pub async fn rename_account(name: String) -> Result<(), AppError> {
    let me = signed_in()?;
    let mut op = operation().await?;
    account::rename(&mut op, &me, &name).await?;
    op.commit().await?;
    note(Note::new("Saved"))?;
    leptos_axum::redirect("/settings");
    Ok(())
}

pub async fn draw() -> Result<AnyView, AppError> {
    let me = signed_in()?;
    let sent = Sent::of(&["rename_account", "change_plan"]);
    let wrong = sent.field("name");
    let name = sent.typed("name", &visible(&me.user.account_name));
    let page = view! {
        {said()}
        <section class="card" aria-labelledby="name-title">
            <form method="post" action="/api/fn/rename_account" novalidate>
                <FormFields />
                <div class="card__body">
                    <div class="card__header">
                        <h2 class="card__title" id="name-title">"Account name"</h2>
                        <p class="card__text">"Shown to members and in invitations."</p>
                    </div>
                    {sent.summary()}
                    <Field
                        name="name"
                        label="Name"
                        value=name
                        error=Signal::derive(move || wrong.clone())
                    />
                </div>
                <div class="card__footer">
                    <Submit busy=false>"Save"</Submit>
                </div>
            </form>
        </section>
        {plans(me.user.plan, me.user.role)}
    };
    Ok(page.into_any())
}

/// What each plan has, from the one table.
fn plans(mine: Plan, role: Role) -> impl IntoView {
    // On a phone the table scrolls under the account's own plan, which stays in sight.
    let own = move |plan: Plan| (plan == mine).then_some("table__own");
    let heads = Plan::ALL
        .into_iter()
        .map(|plan| {
            let badge = (plan == mine)
                .then(|| view! { <span class="badge badge--accent">"Current"</span> });
            view! { <th scope="col" class=own(plan)>{plan.name()} " " {badge}</th> }
        })
        .collect_view();
    let rows = Feature::ALL
        .into_iter()
        .map(|feature| {
            let cells = Plan::ALL
                .into_iter()
                .map(|plan| {
                    if plan.has(feature) {
                        view! {
                            <td class=own(plan)>
                                <Icon shape=Shape::CheckCircle small=true />
                                <span class="visually-hidden">"Yes"</span>
                            </td>
                        }
                            .into_any()
                    } else {
                        view! { <td class=own(plan)><span aria-hidden="true">"–"</span><span class="visually-hidden">"No"</span></td> }
                            .into_any()
                    }
                })
                .collect_view();
            view! {
                <tr>
                    <th scope="row">{feature.name()}</th>
                    {cells}
                </tr>
            }
        })
        .collect_view();
    view! {
        <section class="section" aria-labelledby="plan-title">
            <div class="section__header">
                <div>
                    <h2 class="section__title" id="plan-title">"Plan"</h2>
                    <p class="section__lead">
                        {format!("Your account is on {}. There’s no billing in Curfew.", mine.name())}
                    </p>
                </div>
            </div>
            <div class="table-frame" tabindex="0" role="region" aria-label="What each plan includes">
                <table class="table table--plans">
                    <thead>
                        <tr>
                            <th scope="col">"Feature"</th>
                            {heads}
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            {if role == Role::Owner {
                change(mine).into_any()
            } else {
                view! { <p class="section__lead">"An owner can change the plan."</p> }.into_any()
            }}
        </section>
    }
}

/// Leads to the confirmation; nothing is changed yet.
fn change(mine: Plan) -> impl IntoView {
    let others = Plan::ALL
        .into_iter()
        .filter(|plan| *plan != mine)
        .map(|plan| (plan.key().to_owned(), plan.name().to_owned()));
    let nothing = (String::new(), "Choose a plan".to_owned());
    let options = std::iter::once(nothing).chain(others).collect();
    view! {
        <form class="inline-form" method="get" action="/settings/plan">
            <Choice name="to" label="New plan" options required=true />
            <button class="button" type="submit">"Change plan"</button>
        </form>
    }
}
