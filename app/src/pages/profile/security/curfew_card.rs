//! The card of the curfew: the user's own, and the account's for those who may set it.

use leptos::{prelude::*, server_fn::ServerFn};
use serde::{Deserialize, Serialize};

use super::curfew::{SetAccountCurfew, SetCurfew};
use crate::{
    parts::{
        button::Submit,
        error_summary::ErrorSummary,
        form::{FormState, PostForm},
        icon::{Icon, Shape},
    },
    step_up::Confirmation,
    time::{Show, Time, When},
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

/// The curfews that end a user's sessions.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Curfews {
    pub own: Option<Setting>,
    pub account: Option<Setting>,
    pub may_set_account: bool,
}

/// A curfew that is set.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Setting {
    pub time: String,
    pub zone: String,
    pub next: Option<Time>,
}

#[cfg(feature = "ssr")]
impl Curfews {
    pub(super) async fn read(
        conn: &mut accounts::instance::Reader,
        me: &accounts::sessions::SignedIn,
    ) -> Result<Self, accounts::db::DatabaseError> {
        let now = conn.now.at;
        let (own, account) = accounts::curfew::of(conn, &me.user.id).await?;
        let setting = |curfew: accounts::curfew_schedule::Curfew| Setting {
            time: curfew.time(),
            zone: curfew.zone().to_owned(),
            next: curfew.next(now).map(Into::into),
        };
        Ok(Self {
            own: own.map(setting),
            account: account.map(setting),
            may_set_account: me.user.role.manages(),
        })
    }
}

/// The card.
#[island]
pub fn CurfewCard(curfews: Curfews) -> impl IntoView {
    let Curfews {
        own,
        account,
        may_set_account,
    } = curfews;
    let of_account = account.as_ref().map(|curfew| {
        let Setting { time, zone, .. } = curfew;
        format!("Your account’s curfew is every day at {time}, {zone}.")
    });
    let own_form = FormState::<SetCurfew>::of("set_curfew");
    let account_form = FormState::<SetAccountCurfew>::of("set_account_curfew");
    let zones = ZONES
        .map(|zone| view! { <option value=zone></option> })
        .collect_view();
    view! {
        <section class="card" aria-labelledby="curfew-title" translate="no">
            <div class="card__body">
                <div class="card__header">
                    <h2 class="card__title" id="curfew-title">"Curfew"</h2>
                    <p class="card__text">
                        "A daily time at which all your sessions and remembered devices end by themselves."
                    </p>
                    {of_account.map(|text| view! { <p class="card__text">{text}</p> })}
                </div>
                {form(own_form, "set_curfew", own)}
                {may_set_account
                    .then(|| {
                        view! {
                            <details class="fold" open=account_form.was_sent()>
                                <summary class="fold__summary">"For every member of your account"</summary>
                                {form(account_form, "set_account_curfew", account)}
                            </details>
                        }
                    })}
                <datalist id="zones">{zones}</datalist>
            </div>
        </section>
    }
}

fn form<S>(state: FormState<S>, name: &'static str, curfew: Option<Setting>) -> impl IntoView
where
    S: ServerFn + 'static,
{
    let set = curfew.is_some();
    let (time, zone, next) = match curfew {
        Some(Setting { time, zone, next }) => (time, zone, next),
        None => (String::new(), "UTC".to_owned(), None),
    };
    // New and not typed yet: `public/times.js` puts the reader's own zone there.
    let own_zone = (!set && !state.was_sent()).then_some("");
    let error = Signal::derive(move || state.error());
    view! {
        <PostForm state=state class="form">
            {next
                .map(|next| {
                    view! { <p>"Next curfew: " <When at=next show=Show::Full /></p> }
                })}
            <ErrorSummary error=state.answered() />
            <div class="split">
                <div class="field">
                    <label class="field__label" for=format!("{name}-time")>"Time"</label>
                    <FieldError state id=format!("{name}-time-error") field="time" />
                    <input
                        class="input"
                        id=format!("{name}-time")
                        name="time"
                        type="time"
                        value=state.typed("time", &time)
                        aria-invalid=invalid(state, "time")
                        aria-describedby=described(state, "time", name)
                    />
                </div>
                <div class="field">
                    <label class="field__label" for=format!("{name}-zone")>"Time zone"</label>
                    <FieldError state id=format!("{name}-zone-error") field="zone" />
                    <input
                        class="input"
                        id=format!("{name}-zone")
                        name="zone"
                        value=state.typed("zone", &zone)
                        data-own-zone=own_zone
                        list="zones"
                        autocomplete="off"
                        spellcheck="false"
                        aria-invalid=invalid(state, "zone")
                        aria-describedby=described(state, "zone", name)
                    />
                </div>
            </div>
            <Confirmation error id=format!("{name}-confirmation") />
            <div class="form__actions">
                <Submit look="" busy=state.busy()>
                    {if set { "Change curfew" } else { "Set curfew" }}
                </Submit>
                {set
                    .then(|| {
                        view! {
                            <button class="button button--quiet" name="remove" value="true">
                                "Remove curfew"
                            </button>
                        }
                    })}
            </div>
        </PostForm>
    }
}

fn invalid<S>(state: FormState<S>, field: &'static str) -> impl Fn() -> Option<&'static str>
where
    S: 'static,
{
    let error = state.field_error(field);
    move || error.get().map(|_| "true")
}

fn described<S>(
    state: FormState<S>,
    field: &'static str,
    name: &'static str,
) -> impl Fn() -> Option<String>
where
    S: 'static,
{
    let error = state.field_error(field);
    move || error.get().map(|_| format!("{name}-{field}-error"))
}

#[component]
fn FieldError<S>(state: FormState<S>, id: String, field: &'static str) -> impl IntoView
where
    S: 'static,
{
    let error = state.field_error(field);
    move || {
        error.get().map(|error| {
            view! {
                <p class="field__error" id=id.clone()>
                    <Icon shape=Shape::AlertTriangle small=true />
                    <span>{error}</span>
                </p>
            }
        })
    }
}
