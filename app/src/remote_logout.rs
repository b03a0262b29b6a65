//! Remote logout: the card, and the function it calls. Its dialog and its page without script show
//! the same [`outcome`].

mod advice;
#[cfg(feature = "ssr")]
pub mod confirm;
mod dialog;
mod facts;
pub(crate) mod more;
mod outcome;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

pub(crate) use advice::EndTheOthers;
#[cfg(feature = "ssr")]
pub(crate) use facts::ApplicationFact;
pub use facts::{Facts, remote_logout_facts};
#[cfg(feature = "ssr")]
pub(crate) use outcome::Applications;

use crate::{
    boot::viewer,
    error::AppError,
    parts::{
        change_plan::ChangePlan,
        dialog::DialogHandle,
        icon::{Disc, Icon, Shape},
        link::Link,
    },
};
use dialog::ConfirmDialog;

/// Where the card is: the page you are back on after signing in again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    Security,
    Password,
}

impl Place {
    /// The page's address.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::Security => "/profile/security",
            Self::Password => "/profile/password",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Security => "security",
            Self::Password => "password",
        }
    }

    /// The place a form's field `from` names; the Security tab unless it is `password`.
    #[must_use]
    pub fn named(name: &str) -> Self {
        if name == "password" {
            Self::Password
        } else {
            Self::Security
        }
    }
}

/// Ends every session and remembered device of the user signed in. `from` is `security` or
/// `password`: the page to come back to. With `revoke_api` or `revoke_mcp` ticked, the user's tokens
/// of that kind are revoked too. A page names in `for_user` and `for_epoch` what it showed: when that is no longer so,
/// nothing happens. A program may leave both out.
///
/// # Errors
/// `plan_required`, `conflict`, `session_ended`, `service_unavailable`; nothing has changed then.
#[server(prefix = "/api/fn", endpoint = "remote_logout")]
pub async fn remote_logout(
    from: Option<String>,
    revoke_api: Option<String>,
    revoke_mcp: Option<String>,
    for_user: Option<String>,
    for_epoch: Option<String>,
) -> Result<(), AppError> {
    use accounts::{
        applications::leave_receipt,
        sessions::{By, RevokeTokens, Surface, check_shown, end_all_and_revoke_tokens},
    };

    use crate::{
        context::{curfew, operation, set_cookie, signed_in},
        forms::{shown, ticked},
    };

    // Compared before the function runs, as in every form.
    drop(for_user);
    let me = signed_in()?;
    let from = from.as_deref().map_or(Place::Security, Place::named);
    let surface = match from {
        Place::Security => Surface::Security,
        Place::Password => Surface::Password,
    };
    let tokens = RevokeTokens {
        api_tokens: ticked(revoke_api.as_deref()),
        mcp_tokens: ticked(revoke_mcp.as_deref()),
    };
    let mut op = operation().await?;
    check_shown(&mut op, &me.user.id, shown(for_epoch.as_deref())).await?;
    let by = By::Session(&me.session);
    let (ended, revoked) =
        end_all_and_revoke_tokens(&mut op, &me.user.id, by, tokens, surface).await?;
    let token = leave_receipt(&mut op, &ended.event).await?;
    // Durable first: the answer promises that everything is dead.
    let receipts = op.commit().await?;
    leave_with_receipt(&ended, &revoked, &receipts)?;
    set_cookie(&curfew()?.cookies.receipt(&token));
    leptos_axum::redirect(&format!("/sign-in?next={}", from.path()));
    Ok(())
}

/// After a remote logout: this browser forgets what it was signed in with, and the next page shows the receipt.
#[cfg(feature = "ssr")]
pub(crate) fn leave_with_receipt(
    ended: &accounts::sessions::LogoutReceipt,
    revoked: &accounts::sessions::Revoked,
    receipts: &accounts::operation::Receipts,
) -> Result<(), AppError> {
    use http::{HeaderName, HeaderValue};

    use crate::{
        context::{curfew, leave, set_cookie, set_header},
        cookies::Kind,
        flash::{Flash, Receipt},
    };

    leave(&Flash::Receipt(Receipt {
        sessions: ended.sessions,
        remembered_devices: ended.remembered_devices,
        invitations: ended.invitations,
        applications: 0,
        may_be_open: false,
        being_told: false,
        behind_gate: false,
        at: ended.at.into(),
        event: receipts.hash(&ended.event).to_owned(),
        api_tokens: revoked.api_tokens,
        mcp_tokens: revoked.mcp_tokens,
    }))?;
    let cookies = curfew()?.cookies;
    set_cookie(&cookies.removed(Kind::Session));
    set_cookie(&cookies.removed(Kind::RememberMe));
    // Not "cookies": that would delete the receipt, and the cookie by which this browser is
    // known, and a stranger's failures could then keep this user out right after the remote logout.
    set_header(
        HeaderName::from_static("clear-site-data"),
        HeaderValue::from_static("\"cache\", \"storage\""),
    );
    Ok(())
}

/// The card on Profile → Security and Profile → Password.
///
/// Its button leads to the confirm page, so a click is never lost; once the page is live it opens
/// the dialog instead.
#[island]
pub fn RemoteLogout(from: Place) -> impl IntoView {
    let has_it = viewer().is_some_and(|v| v.remote_logout);
    let dialog = DialogHandle::new();
    let asked = RwSignal::new(0_u32);
    let open = move |event: leptos::ev::SubmitEvent| {
        if dialog.open() {
            event.prevent_default();
            asked.update(|n| *n += 1);
        }
    };
    let class = if has_it {
        "remote-logout"
    } else {
        "remote-logout remote-logout--locked"
    };
    view! {
        <section class=class aria-labelledby="remote-logout-title" translate="no">
            {if has_it {
                view! { <Disc shape=Shape::LogOut tint="danger" /> }
            } else {
                view! { <Disc shape=Shape::Lock tint="plain" /> }
            }}
            <div class="remote-logout__text">
                <h2 class="remote-logout__title" id="remote-logout-title">
                    "Log out from all devices"
                </h2>
                <p class="remote-logout__lead">
                    "Ends every session and remembered device at once, on every device, including this one."
                </p>
                <AboutThePlan />
            </div>
            <div class="remote-logout__action">
                {if has_it {
                    view! {
                        <form class="button-form" method="get" action="/profile/remote-logout" on:submit=open>
                            <input type="hidden" name="from" value=from.name() />
                            <button class="button button--danger" type="submit" aria-haspopup="dialog">
                                "Remote logout"
                            </button>
                        </form>
                    }
                        .into_any()
                } else {
                    view! {
                        <button class="button" type="button" disabled aria-describedby="remote-logout-plan">
                            "Remote logout"
                        </button>
                    }
                        .into_any()
                }}
            </div>
        </section>
        {has_it.then(|| view! { <ConfirmDialog handle=dialog from asked /> })}
    }
}

/// What the plan has to do with it: which plans have it and what can be done instead, or why it is still there after a
/// downgrade.
#[component]
fn AboutThePlan() -> impl IntoView {
    viewer().and_then(|viewer| {
        let about = if !viewer.remote_logout {
            view! {
                <span id="remote-logout-plan">{format!("Available on {}.", viewer.remote_logout_plans)}</span>
                <ChangePlan />
                " On every plan, "
                <Link href="/profile/password">"changing your password"</Link>
                " signs out all your other devices."
            }
            .into_any()
        } else if viewer.remote_logout_kept {
            view! {
                {format!(
                    "Your account is now on {}, which doesn’t include this. You can still use it for as long as anything from before the change is signed in.",
                    viewer.plan,
                )}
            }
            .into_any()
        } else {
            return None;
        };
        Some(
            view! {
                <p class="remote-logout__plan">
                    <Icon shape=Shape::Info small=true />
                    <span>{about}</span>
                </p>
            },
        )
    })
}
