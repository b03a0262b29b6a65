//! Sending a form by script: exactly what the browser would send, answered with JSON instead of a page.

use gloo_net::http::Request;
use leptos::{
    ev::SubmitEvent,
    form::form_data_from_event,
    prelude::*,
    server_fn::{
        error::{FromServerFnError, ServerFnErrorErr},
        redirect::{REDIRECT_HEADER, call_redirect_hook},
    },
    task::spawn_local,
    web_sys::{HtmlFormElement, UrlSearchParams},
};
use wasm_bindgen::JsCast;

use super::Post;
use crate::error::AppError;

/// Sends the form, unless it is on its way already. Where that cannot be done the browser sends it.
pub(super) fn send(event: &SubmitEvent, post: Post) {
    if event.default_prevented() {
        return;
    }
    let form = event
        .target()
        .and_then(|form| form.dyn_into::<HtmlFormElement>().ok());
    let typed = form_data_from_event(event)
        .ok()
        .and_then(|data| UrlSearchParams::new_with_str_sequence_sequence(&data).ok());
    let (Some(form), Some(typed)) = (form, typed) else {
        return;
    };
    event.prevent_default();
    if post.busy.get_untracked() {
        return;
    }
    post.busy.set(true);
    let (address, typed) = (form.action(), typed.to_string());
    spawn_local(async move {
        let answer = answer(&address, typed.into()).await;
        post.answer.set(Some(answer));
        post.busy.set(false);
    });
}

async fn answer(address: &str, typed: String) -> Result<(), AppError> {
    let unreachable = || AppError::from_server_fn_error(ServerFnErrorErr::Request(String::new()));
    let request = Request::post(address)
        .header("accept", "application/json")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(typed)
        .map_err(|_| unreachable())?;
    let answer = request.send().await.map_err(|_| unreachable())?;
    if !answer.ok() {
        let text = answer.text().await.unwrap_or_default();
        return Err(serde_json::from_str(&text).unwrap_or_else(|_| unreachable()));
    }
    let headers = answer.headers();
    if headers.get(REDIRECT_HEADER).is_some()
        && let Some(to) = headers.get("location")
    {
        call_redirect_hook(&to);
    }
    Ok(())
}
