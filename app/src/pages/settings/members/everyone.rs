//! `/settings/members/everyone`: confirms that everyone is logged out.

use accounts::{applications, members, plans::Feature, roles::Role, users::User};
use leptos::prelude::*;

use super::roles::plans;
use crate::{
    context::{reader, signed_in},
    counted::counted,
    error::AppError,
    parts::{
        button::Submit,
        change_plan::ChangePlan,
        field::Checkbox,
        form::Sent,
        form_fields::FormFields,
        icon::{Disc, Icon, Shape},
        link::Link,
    },
    remote_logout::{ApplicationFact, Applications},
};

pub async fn draw() -> Result<AnyView, AppError> {
    let me = signed_in()?;
    let mut conn = reader().await?;
    let facts = members::count_everyone(&mut conn, &me.user.account_id).await?;
    let there = applications::of_everyone(&mut conn, &me.user.account_id).await?;
    drop(conn);
    let there: Vec<_> = there.iter().map(ApplicationFact::from).collect();
    let line = |class: &str, words: String| {
        view! {
            <li class=format!("outcome__item outcome__item--ends {class}")>
                <Icon shape=Shape::XCircle />
                <span>{words}</span>
            </li>
        }
    };
    // Only what there is: a row that says "0" hides those that matter.
    let ends = |n: u64, one, many| (n > 0).then(|| line("", counted(n, one, many)));
    // Both are drawn: the style sheet shows the one that the box below says.
    let others = facts.sessions.saturating_sub(1);
    let others = match others {
        0 => "No other session".to_owned(),
        n => counted(n, "other session", "other sessions"),
    };
    let all = counted(
        facts.sessions,
        "session, this one too",
        "sessions, this one too",
    );
    let page = view! {
        <div class="card card--lifted">
            <form class="card__body" method="post" action="/api/fn/remote_logout_everyone">
                <FormFields />
                <div class="cluster">
                    <Disc shape=Shape::LogOut tint="danger" />
                    <h1 class="auth__title">"Log everyone out?"</h1>
                </div>
                {Sent::of(&["remote_logout_everyone"]).summary()}
                <div class="outcome">
                    <section class="outcome__group" aria-labelledby="ends-title">
                        <h2 class="outcome__title" id="ends-title">
                            {format!("What will end for {}", counted(facts.users, "member", "members"))}
                        </h2>
                        <ul class="outcome__list" role="list">
                            {line("outcome__others", others)}
                            {line("outcome__all", all)}
                            {ends(facts.remembered_devices, "remembered device", "remembered devices")}
                            {ends(
                                facts.invitations,
                                "pending invitation: its link won’t work until it’s confirmed",
                                "pending invitations: their links won’t work until they’re confirmed",
                            )}
                        </ul>
                        <Applications applications=there />
                    </section>
                    <p class="card__text">
                        "API tokens, MCP tokens and two-factor authentication aren’t affected. Everyone can sign in again, and is told that it was you."
                    </p>
                    <p class="outcome__warning">"This can’t be undone."</p>
                </div>
                <Checkbox
                    name="keep_this"
                    label="Stay signed in here"
                    hint="This session continues. Your other sessions, your remembered devices and your sign-ins at applications end too."
                    ticked=true
                />
                <div class="form__actions">
                    <Link class="button" href="/settings/members">"Cancel"</Link>
                    <Submit look="button--danger" busy=false>"Log everyone out"</Submit>
                </div>
            </form>
        </div>
    };
    Ok(page.into_any())
}

/// The owner's "everyone". Shown locked where the plan lacks it, not at all to an admin.
pub(super) fn card(me: &User) -> impl IntoView + use<> {
    let has_it = me.available().has(Feature::RemoteLogout);
    let class = if has_it {
        "remote-logout"
    } else {
        "remote-logout remote-logout--locked"
    };
    (me.role == Role::Owner).then(|| {
        view! {
            <section class=class aria-labelledby="everyone-title">
                <span class=if has_it { "disc disc--danger" } else { "disc disc--plain" }>
                    <Icon shape=if has_it { Shape::LogOut } else { Shape::Lock } />
                </span>
                <div class="remote-logout__text">
                    <h2 class="remote-logout__title" id="everyone-title">"Log everyone out"</h2>
                    <p class="remote-logout__lead">
                        "Ends all sessions and remembered devices of every member at once."
                    </p>
                    {(!has_it)
                        .then(|| {
                            view! {
                                <p class="remote-logout__plan" id="everyone-plan">
                                    <Icon shape=Shape::Info small=true />
                                    <span>{format!("Available on {}.", plans(Feature::RemoteLogout))} <ChangePlan /></span>
                                </p>
                            }
                        })}
                </div>
                <div class="remote-logout__action">
                    {if has_it {
                        view! {
                            <Link class="button button--danger" href="/settings/members/everyone">
                                "Log everyone out"
                            </Link>
                        }
                            .into_any()
                    } else {
                        view! {
                            <button class="button" type="button" disabled aria-describedby="everyone-plan">
                                "Log everyone out"
                            </button>
                        }
                            .into_any()
                    }}
                </div>
            </section>
        }
    })
}
