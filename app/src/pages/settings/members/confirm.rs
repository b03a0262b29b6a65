//! `/settings/members/confirm?operation=…&member=…`: confirms an operation on a member, with what will end.

use accounts::{applications, ids::UserId, members, sessions, text::visible};
use leptos::prelude::*;

use crate::{
    context::{query, reader, signed_in},
    counted::counted,
    error::{AppError, Code},
    parts::{
        button::Submit,
        form::Sent,
        form_fields::FormFields,
        icon::{Disc, Icon, Shape},
        link::Link,
    },
    remote_logout::{ApplicationFact, Applications},
};

/// What is asked before an operation.
struct Question {
    function: &'static str,
    title: String,
    /// What it means besides what ends.
    means: &'static str,
    /// Whether tokens end, too.
    tokens: bool,
    /// Whether nothing brings it back.
    is_final: bool,
    button: String,
}

fn question(operation: &str, name: &str) -> Option<Question> {
    Some(match operation {
        "remote_logout" => Question {
            function: "remote_logout_member",
            title: format!("Log {name} out from all devices?"),
            means: "They can sign in again, and they’re told that it was you.",
            tokens: false,
            is_final: true,
            button: format!("Log out {name}"),
        },
        "disable" => Question {
            function: "disable_member",
            title: format!("Disable {name}?"),
            means: "They can’t sign in until they’re enabled again. Sessions that end and tokens that are revoked don’t come back.",
            tokens: true,
            is_final: false,
            button: format!("Disable {name}"),
        },
        "reset_two_factor" => Question {
            function: "reset_two_factor",
            title: format!("Reset two-factor authentication of {name}?"),
            means: "For a member who has lost their phone and their recovery codes: make sure that it’s them who asks. Their password alone signs them in then, until they set it up again.",
            tokens: false,
            is_final: true,
            button: format!("Reset {name}’s second factor"),
        },
        "remove" => Question {
            function: "remove_member",
            title: format!("Remove {name}?"),
            means: "They’re removed from the account for good. Their name stays in the audit log.",
            tokens: true,
            is_final: true,
            button: format!("Remove {name}"),
        },
        _ => return None,
    })
}

pub async fn draw() -> Result<AnyView, AppError> {
    let me = signed_in()?;
    let not_found = || AppError::new(Code::NotFound, "There’s no such member in your account.");
    let id = UserId(query("member").unwrap_or_default());
    let mut conn = reader().await?;
    let member = members::find(&mut conn, &me.user.account_id, &id)
        .await?
        .ok_or_else(not_found)?;
    let operation = query("operation").unwrap_or_default();
    let asked = question(&operation, &visible(&member.name)).ok_or_else(not_found)?;
    let facts = sessions::facts(&mut conn, &id).await?;
    let there = applications::mine(&mut conn, &id).await?;
    drop(conn);
    let there: Vec<_> = there.iter().map(ApplicationFact::from).collect();
    // Only what there is: a row that says "0" hides those that matter.
    let line = |ends: bool, n: i64, one, many| {
        (n > 0).then(|| {
            let (class, shape) = if ends {
                ("outcome__item outcome__item--ends", Shape::XCircle)
            } else {
                ("outcome__item", Shape::CheckCircle)
            };
            view! {
                <li class=class>
                    <Icon shape />
                    <span>{counted(n.unsigned_abs(), one, many)}</span>
                </li>
            }
        })
    };
    let nothing = there.is_empty()
        && facts.sessions + facts.remembered_devices + facts.invitations == 0
        && (!asked.tokens || facts.api_tokens + facts.mcp_tokens == 0);
    let no_tokens = facts.api_tokens + facts.mcp_tokens == 0;
    let (invitation, invitations) = if asked.tokens {
        ("pending invitation", "pending invitations")
    } else {
        (
            "pending invitation: its link won’t work until it’s confirmed",
            "pending invitations: their links won’t work until they’re confirmed",
        )
    };
    let tokens = |ends| {
        view! {
            {line(ends, facts.api_tokens, "API token", "API tokens")}
            {line(ends, facts.mcp_tokens, "MCP token", "MCP tokens")}
        }
    };
    let sent = Sent::of(&[asked.function]);
    let page = view! {
        <div class="card card--lifted">
            <div class="card__body">
                <div class="cluster">
                    <Disc shape=Shape::LogOut tint="danger" />
                    <h1 class="auth__title">{asked.title}</h1>
                </div>
                {sent.summary()}
                <div class="outcome">
                    <section class="outcome__group" aria-labelledby="ends-title">
                        <h2 class="outcome__title" id="ends-title">"What will end"</h2>
                        <ul class="outcome__list" role="list">
                            {line(true, facts.sessions, "session", "sessions")}
                            {line(true, facts.remembered_devices, "remembered device", "remembered devices")}
                            {line(true, facts.invitations, invitation, invitations)}
                            {nothing.then(|| view! { <li class="outcome__item">"Nothing: they aren’t signed in anywhere."</li> })}
                            {asked.tokens.then(|| tokens(true))}
                        </ul>
                        <Applications applications=there />
                    </section>
                    {(!asked.tokens && !no_tokens)
                        .then(|| {
                            view! {
                                <section class="outcome__group" aria-labelledby="stays-title">
                                    <h2 class="outcome__title" id="stays-title">"What stays"</h2>
                                    <ul class="outcome__list" role="list">{tokens(false)}</ul>
                                </section>
                            }
                        })}
                    <p class="card__text">{asked.means}</p>
                    {asked.is_final.then(|| view! { <p class="outcome__warning">"This can’t be undone."</p> })}
                </div>
                <form class="form__actions" method="post" action=format!("/api/fn/{}", asked.function)>
                    <FormFields />
                    <input type="hidden" name="member" value=member.id.0 />
                    <input type="hidden" name="member_epoch" value=facts.epoch.to_string() />
                    <Link class="button" href="/settings/members">"Cancel"</Link>
                    <Submit look="button--danger" busy=false>{asked.button}</Submit>
                </form>
            </div>
        </div>
    };
    Ok(page.into_any())
}
