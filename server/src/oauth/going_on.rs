//! From a form of ours to another site. A page's `form-action` holds for every redirect that follows its form, so a form ends on
//! a page of ours, and that page goes on by itself, with GET.

use accounts::{applications, ids::ApplicationId, time::Moment};
use app::pages::oauth::{self as pages, answer_in::resumed};
use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};

use super::{
    AUTHORIZE,
    answer::with_query,
    form::{Form, read},
};
use crate::{error_page, redirects::see_other, request_id, state::AppState};

/// Where signing out leads: it goes on to the application, if that has registered the address.
pub(super) const SIGNED_OUT: &str = "/oauth/signed-out";

/// A page that is drawn without the app.
pub(super) fn page(status: StatusCode, html: String) -> Response {
    (status, Html(html)).into_response()
}

/// Goes on with a request for a code.
pub(super) async fn resume(State(state): State<AppState>, request: Request) -> Response {
    let request = resumed(request.uri().query().unwrap_or_default());
    onward(&state, &format!("{AUTHORIZE}?{request}"))
}

/// Goes on to the application that a browser has signed out at. To an address that it has not registered nothing leads.
pub(super) async fn signed_out(State(state): State<AppState>, request: Request) -> Response {
    let form = Form::parse(request.uri().query().unwrap_or_default().as_bytes());
    match landing(&state, &form).await {
        Ok(Some(address)) => onward(&state, &address),
        Ok(None) => page(StatusCode::OK, pages::signed_out(&state.assets)),
        Err(error) => {
            tracing::error!(%error, "the database is unavailable: a sign-out leads nowhere");
            let id = request_id::of(request.extensions());
            error_page::service_unavailable(&state, request.headers(), &id)
        }
    }
}

/// Where a browser lands after signing out at an application: its registered address, if that is the one it asks for.
pub(super) async fn landing(
    state: &AppState,
    form: &Form,
) -> Result<Option<String>, accounts::db::DatabaseError> {
    let (Some(id), Some(asked)) = (form.get("client_id"), form.get("post_logout_redirect_uri"))
    else {
        return Ok(None);
    };
    let mut conn = state.curfew.instance.read(Moment::now()).await?;
    let found = applications::find(&mut conn, &ApplicationId(id.to_owned())).await?;
    let registered = found.and_then(|application| application.signed_out_address);
    let Some(address) = registered.filter(|address| address == asked) else {
        return Ok(None);
    };
    Ok(Some(match form.get("state") {
        Some(state) => {
            let state: String = form_urlencoded::byte_serialize(state.as_bytes()).collect();
            with_query(&address, &format!("state={state}"))
        }
        None => address,
    }))
}

/// A request by POST goes on as the same request by GET: another site's form brings no cookies, and ours are looked at then.
pub(super) async fn by_get(request: Request) -> Response {
    let path = request.uri().path().to_owned();
    match read(request).await {
        Ok((_, form)) => see_other(&format!("{path}?{}", form.query())),
        Err(refusal) => refusal.into_response(),
    }
}

/// A page that goes on by itself.
fn onward(state: &AppState, address: &str) -> Response {
    let mut response = page(StatusCode::OK, pages::onward(&state.assets, address));
    if let Ok(refresh) = HeaderValue::from_str(&format!("0;url={address}")) {
        response.headers_mut().insert(header::REFRESH, refresh);
    }
    response
}
