//! Why you are on the sign-in page: what a remote logout ended, or how a session did.

use accounts::{
    applications::{self, Told},
    instance::Reader,
};
use leptos::prelude::*;

use crate::{
    context::{reader, receipt_token},
    counted::{counted, ended},
    error::{AppError, listed},
    flash::{Done, Flash, Receipt},
    pages::receipt::{ReadBy, answers_may_come, open_behind_gate, still_open, told_list},
    parts::{
        icon::{Icon, Shape},
        link::Link,
        loaded::awaited,
        notice::{Notice, Tone},
        plain::noted,
    },
    reason::{EndReason, Reason},
    time::{Show, Time, When},
};

/// What the sign-in page says first: why you are here.
#[component]
pub fn WhyHere(flash: Flash) -> impl IntoView {
    match flash {
        Flash::Receipt(receipt) => view! { <ReceiptCard receipt /> }.into_any(),
        Flash::Ended(reason) => view! { <ReasonCard reason /> }.into_any(),
        Flash::Done(Done::SignedOut) => {
            view! { <Notice tone=Tone::Success title="You’re signed out on this device" /> }
                .into_any()
        }
        Flash::Done(Done::PasswordReset) => view! {
            <Notice
                tone=Tone::Success
                title="Your password has been reset"
                text="All your sessions and remembered devices have ended. Sign in with the new password."
            />
        }
        .into_any(),
        Flash::Done(Done::EmailChanged) => view! {
            <Notice tone=Tone::Success title="Your email address has been changed" text="Sign in with the new one from now on." />
        }
        .into_any(),
        Flash::Done(Done::SignInExpired) => view! {
            <Notice
                tone=Tone::Warning
                title="Sign in again"
                text="This sign-in took too long or was ended from another device."
            />
        }
        .into_any(),
        Flash::Note(note) => noted(note).into_any(),
        Flash::Done(_) | Flash::Form(_) | Flash::Made(_) => ().into_any(),
    }
}

/// After a remote logout: what ended, and when.
#[component]
fn ReceiptCard(receipt: Receipt) -> impl IntoView {
    let what = ended(receipt.sessions, receipt.remembered_devices)
        .unwrap_or_else(|| "Your other devices were signed out already, and this one".into());
    let tokens = |n: Option<u64>, one, many| match n {
        Some(n) => (Some(counted(n, one, many)), None),
        None => (None, Some(many)),
    };
    let (api, api_stay) = tokens(receipt.api_tokens, "API token", "API tokens");
    let (mcp, mcp_stay) = tokens(receipt.mcp_tokens, "MCP token", "MCP tokens");
    let revoked: Vec<String> = api.into_iter().chain(mcp).collect();
    let stay: Vec<String> = [api_stay, mcp_stay, Some("two-factor authentication")]
        .into_iter()
        .flatten()
        .map(str::to_owned)
        .collect();
    let stay = format!("Not touched: {}.", listed(&stay));
    let rest = if revoked.is_empty() {
        stay
    } else {
        format!("Revoked: {}. {stay}", listed(&revoked))
    };
    let event = receipt.event.clone();
    let open = if receipt.may_be_open {
        " Some applications may still be open."
    } else {
        ""
    };
    let answers = if receipt.being_told {
        " Their answers come in under Settings → Applications."
    } else {
        ""
    };
    view! {
        <section class="receipt" aria-labelledby="receipt-title" role="status">
            <Icon shape=Shape::CheckCircle />
            <h2 class="receipt__title" id="receipt-title">"You’re signed out everywhere"</h2>
            <p class="receipt__text">
                {what} " at " <When at=receipt.at show=Show::Clock /> "."
            </p>
            <p class="receipt__meta">{rest}</p>
            {(receipt.invitations > 0)
                .then(|| {
                    view! {
                        <p class="receipt__meta">
                            {counted(receipt.invitations, "pending invitation", "pending invitations")}
                            " won’t work until confirmed under Settings → Members."
                        </p>
                    }
                })}
            {(receipt.applications > 0)
                .then(|| {
                    view! {
                        <p class="receipt__meta">
                            {counted(receipt.applications, "sign-in at an application", "sign-ins at applications")}
                            " ended, too." {open} {answers}
                        </p>
                    }
                })}
            {receipt.behind_gate.then(open_behind_gate)}
            {awaited(move || told(event.clone()))}
            <p class="receipt__meta">
                "If someone else may know your password, "
                <Link href="/sign-in?next=/profile/password">"sign in and change it"</Link> "."
            </p>
            <details class="receipt__meta">
                <summary>
                    "Audit event " <code>{receipt.event.get(..12).unwrap_or_default().to_owned()}</code>
                </summary>
                <code class="receipt__hash">{receipt.event}</code>
            </details>
        </section>
    }
}

/// The applications of this remote logout as they stand now, where this browser holds its receipt and there are any. The
/// card is whole without them: what cannot be looked up is left to `/receipt`.
async fn told(event: String) -> Result<AnyView, AppError> {
    let Some(told) = told_of_this_browser(&event).await else {
        return Ok(().into_any());
    };
    let way_on = if answers_may_come(&told) {
        "Follow their answers"
    } else {
        "Open the receipt"
    };
    let still_open = still_open(&told, ReadBy::TheUser);
    let list = (!told.is_empty()).then(|| told_list(told));
    let view = view! {
        {still_open}
        {list}
        <p class="receipt__meta">
            <Link href="/receipt">{way_on}</Link>
        </p>
    };
    Ok(view.into_any())
}

/// What each application was told of the remote logout with that hash.
async fn told_of_this_browser(hash: &str) -> Option<Vec<Told>> {
    let (mut conn, receipt) = receipt_of_this_browser().await?;
    if receipt.hash.as_deref() != Some(hash) {
        return None;
    }
    applications::told(&mut conn, &receipt.user, &receipt.event)
        .await
        .ok()
}

/// The way to the receipt that this browser holds, for a page that does not show it any more: after a mistyped password.
pub(super) async fn way_to_receipt() -> Result<AnyView, AppError> {
    let Some((_, receipt)) = receipt_of_this_browser().await else {
        return Ok(().into_any());
    };
    let at: Time = receipt.at.into();
    let view = view! {
        <p class="auth__aside">
            <Link href="/receipt">"Receipt of your remote logout"</Link> " at " <When at show=Show::Clock />
        </p>
    };
    Ok(view.into_any())
}

async fn receipt_of_this_browser() -> Option<(Reader, applications::Receipt)> {
    let token = receipt_token()?;
    let mut conn = reader().await.ok()?;
    let receipt = applications::receipt_of(&mut conn, &token).await.ok()??;
    Some((conn, receipt))
}

/// After being refused: how the session ended. Says only what the database says.
#[component]
fn ReasonCard(reason: Reason) -> impl IntoView {
    let Reason {
        end_reason,
        at,
        before,
        after,
        ask,
        ..
    } = reason;
    view! {
        <section class="receipt receipt--reason" aria-labelledby="reason-title" role="status">
            <Icon shape=Shape::LogOut />
            <h2 class="receipt__title" id="reason-title">"You were signed out"</h2>
            <p class="receipt__text">{before} <When at show=Show::Clock /> {after}</p>
            {match (ask, end_reason) {
                (false, _) => None,
                // A stranger who changed it keeps its owner out.
                (true, EndReason::PasswordChanged) => {
                    Some(
                        view! {
                            <p class="receipt__actions">
                                "If not, reset it by email: "
                                <Link href="/forgot-password">"Forgot your password?"</Link>
                            </p>
                        }
                            .into_any(),
                    )
                }
                (true, _) => {
                    Some(
                        view! {
                            <p class="receipt__actions">
                                "If not, sign in and "
                                <Link href="/sign-in?next=/profile/password">"change your password"</Link> "."
                            </p>
                        }
                            .into_any(),
                    )
                }
            }}
        </section>
    }
    .into_any()
}
