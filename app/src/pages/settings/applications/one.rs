//! `/settings/applications/one?application=…`: one application: its configuration, test, secret, notices and form.

use accounts::{
    applications::{self, Application, Kind, ListedNotice, Outcome},
    ids::ApplicationId,
    text::visible,
};
use leptos::prelude::*;

use super::{
    PAGE,
    form::{Filled, fields},
    presets::{Text, texts},
};
use crate::{
    context::{curfew, query, reader, signed_in},
    error::{AppError, Code},
    parts::{
        button::Submit, copy::Copy, form::Sent, form_fields::FormFields, link::Link, plain::said,
    },
    time::{Show, Time, When},
};

/// Notices that are shown.
const SHOWN: i64 = 20;

/// What can be done with it besides changing it.
const OPERATIONS: &[&str] = &[
    "test_application",
    "new_application_secret",
    "revoke_old_application_secret",
    "remove_application",
];

pub async fn draw() -> Result<AnyView, AppError> {
    let me = signed_in()?;
    let id = ApplicationId(query("application").unwrap_or_default());
    let mut conn = reader().await?;
    let application = applications::find(&mut conn, &id)
        .await?
        .filter(|application| application.account_id == me.user.account_id)
        .ok_or_else(|| AppError::new(Code::NotFound, "There’s no such application."))?;
    let redirects = applications::redirects(&mut conn, &id).await?;
    let hosts = applications::hosts(&mut conn, &id).await?;
    let access = applications::access(&mut conn, &application).await?;
    let secrets = applications::count_secrets(&mut conn, &id).await?;
    let notices = applications::recent_notices(&mut conn, &id, SHOWN).await?;
    drop(conn);
    let filled = Filled::of(&application, &redirects, &access);
    let texts = texts(&application, &hosts, &curfew()?.public_url);
    let page = view! {
        {said()}
        <div class="cluster">
            <Link class="button button--small" href=PAGE>"All applications"</Link>
        </div>
        {configuration(&application, texts)}
        {operations(&application, secrets)}
        {change(&application, &filled)}
        {(application.kind == Kind::OpenId).then(|| told(notices))}
        {removing(&application)}
    };
    Ok(page.into_any())
}

fn configuration(application: &Application, texts: Vec<Text>) -> impl IntoView + use<> {
    let blocks = texts
        .into_iter()
        .enumerate()
        .map(|(n, Text { title, place, content: text })| {
            view! {
                <details class="snippet" open=n == 0>
                    <summary class="snippet__title">{title.clone()}</summary>
                    <div class="snippet__body">
                        <p class="snippet__place">{place}</p>
                        <pre class="snippet__text" tabindex="0" role="region" aria-label=title.clone()>
                            <code>{text.clone()}</code>
                        </pre>
                        <Copy text what=title />
                    </div>
                </details>
            }
        })
        .collect_view();
    let lead = match application.kind {
        Kind::OpenId => "OpenID Connect. Replace YOUR_SECRET with the secret that was shown once.",
        Kind::Gate => "Gate. Its reverse proxy asks Curfew at each request.",
    };
    view! {
        <section class="section" aria-labelledby="application-title">
            <div class="section__header">
                <div>
                    <h2 class="section__title" id="application-title">{visible(&application.name).into_owned()}</h2>
                    <p class="section__lead">{lead}</p>
                </div>
            </div>
            <div class="stack stack--tight">{blocks}</div>
        </section>
    }
}

fn button(
    application: &Application,
    function: &'static str,
    label: &'static str,
) -> impl IntoView + use<> {
    let action = format!("/api/fn/{function}");
    let id = application.id.0.clone();
    view! {
        <form class="button-form" method="post" action=action>
            <FormFields />
            <input type="hidden" name="application" value=id />
            <button class="button">{label}</button>
        </form>
    }
}

fn operations(application: &Application, secrets: i64) -> impl IntoView + use<> {
    let can_be_told = application.logout_address.is_some();
    let (test, new_secret, revoke) = (
        can_be_told.then(|| button(application, "test_application", "Send a test")),
        application
            .is_confidential
            .then(|| button(application, "new_application_secret", "New secret")),
        (secrets > 1).then(|| {
            button(
                application,
                "revoke_old_application_secret",
                "Revoke the old secret",
            )
        }),
    );
    let explained = match (application.kind, can_be_told) {
        (Kind::OpenId, true) => {
            "The test sends a logout token of a session that the application doesn’t have, right away, and shows what came back."
        }
        (Kind::OpenId, false) => {
            "It can’t be told of a logout: its own session lives until it ends by itself, or until its next refresh. Put the gate in front of it as well."
        }
        (Kind::Gate, _) => "After a remote logout its next request is refused.",
    };
    view! {
        <section class="card" aria-labelledby="operations-title">
            <div class="card__body">
                <div class="card__header">
                    <h2 class="card__title" id="operations-title">"Test and secret"</h2>
                    <p class="card__text">{explained}</p>
                </div>
                {Sent::of(OPERATIONS).summary()}
                <div class="cluster">{test} {new_secret} {revoke}</div>
            </div>
        </section>
    }
}

fn change(application: &Application, filled: &Filled) -> impl IntoView + use<> {
    let sent = Sent::of(&["change_application"]);
    let id = application.id.0.clone();
    view! {
        <section class="card" aria-labelledby="change-title">
            <form method="post" action="/api/fn/change_application" novalidate>
                <FormFields />
                <input type="hidden" name="application" value=id />
                <div class="card__body">
                    <div class="card__header">
                        <h2 class="card__title" id="change-title">"Settings"</h2>
                        <p class="card__text">
                            "Members who may no longer use it are signed out of it at once."
                        </p>
                    </div>
                    {sent.summary()}
                    <div class="form">{fields(&sent, filled, false)}</div>
                </div>
                <div class="card__footer">
                    <p>"Notices that wait go to the new address, and are dropped if there is none."</p>
                    <Submit busy=false>"Save"</Submit>
                </div>
            </form>
        </section>
    }
}

fn removing(application: &Application) -> impl IntoView + use<> {
    let id = application.id.0.clone();
    view! {
        <section class="card" aria-labelledby="remove-title">
            <div class="card__body">
                <div class="card__header">
                    <h2 class="card__title" id="remove-title">"Remove"</h2>
                    <p class="card__text">
                        "Every session there ends, and it is told so once more. Older notices that wait are dropped. Its secrets are revoked, and its host is free again."
                    </p>
                </div>
            </div>
            <div class="card__footer">
                <p>"This can’t be undone."</p>
                <form class="button-form" method="post" action="/api/fn/remove_application">
                    <FormFields />
                    <input type="hidden" name="application" value=id />
                    <button class="button button--danger-quiet">"Remove application"</button>
                </form>
            </div>
        </section>
    }
}

fn told(notices: Vec<ListedNotice>) -> impl IntoView {
    let none = notices.is_empty();
    let rows = notices.into_iter().map(row).collect_view();
    let body = if none {
        view! { <p class="section__lead">"None yet."</p> }.into_any()
    } else {
        view! {
            <div class="table-frame" tabindex="0" role="region" aria-label="Table of logout notices">
                <table class="table">
                    <thead>
                        <tr>
                            <th scope="col">"Member"</th>
                            <th scope="col">"Time"</th>
                            <th scope="col">"Tries"</th>
                            <th scope="col">"Status"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        }
        .into_any()
    };
    view! {
        <section class="section" aria-labelledby="notices-title">
            <div class="section__header">
                <div>
                    <h2 class="section__title" id="notices-title">"Logout notices"</h2>
                    <p class="section__lead">
                        "One for each session there that ended. A notice that isn’t answered is sent again after 1, 5, 15 and 30 minutes, one hour, two hours, and then every six hours."
                    </p>
                </div>
            </div>
            {body}
        </section>
    }
}

fn row(notice: ListedNotice) -> impl IntoView {
    let at: Time = notice.created_at.into();
    let status = match notice.outcome {
        Some(Outcome::LoggedOut) => {
            view! { <span class="badge badge--success">"Logged out"</span> }.into_any()
        }
        Some(Outcome::HadNoSession) => {
            view! { <span class="badge badge--success">"Had no session"</span> }.into_any()
        }
        Some(Outcome::Refused) => {
            view! { <span class="badge badge--danger">"Refused"</span> }.into_any()
        }
        Some(Outcome::GivenUp) => {
            view! { <span class="badge badge--danger">"Given up"</span> }.into_any()
        }
        Some(Outcome::Dropped) => view! { <span class="badge">"Dropped"</span> }.into_any(),
        None if notice.last_error.is_none() => {
            view! { <span class="badge">"Being told"</span> }.into_any()
        }
        None => {
            let next: Time = notice.next_try_at.into();
            view! {
                <span class="badge badge--warning">"Being told"</span>
                " next try "
                <When at=next show=Show::Full />
            }
            .into_any()
        }
    };
    let why = notice.last_error.unwrap_or_default();
    view! {
        <tr>
            <th scope="row">{visible(&notice.user_name).into_owned()}</th>
            <td class="table__number"><When at=at show=Show::Full /></td>
            <td class="table__number">{notice.tries}</td>
            <td>{status} " " {why}</td>
        </tr>
    }
}
