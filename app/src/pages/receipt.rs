//! `/receipt`: what a remote logout ended, and what each application has answered so far. For an hour to the browser that did
//! it, signed in or not, and to its user (`?event=…`) for as long as it is known. It loads itself again while an application
//! is being told, so that it needs no script.

mod told;

use accounts::{
    applications::{self, Receipt, Told},
    ids::EventId,
};
use http::{HeaderName, HeaderValue};
use leptos::prelude::*;

use crate::{
    context::{now, query, reader, receipt_token, set_header, signed_in},
    counted::{counted, ended},
    error::{AppError, Code},
    parts::{
        icon::{Icon, Shape},
        layout::Narrow,
        link::Link,
        loaded::awaited,
    },
    time::{Show, Time, When},
};
pub(super) use told::{
    ReadBy, answers_may_come, behind_gate, open_behind_gate, still_open, told_list,
};

/// How often the page loads itself again, in seconds: soon at first, because most applications answer within one.
const SOON: &str = "2";
const LATER: &str = "30";

/// How long "at first" is, in milliseconds.
const AT_FIRST: i64 = 60_000;

#[component]
pub fn ReceiptPage() -> impl IntoView {
    view! {
        <Narrow title="Receipt" wide=true>
            {awaited(draw)}
        </Narrow>
    }
}

async fn draw() -> Result<AnyView, AppError> {
    let mut conn = reader().await?;
    let receipt = match (query("event"), receipt_token()) {
        (Some(event), _) => {
            let me = signed_in()?;
            applications::receipt_of_event(&mut conn, &me.user.id, &EventId(event)).await?
        }
        (None, Some(token)) => applications::receipt_of(&mut conn, &token).await?,
        (None, None) => None,
    };
    let receipt = receipt.ok_or_else(|| {
        AppError::new(
            Code::NotFound,
            "There’s no receipt here. It’s kept for an hour in the browser that logged out everywhere.",
        )
    })?;
    let told = applications::told(&mut conn, &receipt.user, &receipt.event).await?;
    drop(conn);
    if answers_may_come(&told) {
        let soon = now().at.0 - receipt.at.0 < AT_FIRST;
        let seconds = if soon { SOON } else { LATER };
        set_header(
            HeaderName::from_static("refresh"),
            HeaderValue::from_static(seconds),
        );
    }
    Ok(card(receipt, told).into_any())
}

fn card(receipt: Receipt, told: Vec<Told>) -> impl IntoView {
    let what = ended(
        receipt.sessions.unsigned_abs(),
        receipt.remembered_devices.unsigned_abs(),
    );
    let what = what.unwrap_or_else(|| "No session was left to end".into());
    let way_on = match signed_in() {
        Ok(_) => view! { <Link href="/profile/security">"Back to Security"</Link> },
        Err(_) => view! { <Link href="/sign-in">"Sign in"</Link> },
    };
    let at: Time = receipt.at.into();
    let none = told.is_empty();
    view! {
        <section class="receipt" aria-labelledby="receipt-title">
            <Icon shape=Shape::CheckCircle />
            <h1 class="receipt__title" id="receipt-title">"Signed out everywhere"</h1>
            <p class="receipt__text">
                {what} " at " <When at show=Show::Clock /> "."
            </p>
            {(receipt.invitations > 0)
                .then(|| {
                    view! {
                        <p class="receipt__meta">
                            {counted(receipt.invitations.unsigned_abs(), "pending invitation", "pending invitations")}
                            " can’t be used until confirmed under Settings → Members."
                        </p>
                    }
                })}
            <h2 class="outcome__title">"Applications"</h2>
            {still_open(&told, ReadBy::TheUser)}
            {if none {
                view! { <p class="receipt__meta">"You weren’t signed in to any."</p> }.into_any()
            } else {
                told_list(told).into_any()
            }}
            {receipt
                .hash
                .map(|hash| {
                    view! {
                        <details class="receipt__meta">
                            <summary>
                                "Audit event " <code>{hash.get(..12).unwrap_or_default().to_owned()}</code>
                            </summary>
                            <code class="receipt__hash">{hash}</code>
                        </details>
                    }
                })}
            <p class="receipt__actions">{way_on}</p>
        </section>
    }
}
