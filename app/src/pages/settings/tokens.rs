//! `/settings/api` and `/settings/mcp`: the tokens that a remote logout leaves alone.
//!
//! Plain pages: forms that the browser sends itself, and a page that comes back from the server, so that a value is
//! drawn by the server once and kept nowhere.

mod create;
mod created;
mod listed;
pub mod revoke;
mod setup;
mod words;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

pub use create::{CreateApiToken, CreateMcpToken, create_api_token, create_mcp_token};
pub use revoke::{RevokeApiToken, RevokeMcpToken, revoke_api_token, revoke_mcp_token};

use super::SettingsPage;
use crate::{
    boot::boot,
    error::AppError,
    flash::{Done, Flash},
    parts::{
        loaded::loaded,
        notice::{Notice, Tone},
    },
    time::Time,
};
use create::Create;
use created::{NewValue, Setup};
use listed::List;
pub(crate) use words::{API, MCP, Words};

/// A token in the list; its value is not here.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Token {
    pub id: String,
    pub name: String,
    /// Whether it may end sessions too.
    pub may_end: bool,
    pub created: Time,
    pub last_used: Option<Time>,
    pub expires: Option<Time>,
    pub expired: bool,
}

/// What one of the two pages shows.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Shown {
    pub tokens: Vec<Token>,
    /// Why the user cannot create any; none when they can.
    pub locked: Option<String>,
    /// The one that was created just now, shown only once.
    pub created: Option<CreatedToken>,
    /// How programs are told of a token.
    pub setup: Vec<Snippet>,
}

/// A token that was created just now.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CreatedToken {
    pub id: String,
    pub name: String,
    pub value: crate::flash::Value,
    pub expires: Option<Time>,
}

/// Text to copy: a command, or a file's content.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Snippet {
    pub program: String,
    /// Where it goes.
    pub place: String,
    pub text: String,
}

/// The user's own tokens of a kind: `api` or `mcp`.
///
/// # Errors
/// `malformed` when there is no such kind, `session_ended`, `service_unavailable`.
#[server(prefix = "/api/fn", endpoint = "tokens")]
pub async fn tokens(kind: String) -> Result<Shown, AppError> {
    use accounts::tokens::list;

    use crate::{
        context::{curfew, now, reader, signed_in, visit},
        error::listed,
    };

    let (curfew, me, now) = (curfew()?, signed_in()?, now());
    let kind = kind_named(&kind)?;
    let mut conn = reader().await?;
    let tokens: Vec<Token> = list(&mut conn, &me.user.id, kind)
        .await?
        .into_iter()
        .map(|t| Token::shown(t, kind, now))
        .collect();
    // Only the page of the user who created it shows it, whichever user signs in here next.
    let created = match visit()?.flash {
        Some(Flash::Made(new)) => tokens
            .iter()
            .find(|t| t.id == new.id)
            .map(|t| CreatedToken {
                id: new.id,
                name: t.name.clone(),
                value: new.value,
                expires: t.expires.clone(),
            }),
        _ => None,
    };
    let plans = accounts::plans::Plan::with(kind.feature());
    let names: Vec<String> = plans.iter().map(|p| p.name().to_owned()).collect();
    let locked =
        (!me.user.plan.has(kind.feature())).then(|| format!("Available on {}.", listed(&names)));
    let setup = setup::snippets(
        kind,
        &curfew.public_url,
        created.as_ref().map(|new| new.value.expose()),
    );
    Ok(Shown {
        tokens,
        locked,
        created,
        setup,
    })
}

impl Token {
    fn shown(
        t: accounts::tokens::Listed,
        kind: accounts::tokens::Kind,
        now: accounts::time::Moment,
    ) -> Self {
        Self {
            id: t.id.0,
            name: accounts::text::visible(&t.name).into_owned(),
            may_end: t.scopes.has(kind.ending_scope()),
            created: t.created_at.into(),
            last_used: t.last_used_at.map(Into::into),
            expired: t.expires_at.is_some_and(|at| at <= now.at),
            expires: t.expires_at.map(Into::into),
        }
    }
}

fn kind_named(name: &str) -> Result<accounts::tokens::Kind, AppError> {
    use accounts::tokens::Kind;

    match name {
        "api" => Ok(Kind::Api),
        "mcp" => Ok(Kind::Mcp),
        _ => Err(AppError::new(
            crate::error::Code::Malformed,
            "There’s no such kind of token.",
        )),
    }
}

#[component]
pub fn Api() -> impl IntoView {
    view! { <TokensPage words=API /> }
}

#[component]
pub fn Mcp() -> impl IntoView {
    view! { <TokensPage words=MCP /> }
}

#[component]
fn TokensPage(words: Words) -> impl IntoView {
    let page = Resource::new_blocking(move || words.kind, |kind| tokens(kind.to_owned()));
    let revoked = boot().flash == Some(Flash::Done(Done::TokenRevoked));
    view! {
        <SettingsPage here=words.here tab=words.heading>
            {revoked
                .then(|| {
                    view! {
                        <Notice tone=Tone::Success title="Token revoked" text="Programs that use it no longer have access." />
                    }
                })}
            {loaded(page, move |page| view! { <Content words page /> })}
        </SettingsPage>
    }
}

#[component]
fn Content(words: Words, page: Shown) -> impl IntoView {
    let Shown {
        tokens,
        locked,
        created,
        setup,
    } = page;
    let (setup_here, setup_below) = if created.is_some() || locked.is_some() {
        (setup, Vec::new())
    } else {
        (Vec::new(), setup)
    };
    let can = locked.is_none();
    view! {
        {created.map(|created| view! { <NewValue created words setup=setup_here /> })}
        <Create words locked />
        <List words tokens />
        {(can && !setup_below.is_empty())
            .then(|| {
                view! {
                    <section class="section" aria-labelledby="setup-title">
                        <div class="section__header">
                            <div>
                                <h2 class="section__title" id="setup-title">"Use a token"</h2>
                                <p class="section__lead">
                                    "Replace YOUR_TOKEN with your token."
                                </p>
                            </div>
                        </div>
                        <Setup setup=setup_below />
                    </section>
                }
            })}
    }
}
