//! `/settings/applications/remove?application=…`: asks before an application is removed, with what ends.

use accounts::{
    applications::{self, Application, CountThere, Kind},
    ids::ApplicationId,
    text::visible,
};
use leptos::prelude::*;

use super::page_of as page_of_one;
use crate::{
    context::{query, reader, signed_in},
    counted::counted,
    error::AppError,
    parts::{
        button::Submit,
        form::Sent,
        form_fields::FormFields,
        icon::{Disc, Icon, Shape},
        link::Link,
    },
};

/// This page, for that application.
pub(super) fn page_of(id: &str) -> String {
    format!("/settings/applications/remove?application={id}")
}

pub async fn draw() -> Result<AnyView, AppError> {
    let me = signed_in()?;
    let id = ApplicationId(query("application").unwrap_or_default());
    let mut conn = reader().await?;
    let application = applications::of_account(&mut conn, &me.user.account_id, &id).await?;
    let there = applications::count_there(&mut conn, &id).await?;
    drop(conn);
    let name = visible(&application.name).into_owned();
    let ends = ends(&application, there)
        .into_iter()
        .map(|(shape, words)| {
            let class = if shape == Shape::AlertTriangle {
                "outcome__item outcome__item--open"
            } else {
                "outcome__item outcome__item--ends"
            };
            view! { <li class=class><Icon shape /> <span>{words}</span></li> }
        })
        .collect_view();
    let no_member = (there.sessions == 0).then(|| {
        view! { <p class="outcome__note">"No member is signed in there now."</p> }
    });
    let declared = application.declared_as.is_some().then(|| {
        view! {
            <p class="card__text">
                "It’s in the operator’s file, and is registered anew at the next start of Curfew for as long as it stands there."
            </p>
        }
    });
    let page = view! {
        <div class="card card--lifted">
            <div class="card__body">
                <div class="cluster">
                    <Disc shape=Shape::LogOut tint="danger" />
                    <h1 class="auth__title">{format!("Remove {name}?")}</h1>
                </div>
                {Sent::of(&["remove_application"]).summary()}
                <div class="outcome">
                    <section class="outcome__group" aria-labelledby="ends-title">
                        <h2 class="outcome__title" id="ends-title">"What will end"</h2>
                        <ul class="outcome__list" role="list">{ends}</ul>
                        {no_member}
                    </section>
                    {declared}
                    <p class="outcome__warning">"This can’t be undone."</p>
                </div>
                <form class="form__actions" method="post" action="/api/fn/remove_application">
                    <FormFields />
                    <input type="hidden" name="application" value=application.id.0.clone() />
                    <Link class="button" href=page_of_one(application.id.as_str())>"Cancel"</Link>
                    <Submit look="button--danger" busy=false>{format!("Remove {name}")}</Submit>
                </form>
            </div>
        </div>
    };
    Ok(page.into_any())
}

/// What ends, a line each.
fn ends(application: &Application, there: CountThere) -> Vec<(Shape, String)> {
    let sessions = counted(there.sessions.unsigned_abs(), "sign-in", "sign-ins");
    let members = counted(there.members.unsigned_abs(), "member", "members");
    let mut lines = Vec::new();
    if there.sessions > 0 {
        lines.push((Shape::XCircle, format!("{sessions} of {members} there")));
    }
    match (application.kind, &application.logout_address) {
        (Kind::Gate, _) => {
            lines.push((
                Shape::XCircle,
                "No request gets through the gate any more".into(),
            ));
        }
        (Kind::OpenId, logout_address) => {
            if there.sessions > 0 {
                lines.push(told_once_more(application, logout_address.is_some()));
            } else if logout_address.is_some() {
                let words = "Older notices that still wait for its answer: they’re dropped";
                lines.push((Shape::AlertTriangle, words.into()));
            }
            if application.is_confidential {
                lines.push((Shape::XCircle, "Its secrets".into()));
            }
            lines.push((Shape::XCircle, "Signing in there with Curfew".into()));
        }
    }
    lines
}

fn told_once_more(application: &Application, can_be_told: bool) -> (Shape, String) {
    if can_be_told {
        let told = "It’s told so once more. Older notices that wait are dropped";
        return (Shape::Info, told.into());
    }
    let days = (application.own_session().as_secs() / 86_400).max(1);
    let lives = counted(days, "day", "days");
    let words = format!("It can’t be told: its own sessions may live up to {lives}");
    (Shape::AlertTriangle, words)
}
