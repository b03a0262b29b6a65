//! `/settings/api` and `/settings/mcp`: the tokens that a remote logout leaves alone.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    error::AppError,
    pages::{loaded, settings::SettingsPage},
    parts::icon::{Disc, Shape},
    time::{Show, Time, When},
};

/// A token in the list; its value is not here.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Token {
    pub name: String,
    pub created: Time,
    pub last_used: Option<Time>,
}

/// The person's own tokens of a kind: `api` or `mcp`.
///
/// # Errors
/// When nobody is signed in or the store is away.
#[server(prefix = "/api/fn", endpoint = "tokens")]
pub async fn tokens(kind: String) -> Result<Vec<Token>, AppError> {
    use accounts::tokens::{Kind, list};

    use crate::{
        context::{curfew, signed_in},
        error::Code,
    };

    let (curfew, me) = (curfew()?, signed_in()?);
    let kind = match kind.as_str() {
        "api" => Kind::Api,
        "mcp" => Kind::Mcp,
        _ => {
            return Err(AppError::new(
                Code::Malformed,
                "There is no such kind of token.",
            ));
        }
    };
    let store = |e| AppError::store(&e);
    let mut conn = curfew.db.read().await.map_err(store)?;
    let tokens = list(&mut conn, &me.user.id, kind).await.map_err(store)?;
    Ok(tokens
        .into_iter()
        .map(|t| Token {
            name: t.name,
            created: t.created_at.into(),
            last_used: t.last_used_at.map(Into::into),
        })
        .collect())
}

#[component]
pub fn Api() -> impl IntoView {
    view! { <Tokens kind="api" here="/settings/api" heading="API tokens" none="You have no API tokens" /> }
}

#[component]
pub fn Mcp() -> impl IntoView {
    view! { <Tokens kind="mcp" here="/settings/mcp" heading="MCP tokens" none="You have no MCP tokens" /> }
}

#[component]
fn Tokens(
    kind: &'static str,
    here: &'static str,
    heading: &'static str,
    none: &'static str,
) -> impl IntoView {
    let list = Resource::new_blocking(move || kind, |kind| tokens(kind.to_owned()));
    view! {
        <SettingsPage here tab=heading>
            <section class="section" aria-labelledby="tokens-title">
                <div class="section__header">
                    <div>
                        <h2 class="section__title" id="tokens-title">{heading}</h2>
                        <p class="section__lead">"A remote logout leaves them alone."</p>
                    </div>
                </div>
                <div class="card">
                    {loaded(list, move |tokens| {
                        if tokens.is_empty() {
                            view! { <Empty none /> }.into_any()
                        } else {
                            view! { <List tokens label=heading /> }.into_any()
                        }
                    })}
                </div>
            </section>
        </SettingsPage>
    }
}

#[component]
fn Empty(none: &'static str) -> impl IntoView {
    view! {
        <div class="empty">
            <Disc shape=Shape::Key tint="plain" large=true />
            <h3 class="empty__title">{none}</h3>
        </div>
    }
}

#[component]
fn List(tokens: Vec<Token>, label: &'static str) -> impl IntoView {
    let rows = tokens
        .into_iter()
        .map(|t| {
            let used = match t.last_used {
                Some(at) => view! { <When at show=Show::Day /> }.into_any(),
                None => "Never".into_any(),
            };
            view! {
                <tr>
                    <th scope="row">{t.name}</th>
                    <td><When at=t.created show=Show::Day /></td>
                    <td>{used}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <div class="table-frame" tabindex="0" role="region" aria-label=format!("Table of {label}")>
            <table class="table">
                <thead>
                    <tr>
                        <th scope="col">"Name"</th>
                        <th scope="col">"Created"</th>
                        <th scope="col">"Last used"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}
