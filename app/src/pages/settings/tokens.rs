//! `/settings/api` and `/settings/mcp`: the tokens that a remote logout leaves alone.
//!
//! Plain pages: forms that the browser sends itself, and a page that comes back from the server with
//! what there is to say, so that a value is drawn by the server once and kept nowhere.

mod create;
mod listed;
mod made;
pub mod revoke;
mod setup;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

pub use create::{CreateApiToken, CreateMcpToken, create_api_token, create_mcp_token};
pub use revoke::{RevokeApiToken, RevokeMcpToken, revoke_api_token, revoke_mcp_token};

use super::SettingsPage;
use crate::{
    boot::boot,
    error::AppError,
    flash::{Done, Flash},
    pages::loaded,
    parts::notice::{Notice, Tone},
    time::Time,
};
use create::Create;
use listed::List;
use made::{NewValue, Setup};

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
    /// Why one cannot make any; none when one can.
    pub locked: Option<String>,
    /// One that has just been made, this once.
    pub made: Option<Made>,
    /// How programs are told of a token.
    pub setup: Vec<Snippet>,
}

/// A token that has just been made.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Made {
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

/// What differs between the two pages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words {
    kind: &'static str,
    here: &'static str,
    heading: &'static str,
    one: &'static str,
    lead: &'static str,
    form: &'static str,
    action: &'static str,
    revoke: &'static str,
    box_name: &'static str,
    box_label: &'static str,
    box_hint: &'static str,
}

const API: Words = Words {
    kind: "api",
    here: "/settings/api",
    heading: "API tokens",
    one: "API token",
    lead: "For scripts and programs that use the REST interface in your name. A remote logout leaves them alone.",
    form: "create_api_token",
    action: "/api/fn/create_api_token",
    revoke: "/settings/api/revoke",
    box_name: "sessions",
    box_label: "May end sessions",
    box_hint: "Lets the program press Remote logout and end single sessions. Without it, it can only read.",
};

const MCP: Words = Words {
    kind: "mcp",
    here: "/settings/mcp",
    heading: "MCP tokens",
    one: "MCP token",
    lead: "For assistants that speak the Model Context Protocol. A remote logout leaves them alone.",
    form: "create_mcp_token",
    action: "/api/fn/create_mcp_token",
    revoke: "/settings/mcp/revoke",
    box_name: "remote_logout",
    box_label: "May press Remote logout",
    box_hint: "Lets the assistant end every session of yours. Without it, it can only read.",
};

/// The user's own tokens of a kind: `api` or `mcp`.
///
/// # Errors
/// `malformed` when there is no such kind, `session_ended`, `service_unavailable`.
#[server(prefix = "/api/fn", endpoint = "tokens")]
pub async fn tokens(kind: String) -> Result<Shown, AppError> {
    use accounts::tokens::list;

    use crate::{
        context::{curfew, now, signed_in, visit},
        error::listed,
    };

    let (curfew, me, now) = (curfew()?, signed_in()?, now());
    let kind = kind_named(&kind)?;
    let database = |e| AppError::database(&e);
    let mut conn = curfew.db.read().await.map_err(database)?;
    let tokens: Vec<Token> = list(&mut conn, &me.user.id, kind)
        .await
        .map_err(database)?
        .into_iter()
        .map(|t| Token::shown(t, kind, now))
        .collect();
    // Only its own maker's page shows it, whoever signs in here next.
    let made = match visit()?.flash {
        Some(Flash::Made(made)) => tokens.iter().find(|t| t.id == made.id).map(|t| Made {
            id: made.id,
            name: t.name.clone(),
            value: made.value,
            expires: t.expires.clone(),
        }),
        _ => None,
    };
    let plans = accounts::plans::Plan::with(kind.feature());
    let names: Vec<String> = plans.iter().map(|p| p.name().to_owned()).collect();
    let locked =
        (!me.user.plan.has(kind.feature())).then(|| format!("Part of {}.", listed(&names)));
    let setup = setup::snippets(
        kind,
        &curfew.public_url,
        made.as_ref().map(|m| m.value.expose()),
    );
    Ok(Shown {
        tokens,
        locked,
        made,
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
            name: t.name,
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
            "There is no such kind of token.",
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
                        <Notice tone=Tone::Success title="Token revoked" text="What used it is refused from now on." />
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
        made,
        setup,
    } = page;
    let (setup_here, setup_below) = if made.is_some() || locked.is_some() {
        (setup, Vec::new())
    } else {
        (Vec::new(), setup)
    };
    let can = locked.is_none();
    view! {
        {made.map(|made| view! { <NewValue made words setup=setup_here /> })}
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
                                    "Put your token in place of YOUR_TOKEN."
                                </p>
                            </div>
                        </div>
                        <Setup setup=setup_below />
                    </section>
                }
            })}
    }
}
