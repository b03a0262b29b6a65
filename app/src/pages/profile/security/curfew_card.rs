//! The card of the curfew: the user's own, and the account's for those who may set it.

use accounts::{curfew::Scope, curfew_schedule::Curfew};
use leptos::prelude::*;

use super::page_request::{PageRequest, field_error};
use crate::{
    parts::form_fields::FormFields,
    time::{Show, When},
};

/// Zones offered while you type; any other of the IANA database is taken as well.
const ZONES: [&str; 24] = [
    "UTC",
    "Africa/Cairo",
    "Africa/Johannesburg",
    "Africa/Lagos",
    "America/Bogota",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/New_York",
    "America/Sao_Paulo",
    "Asia/Dubai",
    "Asia/Jakarta",
    "Asia/Kolkata",
    "Asia/Seoul",
    "Asia/Shanghai",
    "Asia/Singapore",
    "Asia/Tokyo",
    "Australia/Sydney",
    "Europe/Berlin",
    "Europe/Istanbul",
    "Europe/London",
    "Europe/Madrid",
    "Europe/Paris",
    "Pacific/Auckland",
];

pub(super) fn section(request: &PageRequest) -> impl IntoView + use<> {
    let of_account = request.curfews.account.as_ref().map(|curfew| {
        format!(
            "Your account’s curfew is every day at {}, {}.",
            curfew.time(),
            curfew.zone()
        )
    });
    let account_refused = request.refused("set_account_curfew").is_some();
    let own = form(Scope::User, request);
    let may_set_account = request.me.user.role.manages();
    let account = may_set_account.then(|| form(Scope::Account, request));
    let zones = ZONES
        .map(|zone| view! { <option value=zone></option> })
        .collect_view();
    view! {
        <section class="card" aria-labelledby="curfew-title">
            <div class="card__body">
                <div class="card__header">
                    <h2 class="card__title" id="curfew-title">"Curfew"</h2>
                    <p class="card__text">
                        "A daily time at which all your sessions and remembered devices end by themselves."
                    </p>
                    {of_account.map(|text| view! { <p class="card__text">{text}</p> })}
                </div>
                {own}
                {account
                    .map(|form| {
                        view! {
                            <details class="fold" open=account_refused>
                                <summary class="fold__summary">"For every member of your account"</summary>
                                {form}
                            </details>
                        }
                    })}
                <datalist id="zones">{zones}</datalist>
            </div>
        </section>
    }
}

fn form(scope: Scope, request: &PageRequest) -> impl IntoView + use<> {
    let (name, curfew) = match scope {
        Scope::User => ("set_curfew", request.curfews.own.as_ref()),
        Scope::Account => ("set_account_curfew", request.curfews.account.as_ref()),
    };
    let confirmation = request.confirmation_field(name);
    let refused = request.refused(name);
    let typed = |field: &str, otherwise: &str| {
        refused
            .and_then(|r| r.typed.get(field).cloned())
            .unwrap_or_else(|| otherwise.to_owned())
    };
    let error = |field: &str| refused.and_then(|r| r.error.fields.get(field).cloned());
    let time = typed("time", &curfew.map(Curfew::time).unwrap_or_default());
    let zone = typed("zone", curfew.map_or("UTC", Curfew::zone));
    let next = curfew.and_then(|curfew| curfew.next(request.now.at));
    let set = curfew.is_some();
    // New and not typed yet: `public/times.js` puts the reader's own zone there.
    let own_zone = (!set && refused.is_none()).then_some("");
    let (time_error, zone_error) = (error("time"), error("zone"));
    let (time_wrong, zone_wrong) = (time_error.is_some(), zone_error.is_some());
    let id = move |field: &str| format!("{name}-{field}");
    view! {
        <form class="form" method="post" action=format!("/api/fn/{name}") novalidate>
            <FormFields />
            {next
                .map(|next| {
                    view! { <p>"Next curfew: " <When at=next show=Show::Full /></p> }
                })}
            <div class="split">
                <div class="field">
                    <label class="field__label" for=id("time")>"Time"</label>
                    {field_error(time_error, id("time-error"))}
                    <input
                        class="input"
                        id=id("time")
                        name="time"
                        type="time"
                        value=time
                        aria-invalid=time_wrong.then_some("true")
                        aria-describedby=time_wrong.then(|| id("time-error"))
                    />
                </div>
                <div class="field">
                    <label class="field__label" for=id("zone")>"Time zone"</label>
                    {field_error(zone_error, id("zone-error"))}
                    <input
                        class="input"
                        id=id("zone")
                        name="zone"
                        value=zone
                        data-own-zone=own_zone
                        list="zones"
                        autocomplete="off"
                        spellcheck="false"
                        aria-invalid=zone_wrong.then_some("true")
                        aria-describedby=zone_wrong.then(|| id("zone-error"))
                    />
                </div>
            </div>
            {confirmation}
            <div class="form__actions">
                <button class="button">{if set { "Change curfew" } else { "Set curfew" }}</button>
                {set
                    .then(|| {
                        view! {
                            <button class="button button--quiet" name="remove" value="true">
                                "Remove curfew"
                            </button>
                        }
                    })}
            </div>
        </form>
    }
}
