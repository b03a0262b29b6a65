//! `/settings/applications/one?application=…`: one application: how it is set up, its test and secret, who is signed in there,
//! what it was told, and its form.

mod add_redirect;
mod notices;
mod operations;
mod set_up;
mod signed_in;

use accounts::{
    applications::{self, Access, Application, Details, Kind, LastAnswer},
    ids::ApplicationId,
    instance::Reader,
    secret::Secret,
    text::visible,
};
use leptos::prelude::*;

use super::{
    PAGE, counts_from,
    form::{Form, Members, fields, members},
    presets, remove, told,
};
use crate::{
    boot::boot,
    context::{query, reader, signed_in as user},
    error::AppError,
    flash::{Flash, Note},
    parts::{
        button::Submit,
        form::Sent,
        form_fields::FormFields,
        link::Link,
        notice::{Notice, Tone},
        plain::said,
    },
    time::{Show, Time, When},
};

/// Notices, and sign-ins there, that are shown.
const SHOWN: i64 = 20;

pub async fn draw() -> Result<AnyView, AppError> {
    let me = user()?;
    let id = ApplicationId(query("application").unwrap_or_default());
    let mut conn = reader().await?;
    let application = applications::of_account(&mut conn, &me.user.account_id, &id).await?;
    let redirects = applications::redirects(&mut conn, &id).await?;
    let hosts = applications::hosts(&mut conn, &id).await?;
    let access = applications::access(&mut conn, &application).await?;
    let secrets = applications::count_secrets(&mut conn, &id).await?;
    let notices = applications::recent_notices(&mut conn, &id, SHOWN).await?;
    let there = applications::signed_in_there(&mut conn, &id, SHOWN + 1).await?;
    let last = applications::last_answer(&mut conn, &id).await?;
    let secret = secret_just_shown(&mut conn, &id).await?;
    drop(conn);
    let members = members(&me.user.account_id, &access).await?;
    let offered = query("redirect").filter(|_| application.kind == Kind::OpenId);
    let offered = offered.filter(|address| !redirects.contains(address));
    let page = view! {
        {said()}
        <div><Link class="button button--small" href=PAGE>"All applications"</Link></div>
        {offered.map(|address| add_redirect::offer(&application, address))}
        {heading(&application, last)}
        {application.declared_as.as_deref().map(declared)}
        {set_up::set_up(&application, &redirects, &hosts, secret.as_deref())?}
        {operations::operations(&application, secrets)}
        {signed_in::signed_in(there)}
        {(application.kind == Kind::OpenId).then(|| notices::notices(notices))}
        {change(&application, redirects, access, members)}
        {removing(&application)}
    };
    Ok(page.into_any())
}

/// The secret that this page shows this once, where it is one of this application.
async fn secret_just_shown(
    conn: &mut Reader,
    id: &ApplicationId,
) -> Result<Option<String>, AppError> {
    let Some(Flash::Note(Note {
        secret: Some(shown),
        ..
    })) = boot().flash
    else {
        return Ok(None);
    };
    let is_its_own = applications::is_secret_of(conn, id, &Secret::new(shown.clone())).await?;
    Ok(is_its_own.then_some(shown))
}

/// Its name and what kind it is.
fn heading(application: &Application, last: Option<LastAnswer>) -> impl IntoView + use<> {
    let (told, tone) = told(application, last);
    let since: Time = application.created_at.into();
    view! {
        <div>
            <div class="cluster">
                <h2 class="section__title" id="application-title">{visible(&application.name).into_owned()}</h2>
                <span class="badge">{application.kind.name()}</span>
                <span class=tone>{told}</span>
            </div>
            <p class="section__lead">"Registered " <When at=since show=Show::Day /> "."</p>
        </div>
    }
}

/// What is changed here lasts until the file is applied again.
fn declared(key: &str) -> impl IntoView + use<> {
    view! {
        <Notice
            tone=Tone::Info
            title="This application is in the operator’s file"
            text=format!("Its settings and secrets come from there, as {key}, at every start of Curfew. What you change here lasts until then.")
        />
    }
}

fn change(
    application: &Application,
    redirects: Vec<String>,
    access: Access,
    members: Members,
) -> impl IntoView + use<> {
    let filled = Details::of(application, redirects, access);
    let form = Form {
        sent: Sent::of(&["change_application"]),
        filled: &filled,
        preset: filled.preset.as_deref().and_then(presets::of),
        members,
        new: false,
    };
    let id = application.id.0.clone();
    let footer = counts_from(application.kind);
    view! {
        <section class="card" aria-labelledby="change-title">
            <form method="post" action="/api/fn/change_application" novalidate>
                <FormFields />
                <input type="hidden" name="application" value=id />
                <input type="hidden" name="kind" value=application.kind.key() />
                <div class="card__body">
                    <div class="card__header">
                        <h2 class="card__title" id="change-title">"Settings"</h2>
                        <p class="card__text">
                            "Members who may no longer use it are signed out of it at once."
                        </p>
                    </div>
                    {form.sent.summary()}
                    <div class="form">{fields(&form)}</div>
                </div>
                <div class="card__footer">
                    <p>{footer}</p>
                    <Submit look="" busy=false>"Save"</Submit>
                </div>
            </form>
        </section>
    }
}

/// The question stands on a page of its own.
fn removing(application: &Application) -> impl IntoView + use<> {
    let text = match application.kind {
        Kind::OpenId => {
            "Every sign-in there ends, its secrets are revoked, and its host is free again."
        }
        Kind::Gate => "No request gets through any more, and its host is free again.",
    };
    view! {
        <section class="card" aria-labelledby="remove-title">
            <div class="card__body">
                <div class="card__header">
                    <h2 class="card__title" id="remove-title">"Remove"</h2>
                    <p class="card__text">{text}</p>
                </div>
            </div>
            <div class="card__footer">
                <p>"You’re asked before anything happens."</p>
                <Link class="button button--danger-quiet" href=remove::page_of(application.id.as_str())>
                    "Remove application"
                </Link>
            </div>
        </section>
    }
}
