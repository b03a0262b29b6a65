//! What a form says of itself, in hidden fields (`app::parts::form_fields`).

use app::{
    context::{Presence, Visit},
    error::{AppError, Code},
};
use axum::{body::Bytes, http::Extensions};

use crate::{addresses, cross_site::ByFormToken, form_body::field};

/// Refuses a form that was drawn for another user than the one who is signed in now: what stood on its page was not
/// theirs. Public functions are about this browser, or about the user of a link. A program names no user.
///
/// # Errors
/// `conflict`.
pub(super) fn check_user(visit: &Visit, address: &str, body: &Bytes) -> Result<(), AppError> {
    let of_user = addresses::find(address).is_some_and(|address| address.permission().is_some());
    let (true, Presence::SignedIn(me)) = (of_user, &visit.presence) else {
        return Ok(());
    };
    match field(body, "for_user") {
        Some(user) if user != me.user.id.as_str() => {
            let name = &me.user.name;
            Err(AppError::new(
                Code::Conflict,
                format!(
                    "This page was opened for another user. Now {name} is signed in here. Nothing was changed."
                ),
            ))
        }
        _ => Ok(()),
    }
}

/// What is left of a form when what one user typed must not be shown to another.
pub(super) fn without_typed(body: &Bytes) -> Bytes {
    let page = field(body, "on_page").map(|page| {
        form_urlencoded::Serializer::new(String::new())
            .append_pair("on_page", &page)
            .finish()
    });
    page.unwrap_or_default().into()
}

/// Whether a form that only its token vouches for is of the user who is signed in. The token was made for the user whom
/// the form names, so another user's says nothing here.
pub(super) fn is_vouched_for(extensions: &Extensions, visit: &Visit, body: &Bytes) -> bool {
    if extensions.get::<ByFormToken>().is_none() {
        return true;
    }
    let user = match &visit.presence {
        Presence::SignedIn(me) => me.user.id.as_str(),
        Presence::Ended(_) | Presence::Anonymous => return true,
    };
    field(body, "for_user").as_deref() == Some(user)
}
