//! What a form that is sent without script is answered: a 303, on success where the function says,
//! after an error back to its page, which then shows what was wrong and what was typed.

use std::collections::BTreeMap;

use app::{
    cookies::Kind,
    error::{AppError, Code},
    flash::{EndReason, Flash, Reason, Refused},
    remote_logout::Place,
    sign_in::same_site,
};
use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};

use crate::{
    error_page::json,
    pages::{start_over, to_sign_in},
    signed_in::set_unless_set,
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

/// The answer to a form or a program whose operation was refused.
pub(super) fn refused(
    state: &AppState,
    headers: &HeaderMap,
    plain: bool,
    name: &str,
    body: &Bytes,
    error: AppError,
) -> Response {
    if !plain {
        let mut response = json(&error);
        leave_reason(state, &mut response, &error);
        return response;
    }
    let Some(page) = page_of(headers).or_else(|| home_of(name)) else {
        return json(&error);
    };
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

/// Where one is led after signing in again: the page one was on. Not to the question whether to log
/// out everywhere, though, when that has just happened: a second click on its button ends here.
fn after_sign_in(name: &str, body: &Bytes, error: &AppError, page: String) -> String {
    let reason = error.reason.as_deref();
    if name != "remote_logout" || reason.map(|r| r.end_reason) != Some(EndReason::RemoteLogout) {
        return page;
    }
    let from = form_urlencoded::parse(body).find(|(name, _)| name == "from");
    let place = from.map_or(Place::Security, |(_, from)| Place::named(&from));
    place.path().to_owned()
}

/// The sign-in page, where the browser goes next, tells how the session ended. Its cookies go: when
/// another remote logout came between the door and the operation, the door still saw them alive.
fn leave_reason(state: &AppState, response: &mut Response, error: &AppError) {
    if let Some(reason) = &error.reason {
        let cookies = &state.curfew.cookies;
        let flash = Flash::Ended(Reason::clone(reason));
        set_unless_set(response, &cookies.flash(&flash));
        set_unless_set(response, &cookies.removed(Kind::Session));
        set_unless_set(response, &cookies.removed(Kind::RememberMe));
    }
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

/// The page of a form that came without a referrer.
fn home_of(name: &str) -> Option<String> {
    let page = match name {
        "sign_in" => "/sign-in",
        "sign_up" => "/sign-up",
        "confirm_sign_up" => "/confirm-sign-up?token=",
        "not_me" => "/not-me",
        "change_password" => "/profile/password",
        "update_profile" => "/profile",
        "remote_logout" => "/profile/remote-logout",
        "end_session" | "end_other_sessions" | "rename_device" | "set_curfew"
        | "set_account_curfew" => "/profile/security",
        "verify_code" => "/sign-in/code",
        "request_password_reset" => "/forgot-password",
        "change_email" => "/profile/login",
        "begin_two_factor" => "/profile/two-factor",
        "turn_on_two_factor" => "/profile/two-factor/app",
        "turn_off_two_factor" => "/profile/two-factor/off",
        "new_recovery_codes" | "use_recovery_codes" => "/profile/two-factor/new-codes",
        "create_api_token" | "revoke_api_token" => "/settings/api",
        "create_mcp_token" | "revoke_mcp_token" => "/settings/mcp",
        "sign_out" => "/",
        "delete_account" => "/profile/delete",
        "rename_account" | "change_plan" => "/settings",
        "invite_member"
        | "revoke_invitation"
        | "change_role"
        | "disable_member"
        | "enable_member"
        | "remove_member"
        | "remote_logout_member"
        | "remote_logout_everyone" => "/settings/members",
        "verify_audit" | "set_audit_retention" => "/settings/audit-log",
        "set_webhook" | "new_webhook_secret" | "test_webhook" | "remove_webhook" => {
            "/settings/audit-log/webhook"
        }
        _ => return None,
    };
    Some(page.into())
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

/// 303: look there, with GET.
pub(crate) fn see_other(to: &str) -> Response {
    match HeaderValue::from_str(to) {
        Ok(to) => (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

#[cfg(test)]
mod tests {
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
