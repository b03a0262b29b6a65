//! A second factor that the account requires of its members: the card on the Members page, and
//! `/settings/members/second-factor`, which confirms it.

use accounts::{
    members::{self, SecondFactorRule},
    plans::Feature,
    roles::Role,
    users::User,
};
use leptos::prelude::*;

use super::roles::plans;
use crate::{
    context::{note, operation, reader, signed_in},
    counted::counted,
    error::{AppError, Code},
    flash::Note,
    parts::{
        button::Submit,
        change_plan::ChangePlan,
        form::Sent,
        form_fields::FormFields,
        icon::{Disc, Icon, Shape},
        link::Link,
    },
};

/// Requires a second factor of every member (`required` is `yes`), or does so no longer (`no`).
///
/// # Errors
/// `forbidden` unless by an owner, `plan_required`, `validation_failed` by an owner who has none, `step_up_required`,
/// `session_ended`, `service_unavailable`; nothing has changed then.
#[server(prefix = "/api/fn", endpoint = "require_second_factor")]
pub async fn require_second_factor(required: String) -> Result<(), AppError> {
    let me = signed_in()?;
    let required = match required.as_str() {
        "yes" => true,
        "no" => false,
        _ => return Err(AppError::new(Code::Malformed, "Say yes or no.")),
    };
    let mut op = operation().await?;
    let rule = members::require_second_factor(&mut op, &me, required).await?;
    op.commit().await?;
    note(if required {
        let text = match rule.without {
            0 => "Every member has one.".to_owned(),
            n => format!(
                "{} set one up before anything else.",
                counted(n.unsigned_abs(), "member has to", "members have to")
            ),
        };
        Note::new("A second factor is required now").with(text)
    } else {
        Note::new("A second factor is no longer required")
    })?;
    leptos_axum::redirect("/settings/members");
    Ok(())
}

pub async fn draw() -> Result<AnyView, AppError> {
    let me = signed_in()?;
    let mut conn = reader().await?;
    let rule = members::second_factor_rule(&mut conn, &me.user.account_id).await?;
    drop(conn);
    let on = rule.since.is_some();
    let (title, value, button) = if on {
        ("Stop requiring a second factor?", "no", "Stop requiring it")
    } else {
        ("Require a second factor?", "yes", "Require a second factor")
    };
    let page = view! {
        <div class="card card--lifted">
            <form class="card__body" method="post" action="/api/fn/require_second_factor">
                <FormFields />
                <input type="hidden" name="required" value=value />
                <div class="cluster">
                    <Disc shape=Shape::Shield tint="plain" />
                    <h1 class="auth__title">{title}</h1>
                </div>
                {Sent::of(&["require_second_factor"]).summary()}
                {if on {
                    view! {
                        <p class="card__text">
                            "Members who have two-factor authentication keep it. Members without it can use everything again with their password alone."
                        </p>
                    }
                        .into_any()
                } else {
                    what_happens(rule).into_any()
                }}
                <div class="form__actions">
                    <Link class="button" href="/settings/members">"Cancel"</Link>
                    <Submit look="button--primary" busy=false>{button}</Submit>
                </div>
            </form>
        </div>
    };
    Ok(page.into_any())
}

/// What the requirement means for members without a second factor, before it is in force.
fn what_happens(rule: SecondFactorRule) -> impl IntoView {
    let without = rule.without.unsigned_abs();
    let who = match without {
        0 => "Every member has a second factor: nothing changes for them.".to_owned(),
        n => format!(
            "{} none yet. For them, until they’ve set one up:",
            counted(n, "member has", "members have")
        ),
    };
    let item = |text: &'static str| {
        view! {
            <li class="outcome__item outcome__item--ends">
                <Icon shape=Shape::XCircle />
                <span>{text}</span>
            </li>
        }
    };
    let ends = (without > 0).then(|| {
        view! {
            <ul class="outcome__list" role="list">
                {item("every page leads to the set-up")}
                {item("they’re signed out of applications, and can’t sign in to any")}
                {item("their API and MCP tokens are refused, but for ending sessions")}
            </ul>
        }
    });
    view! {
        <div class="outcome">
            <section class="outcome__group" aria-labelledby="ends-title">
                <h2 class="outcome__title" id="ends-title">{who}</h2>
                {ends}
            </section>
            <p class="card__text">
                "They stay signed in, and can always sign out, log out from all devices, or delete their account. New members set one up when they join."
            </p>
        </div>
    }
}

/// The state, with the number of members without one. An owner may change it.
pub(super) fn card(me: &User, rule: SecondFactorRule) -> impl IntoView + use<> {
    let (on, has_it) = (rule.since.is_some(), me.plan.has(Feature::TwoFactor));
    let without = match rule.without {
        0 => "Every member has one.".to_owned(),
        n => counted(n.unsigned_abs(), "member has none.", "members have none."),
    };
    let badge = match (on, has_it) {
        (true, true) => {
            Some(view! { <span class="badge badge--success">"Required"</span> }.into_any())
        }
        (true, false) => {
            Some(view! { <span class="badge badge--warning">"Paused"</span> }.into_any())
        }
        (false, _) => None,
    };
    let action = match (me.role == Role::Owner, on) {
        (false, _) => ().into_any(),
        (true, true) => view! {
            <Link class="button" href="/settings/members/second-factor">"Stop requiring it"</Link>
        }
        .into_any(),
        (true, false) if !has_it => view! {
            <button class="button" type="button" disabled aria-describedby="second-factor-note">"Require it"</button>
        }
        .into_any(),
        (true, false) if me.two_factor_since.is_none() => view! {
            <Link class="button" href="/profile/two-factor">"Set up yours first"</Link>
        }
        .into_any(),
        (true, false) => view! {
            <Link class="button" href="/settings/members/second-factor">"Require it"</Link>
        }
        .into_any(),
    };
    let note = match (has_it, on) {
        (true, _) => None,
        (false, true) => Some("It rests on this plan, and is in force again with another one."),
        (false, false) => Some("Members couldn’t set one up on this plan."),
    };
    view! {
        <section class="card" aria-labelledby="second-factor-title">
            <div class="card__body">
                <div class="card__header">
                    <div class="card__heading">
                        <Disc shape=Shape::Shield tint=if on && has_it { "success" } else { "plain" } />
                        <h2 class="card__title" id="second-factor-title">"Second factor for everyone"</h2>
                        {badge}
                    </div>
                    <p class="card__text">
                        "Members without two-factor authentication can only set it up until they have. " {without}
                    </p>
                    {note
                        .map(|note| {
                            view! {
                                <p class="card__text" id="second-factor-note">
                                    {format!("Available on {}. {note} ", plans(Feature::TwoFactor))} <ChangePlan />
                                </p>
                            }
                        })}
                </div>
                <p>{action}</p>
            </div>
        </section>
    }
}
