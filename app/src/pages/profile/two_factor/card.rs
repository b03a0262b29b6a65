//! Two-factor authentication on Profile → Security: whether it is on, and how many codes are left. It follows the
//! database while it is looked at.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::{
    boot::boot,
    counted::others_ended,
    flash::{Done, Flash},
};
use crate::{
    counted::counted,
    error::AppError,
    islands::following,
    parts::{
        change_plan::ChangePlan,
        icon::{Disc, Shape},
        link::Link,
        notice::{Notice, Tone},
    },
    time::{Show, Time, When},
};

/// Whether two-factor authentication is on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TwoFactorState {
    /// Since when.
    pub since: Option<Time>,
    /// Recovery codes that are left.
    pub codes: i64,
    /// The plans that have it, when this user's has not.
    pub plans: Option<String>,
}

#[cfg(feature = "ssr")]
impl TwoFactorState {
    pub(crate) async fn read(
        conn: &mut accounts::instance::Reader,
        me: &accounts::sessions::SignedIn,
    ) -> Result<Self, accounts::db::DatabaseError> {
        use accounts::second_factor::recovery_codes::left;

        let since = me.user.two_factor_since;
        Ok(Self {
            since: since.map(Into::into),
            codes: match since {
                Some(_) => left(conn, &me.user.id).await?,
                None => 0,
            },
            plans: crate::plan_names::two_factor_plans(&me.user),
        })
    }
}

/// Whether two-factor authentication is on for the user signed in.
///
/// # Errors
/// When no user is signed in or the database is unavailable.
#[server(prefix = "/api/fn", endpoint = "two_factor_status")]
pub async fn two_factor_status() -> Result<TwoFactorState, AppError> {
    use crate::context::{reader, signed_in};

    let me = signed_in()?;
    let mut conn = reader().await?;
    Ok(TwoFactorState::read(&mut conn, &me).await?)
}

/// Fewer than this many left are warned of.
const FEW: i64 = 4;

/// The card. `status` is what the page came with.
#[island]
pub fn TwoFactor(status: TwoFactorState) -> impl IntoView {
    let status = following(status, two_factor_status);
    let on = Memo::new(move |_| status.with(|status| status.since.is_some()));
    view! {
        <section class="card" aria-labelledby="two-factor-title" translate="no">
            <div class="card__body">
                <div class="card__header">
                    <div class="card__heading">
                        {move || view! { <Disc shape=Shape::Shield tint=if on.get() { "success" } else { "plain" } /> }}
                        <h2 class="card__title" id="two-factor-title">"Two-factor authentication"</h2>
                        {move || on.get().then(|| view! { <span class="badge badge--success">"On"</span> })}
                    </div>
                    <p class="card__text">
                        "Sign in with a code from an app on your phone as well as your password. Your password alone is then not enough to get in."
                    </p>
                </div>
                {move || match status.get() {
                    TwoFactorState { since: Some(since), codes, .. } => {
                        view! { <On since codes /> }.into_any()
                    }
                    TwoFactorState { plans: Some(plans), .. } => {
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
                    _ => {
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
fn On(since: Time, codes: i64) -> impl IntoView {
    let left = counted(codes.unsigned_abs(), "recovery code", "recovery codes");
    view! {
        {(codes < FEW)
            .then(|| {
                view! {
                    <Notice
                        tone=Tone::Warning
                        title=format!("You have {left} left")
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
                <dd class="facts__value">{format!("{codes} of 16 left")}</dd>
            </div>
        </dl>
        <p class="cluster">
            <Link class="button" href="/profile/two-factor/new-codes">"New recovery codes"</Link>
            <Link class="button button--quiet" href="/profile/two-factor/off">"Turn off"</Link>
        </p>
    }
}

/// What has just been done to it.
#[cfg(feature = "ssr")]
#[component]
pub fn JustDone() -> impl IntoView {
    let Some(flash) = boot().flash else {
        return ().into_any();
    };
    let (title, text) = match flash {
        Flash::Done(Done::TwoFactorOn(ended)) => {
            ("Two-factor authentication is on", others_ended(ended))
        }
        Flash::Done(Done::TwoFactorOff(ended)) => {
            ("Two-factor authentication is off", others_ended(ended))
        }
        Flash::Done(Done::NewRecoveryCodes) => (
            "Your new recovery codes are in use",
            "The old ones no longer work.".into(),
        ),
        _ => return ().into_any(),
    };
    view! { <Notice tone=Tone::Success title=title text=text /> }.into_any()
}
