//! Which application asks: by its secret, in one of two ways or in both when they agree, or a public one by its name alone.

use accounts::{
    applications::{self, Application, Kind, is_secret_of},
    client::Client,
    ids::ApplicationId,
    operation::Operation,
    rate_limits,
    secret::Secret,
    time::Moment,
};
use axum::http::{HeaderMap, header, request::Parts};
use data_encoding::BASE64;

use super::{form::Form, refusal::Refusal};
use crate::{authentication::client_of, state::AppState};

/// An application that was authenticated, or a public one that was named, and who asks for it.
pub(super) struct Asking {
    pub application: Application,
    pub client: Client,
}

/// What was shown.
struct Shown {
    id: String,
    secret: Option<Secret>,
}

/// Finds out which application asks.
pub(super) async fn authenticate(
    state: &AppState,
    parts: &Parts,
    form: &Form,
) -> Result<Asking, Refusal> {
    let client = client_of(parts, state);
    let Shown { id, secret } = shown(&parts.headers, form)?;
    let id = ApplicationId(id);
    let mut conn = state.curfew.instance.read(Moment::now()).await?;
    let found = applications::find(&mut conn, &id).await?;
    let found = found.filter(|application| application.kind == Kind::OpenId);
    let good = match (&found, &secret) {
        (Some(application), Some(secret)) if application.is_confidential => {
            is_secret_of(&mut conn, &application.id, secret).await?
        }
        (Some(application), None) => !application.is_confidential,
        _ => false,
    };
    drop(conn);
    match found {
        Some(application) if good => Ok(Asking {
            application,
            client,
        }),
        found => Err(refuse(state, &client, found.as_ref()).await?),
    }
}

/// A wrong secret is counted by the address that it came from, and none is checked less for it: an application with the right
/// one always gets through.
async fn refuse(
    state: &AppState,
    client: &Client,
    named: Option<&Application>,
) -> Result<Refusal, Refusal> {
    let application = named.map_or("unknown", |application| application.id.as_str());
    tracing::warn!(application, "an application showed no good secret");
    let mut op = Operation::begin(&state.curfew.instance, client, Moment::now()).await?;
    let counted = rate_limits::permit_wrong_client_secret(&mut op).await?;
    op.commit().await?;
    Ok(match counted {
        Ok(()) => Refusal::client("the client is unknown, or its secret is wrong"),
        Err(limited) => limited.into(),
    })
}

fn shown(headers: &HeaderMap, form: &Form) -> Result<Shown, Refusal> {
    if form.get("client_assertion").is_some() || form.get("client_assertion_type").is_some() {
        return Err(Refusal::client(
            "use client_secret_basic or client_secret_post",
        ));
    }
    let in_body = (form.get("client_id"), form.get("client_secret"));
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        let id = in_body
            .0
            .ok_or_else(|| Refusal::client("client_id is missing"))?;
        return Ok(Shown {
            id: id.to_owned(),
            secret: in_body.1.map(|secret| Secret::new(secret.to_owned())),
        });
    };
    if values.next().is_some() {
        return Err(Refusal::request("Authorization is there more than once"));
    }
    let (id, secret) =
        value.to_str().ok().and_then(basic).ok_or_else(|| {
            Refusal::client("Authorization is not Basic with client id and secret")
        })?;
    let differs = in_body.0.is_some_and(|other| other != id)
        || in_body.1.is_some_and(|other| other != secret.expose());
    if differs {
        return Err(Refusal::request(
            "client id and secret differ between header and body",
        ));
    }
    Ok(Shown {
        id,
        secret: Some(secret).filter(|secret| !secret.expose().is_empty()),
    })
}

/// `Authorization: Basic`, with id and secret encoded as in a form before they were joined (RFC 6749, 2.3.1).
fn basic(value: &str) -> Option<(String, Secret)> {
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = BASE64.decode(encoded.trim().as_bytes()).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (id, secret) = text.split_once(':')?;
    let secret = decoded_part(secret)?;
    if secret.contains('\0') {
        return None;
    }
    Some((decoded_part(id)?, Secret::new(secret)))
}

fn decoded_part(text: &str) -> Option<String> {
    // As a value of a form; what would end a value there is none here.
    let whole = format!("v={}", text.replace('&', "%26"));
    let (_, value) = form_urlencoded::parse(whole.as_bytes()).next()?;
    Some(value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_is_decoded_as_a_form_is() {
        let of = |text: &str| {
            let value = format!("Basic {}", BASE64.encode(text.as_bytes()));
            basic(&value).map(|(id, secret)| (id, secret.expose().to_owned()))
        };
        let pair = |id: &str, secret: &str| Some((id.to_owned(), secret.to_owned()));
        assert_eq!(of("id:secret"), pair("id", "secret"));
        assert_eq!(of("a%3Ab:x%2By+z"), pair("a:b", "x+y z"));
        assert_eq!(of("id:a&b=c"), pair("id", "a&b=c"));
        assert_eq!(of("id:"), pair("id", ""));
        assert_eq!(of("no colon"), None);
        assert_eq!(basic("Bearer abc").map(|(id, _)| id), None);
    }
}
