//! What a form that is sent without script is answered: a 303, on success where the function says,
//! after an error back to its page, which then shows what was wrong and what was typed.

use std::collections::BTreeMap;

use app::{
    cookies::Kind,
    error::{AppError, Code},
    flash::{Flash, Refused},
    reason::{EndReason, Reason},
    remote_logout::Place,
    sign_in::same_site,
};
use axum::{
    body::Bytes,
    http::{HeaderMap, Uri, header},
    response::Response,
};

use crate::{
    addresses::{self, CONFIRM},
    error_page::json,
    redirects::{see_other, set_unless_set, start_over, to_sign_in},
    state::AppState,
};

/// Fields that are never kept for showing again.
const SECRETS: [&str; 6] = [
    "password",
    "current_password",
    "new_password",
    "confirmation",
    "code",
    "token",
];

/// A plain form goes on where the function says, keeping the cookies it set.
pub(super) fn succeeded(headers: &HeaderMap, response: Response) -> Response {
    let to = response
        .headers()
        .get(header::LOCATION)
        .and_then(|to| to.to_str().ok())
        .map_or_else(|| page_of(headers).unwrap_or_else(|| "/".into()), our_path);
    let mut answer = see_other(&to);
    for name in [
        header::SET_COOKIE,
        header::HeaderName::from_static("clear-site-data"),
    ] {
        for value in response.headers().get_all(&name) {
            answer.headers_mut().append(&name, value.clone());
        }
    }
    answer
}

/// A function that was refused, and what it was sent.
pub(super) struct Refusal<'a> {
    pub name: &'a str,
    pub body: &'a Bytes,
    pub error: AppError,
}

/// The answer to a form or a program whose operation was refused.
pub(super) fn refused(
    state: &AppState,
    headers: &HeaderMap,
    plain: bool,
    refusal: Refusal<'_>,
) -> Response {
    let Refusal { name, body, error } = refusal;
    if !plain {
        // No cookie is removed: a late answer to a script must not remove a newer one.
        let mut response = json(&error);
        if let Some(reason) = &error.reason {
            let flash = Flash::Ended(Reason::clone(reason));
            set_unless_set(&mut response, &state.curfew.cookies.flash(&flash));
        }
        return response;
    }
    let home = addresses::function(name).and_then(|function| function.home);
    let here = page_of(headers).filter(|page| page != CONFIRM || is_asked_again(&error));
    let Some(mut page) = here.or_else(|| home.map(str::to_owned)) else {
        return json(&error);
    };
    let mut back = None;
    let asked = error.code == Code::StepUpRequired && !holds_secret(body);
    if asked {
        // Its page has no field for a password: one that is only for that continues with what was typed.
        back = Some(std::mem::replace(&mut page, CONFIRM.to_owned()));
    } else if page == CONFIRM {
        back = home.map(str::to_owned);
    }
    if error.code == Code::SignInExpired {
        return start_over(state, true);
    }
    if error.is_signed_out() {
        let mut response = to_sign_in(&after_sign_in(name, body, &error, page));
        leave_reason(state, &mut response, &error);
        return response;
    }
    let refused = Refused {
        form: name.to_owned(),
        page: back,
        asked,
        typed: typed(body),
        error,
    };
    let mut response = see_other(&page);
    set_unless_set(
        &mut response,
        &state.curfew.cookies.flash(&Flash::Form(refused)),
    );
    response
}

/// Where the user is led after signing in again: the page they were on. Not to the question whether to log out
/// everywhere, though, when that has just happened, because a second click on its button ends here.
fn after_sign_in(name: &str, body: &Bytes, error: &AppError, page: String) -> String {
    let reason = error.reason.as_deref();
    if name != "remote_logout" || reason.map(|r| r.end_reason) != Some(EndReason::RemoteLogout) {
        return page;
    }
    let from = form_urlencoded::parse(body).find(|(name, _)| name == "from");
    let place = from.map_or(Place::Security, |(_, from)| Place::named(&from));
    place.path().to_owned()
}

/// The sign-in page, where the browser goes next, tells how the session ended. Its cookies are removed here: when
/// another remote logout came between the authentication and the operation, the authentication saw them alive.
fn leave_reason(state: &AppState, response: &mut Response, error: &AppError) {
    if let Some(reason) = &error.reason {
        let cookies = &state.curfew.cookies;
        let flash = Flash::Ended(Reason::clone(reason));
        set_unless_set(response, &cookies.flash(&flash));
        set_unless_set(response, &cookies.removed(Kind::Session));
        set_unless_set(response, &cookies.removed(Kind::RememberMe));
    }
}

/// Whether the page that asks for a password asks once more, and does not lead back.
fn is_asked_again(error: &AppError) -> bool {
    matches!(
        error.code,
        Code::StepUpRequired | Code::TooManyAttempts | Code::ServiceUnavailable
    )
}

fn holds_secret(body: &Bytes) -> bool {
    form_urlencoded::parse(body).any(|(name, _)| SECRETS.contains(&&*name))
}

fn typed(body: &Bytes) -> BTreeMap<String, String> {
    form_urlencoded::parse(body)
        .into_owned()
        .filter(|(name, _)| !SECRETS.contains(&name.as_str()))
        .collect()
}

/// The page a plain form stands on, when it is one of ours. Its address with the query, so that
/// where to go on to is not lost.
fn page_of(headers: &HeaderMap) -> Option<String> {
    let referer: Uri = headers.get(header::REFERER)?.to_str().ok()?.parse().ok()?;
    let host = headers.get(header::HOST)?.to_str().ok()?;
    (referer.authority()?.as_str() == host)
        .then(|| our_path(referer.path_and_query().map_or("/", |p| p.as_str())))
}

/// A path of ours, whatever it was before.
fn our_path(path: &str) -> String {
    if path.starts_with("/sign-in") || path.starts_with("/sign-up") {
        // `same_site` keeps users from going on to these; going back to them is fine.
        let rest = same_site(Some(&format!("/x{path}")));
        if rest != "/" {
            return path.to_owned();
        }
    }
    same_site(Some(path))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_referrer_of_another_host_leads_nowhere() {
        let page = |referer: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static("curfew.example"));
            headers.insert(header::REFERER, HeaderValue::from_static(referer));
            page_of(&headers)
        };
        assert_eq!(page("https://evil.example/profile"), None);
        assert_eq!(page("https://curfew.example.evil.example/"), None);
        assert_eq!(
            page("https://curfew.example//evil.example/x"),
            Some("/".into())
        );
        assert_eq!(
            page("https://curfew.example/sign-in?next=/profile"),
            Some("/sign-in?next=/profile".into())
        );
        assert_eq!(
            page("https://curfew.example/profile"),
            Some("/profile".into())
        );
    }
}
