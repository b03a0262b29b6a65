//! The page that a plain form stands on, where its refusal is shown and what was typed is kept.

use app::sign_in::same_site;
use axum::{
    body::Bytes,
    http::{HeaderMap, header},
};
use url::Url;

use crate::{addresses, form_body::field, state::AppState};

/// As the form says itself, else as the browser does.
pub(crate) fn of(state: &AppState, headers: &HeaderMap, body: &Bytes) -> Option<String> {
    let said = field(body, "on_page").and_then(|page| listed(&page));
    said.or_else(|| of_referrer(state, headers))
}

/// As `Referer` says: a page of the public address, or of the host that was asked.
pub(crate) fn of_referrer(state: &AppState, headers: &HeaderMap) -> Option<String> {
    let referrer = Url::parse(headers.get(header::REFERER)?.to_str().ok()?).ok()?;
    let is = |origin: Option<String>| {
        let origin = origin.and_then(|origin| Url::parse(&origin).ok());
        origin.is_some_and(|origin| origin.origin() == referrer.origin())
    };
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let asked = host.map(|host| format!("{}://{host}", referrer.scheme()));
    if !is(state.config.public_url.clone()) && !is(asked) {
        return None;
    }
    let query = referrer.query().map(|query| format!("?{query}"));
    listed(&format!("{}{}", referrer.path(), query.unwrap_or_default()))
}

/// A page of the list of addresses, with its query.
fn listed(page: &str) -> Option<String> {
    // `same_site` keeps users from going on to the sign-in pages; going back to them is fine.
    let ours = same_site(Some(&format!("/x{page}"))) != "/" && !page.starts_with("//");
    let path = page.split(['?', '#']).next().unwrap_or_default();
    let is_page = addresses::find(path).is_some_and(addresses::Address::is_page);
    (ours && is_page).then(|| page.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_leads_back_to_pages_of_the_list_only() {
        for page in [
            "/",
            "/profile",
            "/sign-in?next=/profile",
            "/join?invite=abc",
            "/settings/members/confirm?operation=remove&member=1",
        ] {
            assert_eq!(listed(page).as_deref(), Some(page));
        }
        for other in [
            "",
            "profile",
            "//evil.example",
            "//evil.example/profile",
            "/\\evil.example",
            "https://evil.example/profile",
            "/profile/../api/fn/sign_out",
            "/nothing",
            "/sign-out",
            "/api/fn/sign_out",
            "/api/v1/me",
            "/mcp",
            "/events",
            "/settings/audit-log/export",
            "/profile\r\nset-cookie: a=b",
            "/profile?ä",
        ] {
            assert_eq!(listed(other), None, "{other:?}");
        }
    }
}
