//! `/.well-known/security.txt` (RFC 9116): where a vulnerability of this install is reported to.

use accounts::time::Moment;
use app::time::Time;
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use std::time::Duration;

use crate::state::AppState;

/// For how long it says that it is right: under a year, as the RFC recommends. It is written anew at each request.
const GOOD_FOR: Duration = Duration::from_hours(24 * 180);

/// 404 where no contact is set.
pub async fn security_txt(State(state): State<AppState>) -> Response {
    let Some(contact) = &state.config.security_contact else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let expires = Time::from(Moment::now().at + GOOD_FOR).iso;
    let text = format!(
        "Contact: {contact}\nExpires: {expires}\nCanonical: {}/.well-known/security.txt\n",
        state.config.public_url()
    );
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}
