//! `/settings/applications`: what signs in with Curfew. The list, and the form that registers one.

mod fields;
mod form;
mod functions;
pub mod one;
mod presets;

use accounts::{
    applications::{self, Application},
    text::visible,
};
use leptos::prelude::*;

pub use functions::*;

use crate::{
    context::{curfew, reader, signed_in},
    error::AppError,
    parts::{
        button::Submit,
        form::Sent,
        form_fields::FormFields,
        icon::{Disc, Shape},
        link::Link,
        plain::said,
    },
    time::{Show, Time, When},
};
use form::{Filled, fields};

/// This page.
const PAGE: &str = "/settings/applications";

/// The page of one application.
const ONE: &str = "/settings/applications/one";

fn page_of(id: &str) -> String {
    format!("{ONE}?application={id}")
}

pub async fn draw() -> Result<AnyView, AppError> {
    let me = signed_in()?;
    let account = &me.user.account_id;
    let mut conn = reader().await?;
    let may = applications::may_register(
        &mut conn,
        curfew()?.instance.limits.applications_for,
        account,
    )
    .await?;
    let list = applications::list(&mut conn, account).await?;
    let mut rows = Vec::new();
    for application in list {
        let hosts = applications::hosts(&mut conn, &application.id).await?;
        rows.push(row(&application, &hosts));
    }
    drop(conn);
    let none = rows.is_empty();
    let page = view! {
        {said()}
        {if none { empty().into_any() } else { table(rows).into_any() }}
        {if may { register().into_any() } else { not_for_this_account().into_any() }}
    };
    Ok(page.into_any())
}

fn row(application: &Application, hosts: &[String]) -> impl IntoView + use<> {
    let since: Time = application.created_at.into();
    let told = match (application.kind, &application.logout_address) {
        (applications::Kind::Gate, _) => "Refused at its next request",
        (applications::Kind::OpenId, Some(_)) => "Told at once",
        (applications::Kind::OpenId, None) => "Can’t be told",
    };
    let (href, name) = (
        page_of(application.id.as_str()),
        visible(&application.name).into_owned(),
    );
    let kind = application.kind.name();
    view! {
        <tr>
            <th scope="row"><Link href=href>{name}</Link></th>
            <td>{kind}</td>
            <td>{hosts.join(", ")}</td>
            <td>{told}</td>
            <td class="table__number"><When at=since show=Show::Day /></td>
        </tr>
    }
}

fn table(rows: Vec<impl IntoView + 'static>) -> impl IntoView {
    view! {
        <div class="table-frame" tabindex="0" role="region" aria-label="Table of applications">
            <table class="table">
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

fn empty() -> impl IntoView {
    view! {
        <div class="card">
            <div class="empty">
                <Disc shape=Shape::Search tint="plain" large=true />
                <h2 class="empty__title">"No applications yet"</h2>
                <p class="empty__text">
                    "Members sign in to what you register here with their Curfew account, and a remote logout signs them out there too."
                </p>
            </div>
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

fn register() -> impl IntoView {
    let sent = Sent::of(&["register_application"]);
    let filled = Filled::new();
    view! {
        <section class="card" aria-labelledby="register-title">
            <form method="post" action="/api/fn/register_application" novalidate>
                <FormFields />
                <div class="card__body">
                    <div class="card__header">
                        <h2 class="card__title" id="register-title">"Register an application"</h2>
                        <p class="card__text">
                            "An application that speaks OpenID Connect signs in by itself. Anything else goes behind a gate: its reverse proxy asks Curfew at each request."
                        </p>
                    </div>
                    {sent.summary()}
                    <div class="form">{fields(&sent, &filled, true)}</div>
                </div>
                <div class="card__footer">
                    <p>"Its secret is shown once, after you register it."</p>
                    <Submit busy=false>"Register"</Submit>
                </div>
            </form>
        </section>
    }
}
