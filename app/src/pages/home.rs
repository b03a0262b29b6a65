//! `/`: the page after signing in, with an overview of the user’s devices and account.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    alert::Alert,
    counted::counted,
    error::AppError,
    islands::following,
    parts::icon::{Disc, Shape},
    remote_logout::EndTheOthers,
};
#[cfg(feature = "ssr")]
use crate::{
    boot::{Viewer, viewer},
    parts::{
        change_plan::ChangePlan,
        layout::Page,
        link::Link,
        loaded::{awaited, loaded},
        plain::said,
    },
    time::{Show, When},
};

/// The numbers of the overview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    pub sessions: u64,
    pub remembered_devices: u64,
    /// What happened lately that the user should look at, newest first.
    pub alerts: Vec<Alert>,
}

/// How far back alerts are shown.
#[cfg(feature = "ssr")]
const LATELY: std::time::Duration = std::time::Duration::from_hours(30 * 24);

/// Counts the user's sessions and remembered devices, and finds what they should look at.
///
/// # Errors
/// When no user is signed in or the database is unavailable.
#[server(prefix = "/api/fn", endpoint = "standing")]
pub async fn account_overview() -> Result<Overview, AppError> {
    use crate::{
        context::{reader, signed_in},
        pages::profile::security::activity::alerts,
    };

    let me = signed_in()?;
    let mut conn = reader().await?;
    let user = &me.user;
    let facts = accounts::sessions::facts(&mut conn, &user.id).await?;
    let since = conn.now.at - LATELY;
    Ok(Overview {
        alerts: alerts::read(&mut conn, user, since).await?,
        sessions: facts.sessions.unsigned_abs(),
        remembered_devices: facts.remembered_devices.unsigned_abs(),
    })
}

#[cfg(feature = "ssr")]
#[component]
pub fn Home() -> impl IntoView {
    let numbers = Resource::new_blocking(|| (), |()| account_overview());
    viewer().map(|viewer| {
        let first = viewer.name.split_whitespace().next().unwrap_or_default().to_owned();
        view! {
            <Page title="Home" section="home" lead=format!("Hello {first}. Here’s an overview of your account.")>
                {said()}
                {loaded(numbers, move |overview| view! { <Summary overview viewer=viewer.clone() /> })}
                {awaited(applications)}
            </Page>
        }
    })
}

/// Where the user is signed in.
#[cfg(feature = "ssr")]
async fn applications() -> Result<AnyView, AppError> {
    use crate::{
        context::{reader, signed_in},
        pages::profile::security::applications::section,
    };

    let me = signed_in()?;
    let mut conn = reader().await?;
    let mine = accounts::applications::mine(&mut conn, &me.user.id).await?;
    Ok(section(mine).into_any())
}

#[cfg(feature = "ssr")]
#[component]
fn Summary(overview: Overview, viewer: Viewer) -> impl IntoView {
    let alerts = overview.alerts.clone();
    view! {
        <section class="card" aria-labelledby="devices-title" translate="no">
            <div class="card__body">
                <DeviceCount overview />
            </div>
            <div class="card__footer">
                <Link class="button" href="/profile/security">"See your devices"</Link>
                {viewer.remote_logout.then(remote_logout)}
            </div>
        </section>
        {(!alerts.is_empty()).then(|| view! { <Alerts alerts /> })}
        <section class="card" aria-labelledby="account-title">
            <div class="card__body">
                <h2 class="card__title" id="account-title">"Account"</h2>
                <dl class="facts">
                    <div class="facts__row">
                        <dt class="facts__label">"Account"</dt>
                        <dd class="facts__value">{viewer.account}</dd>
                    </div>
                    <div class="facts__row">
                        <dt class="facts__label">"Plan"</dt>
                        <dd class="facts__value">{viewer.plan} <ChangePlan /></dd>
                    </div>
                    <div class="facts__row">
                        <dt class="facts__label">"Your role"</dt>
                        <dd class="facts__value">{viewer.role}</dd>
                    </div>
                    <div class="facts__row">
                        <dt class="facts__label">"Signed in here"</dt>
                        <dd class="facts__value"><When at=viewer.signed_in show=Show::Ago /></dd>
                    </div>
                    <div class="facts__row">
                        <dt class="facts__label">"Password changed"</dt>
                        <dd class="facts__value"><When at=viewer.password_changed show=Show::Ago /></dd>
                    </div>
                </dl>
            </div>
        </section>
    }
}

/// On how many devices the user is signed in. It follows the database while it is looked at.
#[island]
fn DeviceCount(overview: Overview) -> impl IntoView {
    let overview = following(overview, account_overview);
    let devices = move || counted(overview.with(|o| o.sessions), "device", "devices");
    let remembered = move || match overview.with(|o| o.remembered_devices) {
        0 => "None are remembered.".to_owned(),
        1 => "One is remembered.".to_owned(),
        n => format!("{n} are remembered."),
    };
    view! {
        <div class="cluster">
            <Disc shape=Shape::Shield tint="success" large=true />
            <div>
                <h2 class="card__title" id="devices-title">
                    {move || format!("You’re signed in on {}", devices())}
                </h2>
                <p class="card__text">
                    {remembered} " If you don’t recognise one, " <EndTheOthers />
                </p>
            </div>
        </div>
    }
}

/// Leads to the question with what will end.
#[cfg(feature = "ssr")]
fn remote_logout() -> impl IntoView {
    view! {
        <form class="button-form" method="get" action="/profile/remote-logout">
            <input type="hidden" name="from" value="security" />
            <button class="button button--danger">"Remote logout"</button>
        </form>
    }
}

/// What happened lately that the user should look at.
#[cfg(feature = "ssr")]
#[component]
fn Alerts(alerts: Vec<Alert>) -> impl IntoView {
    let rows = alerts
        .into_iter()
        .map(|alert| {
            view! {
                <li class="activity__row activity__row--alert">
                    <p class="activity__what">{alert.what}</p>
                    <p class="activity__from">{alert.from}</p>
                    <p class="activity__when"><When at=alert.at show=Show::Ago /></p>
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="section" aria-labelledby="alerts-title">
            <div class="section__header">
                <div>
                    <h2 class="section__title" id="alerts-title">"Recent alerts"</h2>
                    <p class="section__lead">"From the last 30 days."</p>
                </div>
                <Link class="button button--small" href="/profile/security#activity-title">"See all activity"</Link>
            </div>
            <ul class="activity" role="list">{rows}</ul>
        </section>
    }
}
