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

/// The zones that both fields offer. Outside the island: only the browser needs them.
#[cfg(feature = "ssr")]
pub(super) fn zones() -> impl IntoView {
    let zones = accounts::curfew_schedule::zones().iter();
    let zones = zones.map(|zone| view! { <option value=zone.as_str()></option> });
    view! { <datalist id="zones">{zones.collect_view()}</datalist> }
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
                        aria-describedby=described(state, "time", name, None)
                    />
                </div>
                <div class="field">
                    <label class="field__label" for=format!("{name}-zone")>"Time zone"</label>
                    <p class="field__hint" id=format!("{name}-zone-hint")>
                        "To choose another, clear the field and type a city."
                    </p>
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
                        aria-describedby=described(state, "zone", name, Some("zone-hint"))
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

/// The ids of what is said of a field: its hint, and what is wrong with it.
fn described<S>(
    state: FormState<S>,
    field: &'static str,
    name: &'static str,
    hint: Option<&'static str>,
) -> impl Fn() -> Option<String>
where
    S: 'static,
{
    let error = state.field_error(field);
    move || {
        let hint = hint.map(|hint| format!("{name}-{hint}"));
        let error = error.get().map(|_| format!("{name}-{field}-error"));
        let ids: Vec<String> = hint.into_iter().chain(error).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }
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
