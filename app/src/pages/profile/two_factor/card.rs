//! Two-factor authentication on Profile → Security: whether it is on, and how many codes are left.

use leptos::prelude::*;

use crate::{
    boot::{boot, viewer},
    counted::{counted, others_ended},
    error::AppError,
    flash::{Done, Flash},
    parts::{
        change_plan::ChangePlan,
        icon::{Disc, Shape},
        link::Link,
        loaded::loaded,
        notice::{Notice, Tone},
    },
    time::{Show, Time, When},
};

/// How many recovery codes the user signed in has left.
///
/// # Errors
/// When no user is signed in or the database is unavailable.
#[server(prefix = "/api/fn", endpoint = "recovery_codes_left")]
pub async fn recovery_codes_left() -> Result<i64, AppError> {
    use accounts::second_factor::recovery_codes::left;

    use crate::context::{reader, signed_in};

    let me = signed_in()?;
    let mut conn = reader().await?;
    Ok(left(&mut conn, &me.user.id).await?)
}

/// Fewer than this many left are warned of.
const FEW: i64 = 4;

/// The card, and what has just been done to it.
#[component]
pub fn TwoFactor() -> impl IntoView {
    let viewer = viewer();
    let since = viewer.as_ref().and_then(|v| v.two_factor.clone());
    let plans = viewer.and_then(|v| v.two_factor_plans);
    view! {
        {boot().flash.map(|flash| view! { <JustDone flash /> })}
        <section class="card" aria-labelledby="two-factor-title">
            <div class="card__body">
                <div class="card__header">
                    <div class="card__heading">
                        <Disc shape=Shape::Shield tint=if since.is_some() { "success" } else { "plain" } />
                        <h2 class="card__title" id="two-factor-title">"Two-factor authentication"</h2>
                        {since.is_some().then(|| view! { <span class="badge badge--success">"On"</span> })}
                    </div>
                    <p class="card__text">
                        "Sign in with a code from an app on your phone as well as your password. Your password alone is then not enough to get in."
                    </p>
                </div>
                {match (since, plans) {
                    (Some(since), _) => view! { <On since /> }.into_any(),
                    (None, Some(plans)) => {
                        view! {
                            <p>
                                <button class="button" type="button" disabled aria-describedby="two-factor-plan">
                                    "Set up"
                                </button>
                            </p>
                            <p class="card__text" id="two-factor-plan">{format!("Available on {plans}.")} <ChangePlan /></p>
                        }
                            .into_any()
                    }
                    (None, None) => {
                        view! {
                            <p>
                                <Link class="button" href="/profile/two-factor">"Set up"</Link>
                            </p>
                        }
                            .into_any()
                    }
                }}
            </div>
        </section>
    }
}

#[component]
fn On(since: Time) -> impl IntoView {
    let left = Resource::new_blocking(|| (), |()| recovery_codes_left());
    view! {
        {loaded(left, move |left| {
            let codes = counted(left.unsigned_abs(), "recovery code", "recovery codes");
            let since = since.clone();
            view! {
                {(left < FEW)
                    .then(|| {
                        view! {
                            <Notice
                                tone=Tone::Warning
                                title=format!("You have {codes} left")
                                text="Create new ones before they run out: without a code and without your phone, you can’t sign in."
                            />
                        }
                    })}
                <dl class="facts">
                    <div class="facts__row">
                        <dt class="facts__label">"On since"</dt>
                        <dd class="facts__value"><When at=since show=Show::Day /></dd>
                    </div>
                    <div class="facts__row">
                        <dt class="facts__label">"Recovery codes"</dt>
                        <dd class="facts__value">{format!("{left} of 16 left")}</dd>
                    </div>
                </dl>
            }
        })}
        <p class="cluster">
            <Link class="button" href="/profile/two-factor/new-codes">"New recovery codes"</Link>
            <Link class="button button--quiet" href="/profile/two-factor/off">"Turn off"</Link>
        </p>
    }
}

#[component]
fn JustDone(flash: Flash) -> impl IntoView {
    let (title, text) = match flash {
        Flash::Done(Done::TwoFactorOn {
            sessions,
            remembered_devices,
        }) => (
            "Two-factor authentication is on",
            others_ended(sessions, remembered_devices),
        ),
        Flash::Done(Done::TwoFactorOff {
            sessions,
            remembered_devices,
        }) => (
            "Two-factor authentication is off",
            others_ended(sessions, remembered_devices),
        ),
        Flash::Done(Done::NewRecoveryCodes) => (
            "Your new recovery codes are in use",
            "The old ones no longer work.".into(),
        ),
        _ => return ().into_any(),
    };
    view! { <Notice tone=Tone::Success title=title text=text /> }.into_any()
}
