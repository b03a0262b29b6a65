//! Why one is on the sign-in page: what a press ended, or how a session did.

use leptos::prelude::*;

use crate::{
    flash::{Because, Done, Flash, Reason, Receipt, counted},
    parts::{
        icon::{Icon, Shape},
        link::Link,
        notice::{Notice, Tone},
    },
    time::{Show, Time, When},
};

/// What the sign-in page says first: why one is here.
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
                title="You have a new password"
                text="Every session and all remembered devices have ended. Sign in with the new one."
            />
        }
        .into_any(),
        Flash::Done(Done::EmailChanged) => view! {
            <Notice tone=Tone::Success title="Your email address is changed" text="Sign in with the new one from now on." />
        }
        .into_any(),
        Flash::Done(Done::HalfSignInOver) => view! {
            <Notice
                tone=Tone::Warning
                title="Sign in again"
                text="This sign-in took too long, or was ended from another device."
            />
        }
        .into_any(),
        Flash::Note(note) => {
            view! { <Notice tone=Tone::Success title=note.title text=note.text.unwrap_or_default() /> }
                .into_any()
        }
        Flash::Done(_) | Flash::Form(_) => ().into_any(),
    }
}

/// After a press: what ended, and when.
#[component]
fn ReceiptCard(receipt: Receipt) -> impl IntoView {
    let sessions = counted(receipt.sessions, "session", "sessions");
    let devices = counted(
        receipt.remembered_devices,
        "remembered device",
        "remembered devices",
    );
    view! {
        <section class="receipt" aria-labelledby="receipt-title" role="status">
            <Icon shape=Shape::CheckCircle />
            <h2 class="receipt__title" id="receipt-title">"You’re signed out everywhere"</h2>
            <p class="receipt__text">
                {format!("{sessions} and {devices} ended at ")} <When at=receipt.at show=Show::Clock /> "."
            </p>
            <p class="receipt__meta">
                "API tokens, MCP tokens and two-factor authentication are as they were."
            </p>
        </section>
    }
}

/// After being refused: how the session ended. Says only what the store says.
#[component]
fn ReasonCard(reason: Reason) -> impl IntoView {
    let by = reason
        .by
        .map(|by| format!(" from {by}"))
        .unwrap_or_default();
    if let Some(who) = reason.who {
        return view! { <BySomebody who because=reason.because at=reason.at /> }.into_any();
    }
    let (before, after, ask) = match reason.because {
        Because::RemoteLogout => (
            "Signed out by Remote logout at ",
            format!("{by}. Was this you?"),
            true,
        ),
        Because::PasswordChanged => (
            "The password was changed at ",
            format!("{by}. Was this you?"),
            true,
        ),
        Because::TwoFactorChanged => (
            "Two-factor authentication was turned on or off at ",
            format!("{by}. Was this you?"),
            true,
        ),
        Because::Expired => ("This session ran out at ", ".".into(), false),
        Because::Limit => (
            "More devices were signed in than are allowed; this one was unused the longest and was signed out at ",
            ".".into(),
            false,
        ),
        Because::Reused => (
            "The saved sign-in of this device was used a second time, as if somebody had copied it. Its sessions ended at ",
            ". If that is not you, change your password.".into(),
            true,
        ),
        Because::Disabled => (
            "This account was disabled at ",
            ". Ask whoever runs this Curfew.".into(),
            false,
        ),
        Because::Removed => ("This account was deleted at ", ".".into(), false),
        Because::SignedOut => ("Signed out at ", ".".into(), false),
    };
    view! {
        <section class="receipt receipt--reason" aria-labelledby="reason-title" role="status">
            <Icon shape=Shape::LogOut />
            <h2 class="receipt__title" id="reason-title">"You were signed out"</h2>
            <p class="receipt__text">{before} <When at=reason.at show=Show::Clock /> {after}</p>
            {ask
                .then(|| {
                    view! {
                        <p class="receipt__actions">
                            "If it was not, sign in and "
                            <Link href="/sign-in?next=/profile/password">"change your password"</Link> "."
                        </p>
                    }
                })}
        </section>
    }    .into_any()
}

/// Somebody else did it, who may: an owner or an admin of the account.
#[component]
fn BySomebody(who: String, because: Because, at: Time) -> impl IntoView {
    let (did, then) = match because {
        Because::Disabled => (
            " disabled your account at ",
            ". Until it is enabled again you cannot sign in.",
        ),
        Because::Removed => (
            " removed you from the account at ",
            ". You cannot sign in with it any more.",
        ),
        _ => (
            " signed you out on all devices at ",
            ". You can sign in again.",
        ),
    };
    view! {
        <section class="receipt receipt--reason" aria-labelledby="reason-title" role="status">
            <Icon shape=Shape::LogOut />
            <h2 class="receipt__title" id="reason-title">"You were signed out"</h2>
            <p class="receipt__text">{who} {did} <When at show=Show::Clock /> {then}</p>
        </section>
    }
}
