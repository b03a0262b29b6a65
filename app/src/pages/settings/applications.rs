//! `/settings/applications`: what signs in with Curfew.

mod check;
mod choose;
mod fields;
mod form;
mod functions;
mod gate_texts;
pub mod new;
pub mod one;
mod presets;
pub mod remove;
mod test_button;
mod wrong;

use accounts::{
    applications::{self, Application, Details, Kind, LastAnswer},
    text::visible,
};
use leptos::prelude::*;

pub use functions::*;
pub use test_button::*;

use crate::{
    context::{curfew, reader, signed_in},
    error::AppError,
    parts::{form::Sent, link::Link, plain::said},
    time::{Show, Time, When},
};

/// A new application of that preset at an address, for the operator's file: as its form comes filled in. None when there is no
/// such preset.
#[must_use]
pub fn of_preset(key: &str, address: &str) -> Option<Details> {
    if let Some(preset) = presets::of(key) {
        return Some(Details {
            redirects: preset.redirects(address),
            logout_address: preset.logout_address(address),
            ..preset.details()
        });
    }
    gate_texts::PROXIES
        .iter()
        .any(|(proxy, ..)| *proxy == key)
        .then(|| Details {
            preset: Some(key.to_owned()),
            ..Details::new(Kind::Gate, "")
        })
}

/// This page.
const PAGE: &str = "/settings/applications";

/// The page that registers one.
const NEW: &str = "/settings/applications/new";

/// The page of one application.
const ONE: &str = "/settings/applications/one";

/// From when on a change counts: only what signs in with OpenID is sent notices.
fn counts_from(kind: Kind) -> &'static str {
    match kind {
        Kind::OpenId => {
            "Notices that wait go to the new address, and are dropped if there is none."
        }
        Kind::Gate => "It counts from the next request on.",
    }
}

fn page_of(id: &str) -> String {
    format!("{ONE}?application={id}")
}

pub async fn draw() -> Result<AnyView, AppError> {
    let me = signed_in()?;
    let account = &me.user.account_id;
    let mut conn = reader().await?;
    let may = may_register(account).await?;
    let list = applications::list(&mut conn, account).await?;
    let mut rows = Vec::new();
    for application in list {
        let hosts = applications::hosts(&mut conn, &application.id).await?;
        let answer = applications::last_answer(&mut conn, &application.id).await?;
        rows.push(row(&application, &hosts, answer));
    }
    drop(conn);
    // A form that a program has sent here, or that was confirmed meanwhile, is shown where it was led back to.
    let sent = Sent::of(&["register_application"]);
    if may && sent.error().is_some() {
        return new::register(sent, account).await;
    }
    let none = rows.is_empty();
    let page = view! {
        {said()}
        {match (none, may) {
            (true, true) => choose::choose().into_any(),
            (true, false) => not_for_this_account().into_any(),
            (false, may) => view! { {header(may)} {table(rows)} }.into_any(),
        }}
    };
    Ok(page.into_any())
}

/// Whether the operator lets the account have applications.
async fn may_register(account: &accounts::ids::AccountId) -> Result<bool, AppError> {
    let allowed = curfew()?.instance.limits.applications_for;
    let mut conn = reader().await?;
    Ok(applications::may_register(&mut conn, allowed, account).await?)
}

fn header(may: bool) -> impl IntoView {
    let register = may.then(|| {
        view! { <Link class="button button--primary" href=NEW>"Register an application"</Link> }
    });
    view! {
        <div class="section__header">
            <p class="section__lead">
                "What members sign in to with their Curfew account, and how each learns of a remote logout."
            </p>
            {register}
        </div>
    }
}

fn row(
    application: &Application,
    hosts: &[String],
    last: Option<LastAnswer>,
) -> impl IntoView + use<> {
    let since: Time = application.created_at.into();
    let (told, _) = told(application, last);
    let (href, name) = (
        page_of(application.id.as_str()),
        visible(&application.name).into_owned(),
    );
    let kind = application.kind.name();
    view! {
        <tr>
            <th scope="row"><Link href=href>{name}</Link></th>
            <td data-label="Kind">{kind}</td>
            <td data-label="Host">{hosts.join(", ")}</td>
            <td data-label="At a remote logout">{told}</td>
            <td data-label="Since" class="table__number"><When at=since show=Show::Day /></td>
        </tr>
    }
}

/// How it learns of a logout by what is known now, and the badge for that.
fn told(application: &Application, last: Option<LastAnswer>) -> (&'static str, &'static str) {
    match (application.kind, &application.logout_address, last) {
        (Kind::Gate, ..) => ("Refused at its next request", "badge badge--success"),
        (Kind::OpenId, None, _) => ("Can’t be told", "badge badge--warning"),
        (Kind::OpenId, Some(_), None) => ("Told at once", "badge"),
        (Kind::OpenId, Some(_), Some(LastAnswer::Refused)) => {
            ("Told, but refused the last time", "badge badge--danger")
        }
        (Kind::OpenId, Some(_), Some(LastAnswer::GivenUp)) => (
            "Told, but never answered the last time",
            "badge badge--danger",
        ),
        (Kind::OpenId, Some(_), Some(LastAnswer::Failing)) => (
            "Told, but no good answer the last time",
            "badge badge--warning",
        ),
        (Kind::OpenId, Some(_), Some(LastAnswer::LoggedOut | LastAnswer::HadNoSession)) => {
            ("Told at once", "badge badge--success")
        }
    }
}

fn table(rows: Vec<impl IntoView + 'static>) -> impl IntoView {
    view! {
        <div class="table-frame" tabindex="0" role="region" aria-label="Table of applications">
            <table class="table table--stacks">
                <thead>
                    <tr>
                        <th scope="col">"Application"</th>
                        <th scope="col">"Kind"</th>
                        <th scope="col">"Host"</th>
                        <th scope="col">"At a remote logout"</th>
                        <th scope="col">"Since"</th>
                    </tr>
                </thead>
                <tbody>{rows.into_iter().collect_view()}</tbody>
            </table>
        </div>
    }
}

fn not_for_this_account() -> impl IntoView {
    view! {
        <p class="section__lead">
            "The operator of this Curfew lets the first account alone register applications (CURFEW_APPLICATIONS)."
        </p>
    }
}
