//! `/settings/api/revoke` and `/settings/mcp/revoke`: the question before a token is revoked, and the
//! functions behind it.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::{API, MCP, Token, Words};
use crate::{
    boot::boot,
    error::AppError,
    flash::Flash,
    parts::{
        button::Submit,
        error_summary::ErrorSummary,
        form_fields::FormFields,
        icon::{Disc, Shape},
        layout::Narrow,
        link::Link,
        loaded::loaded,
    },
    time::When,
};

/// Revokes an API token of the user signed in, at once.
///
/// # Errors
/// `not_found` when it is not there or another user's, `session_ended`, `service_unavailable`.
#[server(prefix = "/api/fn", endpoint = "revoke_api_token")]
pub async fn revoke_api_token(token: String) -> Result<(), AppError> {
    revoke(accounts::tokens::Kind::Api, token).await
}

/// Revokes an MCP token, likewise.
///
/// # Errors
/// As [`revoke_api_token`].
#[server(prefix = "/api/fn", endpoint = "revoke_mcp_token")]
pub async fn revoke_mcp_token(token: String) -> Result<(), AppError> {
    revoke(accounts::tokens::Kind::Mcp, token).await
}

async fn revoke(kind: accounts::tokens::Kind, token: String) -> Result<(), AppError> {
    use accounts::{ids::TokenId, tokens::revoke};

    use crate::{
        context::{leave, operation, signed_in},
        flash::Done,
    };

    let (me, id) = (signed_in()?, TokenId(token));
    let mut op = operation().await?;
    // Two tabs, one outcome.
    revoke(&mut op, &me, kind, &id).await?;
    op.commit().await?;
    leave(&Flash::Done(Done::TokenRevoked))?;
    leptos_axum::redirect(super::setup::page_of(kind));
    Ok(())
}

/// One token of the user signed in.
///
/// # Errors
/// `not_found` when it is not there or another user's, `session_ended`, `service_unavailable`.
#[server(prefix = "/api/fn", endpoint = "token")]
pub async fn one_token(kind: String, token: String) -> Result<Token, AppError> {
    use accounts::{
        ids::TokenId,
        tokens::{RevokeError, one},
    };

    use crate::context::{now, reader, signed_in};

    let me = signed_in()?;
    let kind = super::kind_named(&kind)?;
    let mut conn = reader().await?;
    one(&mut conn, &me.user.id, kind, &TokenId(token))
        .await?
        .map(|t| Token::shown(t, kind, now()))
        .ok_or_else(|| RevokeError::NotFound.into())
}

#[component]
pub fn RevokeApi() -> impl IntoView {
    view! { <Revoke words=API form="revoke_api_token" action="/api/fn/revoke_api_token" /> }
}

#[component]
pub fn RevokeMcp() -> impl IntoView {
    view! { <Revoke words=MCP form="revoke_mcp_token" action="/api/fn/revoke_mcp_token" /> }
}

#[component]
fn Revoke(words: Words, form: &'static str, action: &'static str) -> impl IntoView {
    let id = use_query_map()
        .read_untracked()
        .get("token")
        .unwrap_or_default();
    let token = Resource::new_blocking(
        move || id.clone(),
        move |id| one_token(words.kind.to_owned(), id),
    );
    let error = match boot().flash {
        Some(Flash::Form(refused)) if refused.form == form => Some(refused.error),
        _ => None,
    };
    view! {
        <Narrow title="Revoke a token" wide=true>
            <div class="card card--lifted">
                <div class="card__body">
                    <div class="cluster">
                        <Disc shape=Shape::Key tint="danger" />
                        <h1 class="auth__title">{format!("Revoke this {}?", words.one)}</h1>
                    </div>
                    <ErrorSummary error=Signal::stored(error) />
                    {loaded(token, move |token| {
                        view! {
                            <Facts token=token.clone() />
                            <form
                                class="form__actions"
                                method="post"
                                action=action

                            >
                                <FormFields />
                                <input type="hidden" name="token" value=token.id />
                                <Link class="button" href=words.here>"Cancel"</Link>
                                <Submit look="button--danger" busy=false>"Revoke"</Submit>
                            </form>
                        }
                    })}
                </div>
            </div>
        </Narrow>
    }
}

#[component]
fn Facts(token: Token) -> impl IntoView {
    let used = match token.last_used {
        Some(at) => view! { <When at /> }.into_any(),
        None => "Never".into_any(),
    };
    view! {
        <p>"Programs that use it are refused from their next request on. This can’t be undone."</p>
        <dl class="facts">
            <div class="facts__row">
                <dt class="facts__label">"Name"</dt>
                <dd class="facts__value">{token.name}</dd>
            </div>
            <div class="facts__row">
                <dt class="facts__label">"Last used"</dt>
                <dd class="facts__value">{used}</dd>
            </div>
        </dl>
    }
}
