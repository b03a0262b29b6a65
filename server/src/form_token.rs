//! The token of a form: what vouches for a plain form over plain http whose browser does not say which page it stands on.
//!
//! It is a MAC under the instance's key over a cookie that only this browser has and the user whom the form names. So
//! neither another site nor a page of another user can make it: no script can read the cookie, and a token that another
//! user was given names that user.

use accounts::secret::Token;
use app::{
    context::{Presence, Visit},
    cookies::Kind,
};
use axum::{body::Bytes, http::HeaderMap};
use cookie::Cookie;

use crate::{authentication::token_of, form_body::field, state::AppState};

/// For the forms of one page.
pub(crate) struct FormToken {
    pub token: String,
    /// The browser's new cookie, when it had none.
    pub cookie: Option<Cookie<'static>>,
}

/// The token of a page that is drawn for this visit. None over https, where every browser sends fetch metadata.
pub(crate) fn issue(state: &AppState, headers: &HeaderMap, visit: &Visit) -> Option<FormToken> {
    let cookies = &state.curfew.cookies;
    if state.config.https() {
        return None;
    }
    let known = token_of(headers, cookies, Kind::Form);
    let cookie_is_new = known.is_none();
    let browser = known.unwrap_or_else(Token::random);
    let cookie = cookie_is_new.then(|| cookies.form(&browser));
    let user = match &visit.presence {
        Presence::SignedIn(me) => me.user.id.as_str(),
        Presence::Ended(_) | Presence::Anonymous => "",
    };
    let token = state
        .curfew
        .instance
        .keys
        .form_token(browser.expose(), user);
    Some(FormToken { token, cookie })
}

/// Whether a form carries the token of the browser's cookie and of the user whom it names.
pub(crate) fn fits(state: &AppState, headers: &HeaderMap, body: &Bytes) -> bool {
    let browser = token_of(headers, &state.curfew.cookies, Kind::Form);
    let (Some(browser), Some(token)) = (browser, field(body, "form_token")) else {
        return false;
    };
    let user = field(body, "for_user").unwrap_or_default();
    let keys = &state.curfew.instance.keys;
    keys.is_form_token(&token, browser.expose(), &user)
}
