//! What the last operation on a member says on the members page: what ended, and what applications are told of it.

use accounts::{
    applications::{self, LogoutScope},
    ids::{AccountId, EventId},
    instance::Reader,
};
use leptos::prelude::*;

use crate::{
    boot::boot,
    error::AppError,
    flash::{Flash, Note},
    pages::receipt::{ReadBy, answers_may_come, still_open, told_list},
    parts::{
        icon::{Icon, Shape},
        link::Link,
        plain::said,
    },
};

/// As it stands now. A note alone where no sign-in at an application has ended.
pub(super) async fn done(conn: &mut Reader, account: &AccountId) -> Result<AnyView, AppError> {
    let Some(Flash::Note(Note {
        title,
        text,
        logged_out: Some(logged_out),
        ..
    })) = boot().flash
    else {
        return Ok(said().into_any());
    };
    let scope = if logged_out.everyone {
        LogoutScope::Everyone
    } else {
        LogoutScope::Member
    };
    let event = EventId(logged_out.event);
    let told = applications::told_of_members(conn, account, &event, scope).await?;
    if told.is_empty() {
        return Ok(said().into_any());
    }
    let answers_come = answers_may_come(&told).then(|| {
        view! {
            <p class="receipt__meta">
                "Their answers come in under " <Link href="/settings/applications">"Applications"</Link> "."
            </p>
        }
    });
    let view = view! {
        <section class="receipt" aria-labelledby="done-title" role="status">
            <Icon shape=Shape::CheckCircle />
            <h2 class="receipt__title" id="done-title">{title}</h2>
            {text.map(|text| view! { <p class="receipt__text">{text}</p> })}
            {still_open(&told, ReadBy::AnOwner)}
            {told_list(told)}
            {answers_come}
        </section>
    };
    Ok(view.into_any())
}
