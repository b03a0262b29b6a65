//! The confirm dialog. It asks the database what would end each time it opens, and again whenever something happens to
//! the user while it is open.

use leptos::prelude::*;

use super::{
    Place, RemoteLogout,
    facts::remote_logout_facts,
    more::More,
    outcome::{NoUndo, Outcome},
};
use crate::{
    error::{AppError, Code},
    parts::{
        button::Submit,
        dialog::{Dialog, DialogHandle},
        form::{FormState, PostForm, leave_for_sign_in},
        form_fields::{About, AboutUser},
        icon::{Disc, Shape},
        loading::Loading,
        notice::{Notice, Tone},
    },
};

/// "Log out from all devices?" `asked` counts how often the button was pressed.
#[component]
pub fn ConfirmDialog(handle: DialogHandle, from: Place, asked: RwSignal<u32>) -> impl IntoView {
    let facts = Action::new(|(): &()| remote_logout_facts());
    let form = FormState::<RemoteLogout>::of("remote_logout");
    Effect::new(move |_| {
        if asked.get() > 0 {
            // A failure from the last time is not shown in a dialog that has just opened.
            form.clear();
            facts.clear();
            facts.dispatch(());
        }
    });
    #[cfg(feature = "hydrate")]
    crate::live::on_activity(
        move || async move {
            if handle.is_open() {
                remote_logout_facts().await.ok()
            } else {
                None
            }
        },
        move |fresh| {
            let fresh = fresh.map(Ok);
            // Drawn anew only for something new, because a reader may be in the middle of it.
            if fresh.is_some() && facts.value().get_untracked() != fresh {
                facts.value().set(fresh);
            }
        },
    );
    let failure = move || form.refusal();
    Effect::new(move |_| {
        let looked_up = match facts.value().get() {
            Some(Err(error)) => Some(error),
            _ => None,
        };
        if failure()
            .or(looked_up)
            .is_some_and(|error| error.is_signed_out())
        {
            leave_for_sign_in();
        }
    });
    Effect::new(move |_| {
        // Perhaps only the answer was lost. Asking again tells: if everything has ended, so has this session. After a
        // conflict what the dialog shows is no longer so.
        let asks_again = [Code::Unreachable, Code::Conflict];
        if failure().is_some_and(|error| asks_again.contains(&error.code)) {
            facts.dispatch(());
        }
    });
    let done = Memo::new(move |_| form.is_done());
    let busy = Signal::derive(move || {
        // When it is done, the sign-in page is on its way: still no second click.
        form.busy().get() || done.get()
    });
    // Kept while the facts are looked up again after a failure, so that what is ticked stays ticked.
    let tokens =
        Memo::new(
            move |before: Option<&Option<(bool, bool)>>| match facts.value().get() {
                None => None,
                Some(Ok(facts)) => Some((facts.api_tokens > 0, facts.mcp_tokens > 0)),
                Some(Err(_)) => before.copied().flatten().or(Some((true, true))),
            },
        );
    // What the dialog is described by: what is at stake is heard with its name.
    let consequences = Memo::new(move |_| match facts.value().get() {
        Some(Ok(facts)) => facts.consequences(),
        _ => "Ends every session and remembered device at once and signs you out here too."
            .to_owned(),
    });
    let words = move || {
        if failure().is_some_and(|error| error.code != Code::Conflict) {
            "Try again"
        } else {
            "Log out everywhere"
        }
    };
    view! {
        <Dialog handle labelled_by="dialog-title" described_by="dialog-lead no-undo">
            <div class="dialog__header">
                <Disc shape=Shape::LogOut tint="danger" />
                <h2 class="dialog__title" id="dialog-title">"Log out from all devices?"</h2>
            </div>
            <PostForm state=form class="dialog__form" names_user=true>
                <input type="hidden" name="from" value=from.name() />
                {move || match facts.value().get() {
                    Some(Ok(facts)) => view! { <About user=facts.user epoch=facts.epoch /> }.into_any(),
                    _ => view! { <AboutUser /> }.into_any(),
                }}
                <div class="dialog__body">
                    <p class="visually-hidden" id="dialog-lead">
                        {consequences}
                    </p>
                    {move || failure().map(|error| view! { <Failed error /> })}
                    {move || done.get().then(|| view! { <Ended /> })}
                    {move || match facts.value().get() {
                        Some(Ok(facts)) => view! { <Outcome facts /> }.into_any(),
                        Some(Err(_)) => {
                            view! {
                                <p>
                                    "Curfew couldn’t look up what will end. All your sessions and remembered devices would. API tokens, MCP tokens and two-factor authentication would stay."
                                </p>
                            }
                                .into_any()
                        }
                        None => view! { <Loading words="Looking up what will end…" /> }.into_any(),
                    }}
                    {move || {
                        tokens
                            .get()
                            .map(|(api_tokens, mcp_tokens)| view! { <More api_tokens mcp_tokens follow=true /> })
                    }}
                </div>
                <div class="dialog__actions">
                    <div class="dialog__note">
                        <NoUndo />
                    </div>
                    <button class="button" type="button" autofocus data-closes="">
                        "Cancel"
                    </button>
                    <Submit look="button--danger" busy>
                        {words}
                    </Submit>
                </div>
            </PostForm>
        </Dialog>
    }
}

/// Says that it is done, in place: the receipt is on the page that comes next.
#[component]
fn Ended() -> impl IntoView {
    view! {
        <Notice
            tone=Tone::Success
            title="You’re signed out everywhere"
            text="Your receipt is on the next page, which opens in a moment."
        />
    }
}

/// Says that nothing was changed. The dialog stays open.
#[component]
fn Failed(error: AppError) -> impl IntoView {
    // An answer that was lost looks like a request that was: no more is said than is known.
    let (title, text) = match error.code {
        Code::Unreachable => (
            "Curfew can’t be reached",
            "As far as this page can tell, nothing was changed. It’s safe to try again.".into(),
        ),
        _ => ("Nothing was changed", error.message.clone()),
    };
    (!error.is_signed_out()).then(|| view! { <Notice tone=Tone::Danger title text /> })
}
