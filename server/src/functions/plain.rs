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
use axum::{body::Bytes, http::header, response::Response};

use crate::{
    addresses::{self, CONFIRM, SET_UP_FIRST},
    form_body,
    redirects::{see_other, set_unless_set, start_over, to_sign_in},
    state::AppState,
};

/// Fields that are never kept for showing again.
const SECRETS: [&str; 7] = [
    "password",
    "current_password",
    "new_password",
    "confirmation",
    "code",
    "setup_code",
    "token",
];

/// Hidden fields that are of one page, which may hold the token of a link in its address, or the whole request of an
/// application: more than a cookie takes.
const OF_THE_PAGE: [&str; 3] = ["on_page", "form_token", "request"];

/// A plain form goes on where the function says, else back to its page, keeping the cookies it set.
pub(super) fn succeeded(page: Option<String>, response: Response) -> Response {
    let to = response
        .headers()
        .get(header::LOCATION)
        .and_then(|to| to.to_str().ok())
        .map_or_else(|| page.unwrap_or_else(|| "/".into()), our_path);
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
    /// The page that the form stands on.
    pub page: Option<String>,
    pub error: AppError,
}

/// The answer to a plain form whose operation was refused: its page, which says why. The error itself where no page of
/// ours has such a form.
pub(super) fn back(state: &AppState, refusal: Refusal<'_>) -> Result<Response, AppError> {
    let Refusal {
        name,
        body,
        page: here,
        error,
    } = refusal;
    let home = addresses::function(name).and_then(|function| home(function.home?, body));
    let here = here.filter(|page| page != CONFIRM || is_asked_again(&error));
    let Some(mut page) = here.or_else(|| home.clone()) else {
        return Err(error);
    };
    let mut back = None;
    let asked = error.code == Code::StepUpRequired && !holds_secret(body);
    if asked {
        // Its page has no field for a password: one that is only for that continues with what was typed.
        back = Some(std::mem::replace(&mut page, CONFIRM.to_owned()));
    } else if page == CONFIRM {
        back = home;
    }
    if error.code == Code::SecondFactorRequired {
        return Ok(see_other(SET_UP_FIRST));
    }
    if error.code == Code::SignInExpired {
        return Ok(start_over(state, true));
    }
    if error.is_signed_out() {
        let mut response = to_sign_in(&after_sign_in(name, body, &error, page));
        leave_reason(state, &mut response, &error);
        return Ok(response);
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
    Ok(response)
}

/// The page of a function's form. One that is opened with a link takes the link's token from the form.
fn home(page: &str, body: &Bytes) -> Option<String> {
    let Some((_, field)) = page.strip_suffix('=').and_then(|page| page.split_once('?')) else {
        return Some(page.to_owned());
    };
    let token = form_body::field(body, field).unwrap_or_default();
    let token: String = form_urlencoded::byte_serialize(token.as_bytes()).collect();
    let page = format!("{page}{token}");
    (same_site(Some(&page)) != "/").then_some(page)
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
        .filter(|(name, _)| {
            let name = name.as_str();
            !SECRETS.contains(&name) && !OF_THE_PAGE.contains(&name)
        })
        .collect()
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
    use super::*;

    #[test]
    fn the_page_of_a_link_is_opened_with_the_token_of_its_form() {
        let body = Bytes::from_static(b"invite=abc&name=Ada&token=a%26b%2F..%2F");
        let home = |page| home(page, &body).unwrap();
        assert_eq!(home("/join?invite="), "/join?invite=abc");
        assert_eq!(
            home("/reset-password?token="),
            "/reset-password?token=a%26b%2F..%2F"
        );
        assert_eq!(home("/not-me?other="), "/not-me?other=");
        assert_eq!(home("/profile"), "/profile");
    }

    #[test]
    fn what_belongs_to_one_page_is_not_typed_and_no_secret_is_kept() {
        let body = Bytes::from_static(
            b"on_page=%2Fjoin%3Finvite%3Dabc&form_token=x&password=y&token=z&setup_code=s&name=Ada&for_user=1",
        );
        let kept: Vec<String> = typed(&body).into_keys().collect();
        assert_eq!(kept, ["for_user", "name"]);
    }
}
