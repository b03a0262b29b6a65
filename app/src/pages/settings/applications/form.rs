//! The form of an application, by its kind: what every one needs, and the rest under "Advanced".

mod advanced;
mod inputs;
mod who;

use accounts::applications::{Access, Details, Kind};
use leptos::prelude::*;

use super::{gate_texts::PROXIES, presets::Preset};
use crate::parts::{form::Sent, plain::Choice};
use advanced::advanced;
use inputs::{LinesOf, TextOf, lines, text, tick};
use who::who;
pub(super) use who::{Members, members};

/// What the form is drawn with.
pub(super) struct Form<'a> {
    pub sent: Sent,
    /// What stands in the fields before anything is typed.
    pub filled: &'a Details,
    /// Whose configuration is shown.
    pub preset: Option<&'static Preset>,
    pub members: Members,
    /// Of an application that is not registered yet.
    pub new: bool,
}

/// The fields.
pub(super) fn fields(form: &Form) -> impl IntoView + use<> {
    let Form { sent, filled, .. } = form;
    let name = TextOf {
        label: "Name",
        hint: "What members know it by.",
        filled: &filled.name,
        ..TextOf::named("name")
    };
    view! {
        {text(sent, &name)}
        {match filled.kind {
            Kind::OpenId => open_id(form).into_any(),
            Kind::Gate => gate(form).into_any(),
        }}
        {who(sent, &filled.access, &form.members)}
        {tick(sent, "second_factor", "Ask for a second factor", "Who signed in without one is asked for it, or to set it up first.", filled.requires_second_factor)}
        {advanced(form)}
    }
}

/// Where it is; with a preset, all of its addresses follow from that.
fn open_id(form: &Form) -> impl IntoView + use<> {
    let Form {
        sent,
        filled,
        preset,
        new,
        ..
    } = form;
    if *new && preset.is_some() {
        let address = TextOf {
            label: "Address",
            hint: "Where you open it, such as https://app.example.com. Its redirect and logout addresses follow from this.",
            filled: &filled.address,
            kind: "url",
            ..TextOf::named("address")
        };
        return text(sent, &address).into_any();
    }
    view! {
        {redirects(form)}
        {logout_address(form)}
    }
    .into_any()
}

fn redirects(form: &Form) -> impl IntoView + use<> {
    let hint = match form.preset {
        Some(preset) if form.new => {
            format!(
                "One a line. Empty: at the address above, {}.",
                preset.paths()
            )
        }
        _ => "One a line, exactly as the application sends it.".to_owned(),
    };
    let redirects = LinesOf {
        name: "redirects",
        label: "Redirect addresses",
        hint,
        filled: form.filled.redirects.join("\n"),
    };
    lines(&form.sent, redirects)
}

fn logout_address(form: &Form) -> impl IntoView + use<> {
    let hint = match form.preset {
        Some(preset) if form.new && preset.can_be_told() => format!(
            "Where it’s told of a logout. Empty: at the address above, {}.",
            preset.logout_address("")
        ),
        Some(preset) if !preset.can_be_told() => {
            format!("{} isn’t known to take logout notices.", preset.name)
        }
        _ => "Where it’s told of a logout (back-channel logout). Leave it empty if it can’t be."
            .to_owned(),
    };
    let address = TextOf {
        label: "Logout notice address",
        hint: &hint,
        filled: &form.filled.logout_address,
        kind: "url",
        ..TextOf::named("logout_address")
    };
    text(&form.sent, &address)
}

fn gate(form: &Form) -> impl IntoView + use<> {
    let Form { sent, filled, .. } = form;
    let address = TextOf {
        label: "Address",
        hint: "Where you open it, such as https://wiki.example.com. It has a host of its own, other than Curfew’s.",
        filled: &filled.address,
        kind: "url",
        ..TextOf::named("address")
    };
    let proxies = PROXIES.iter();
    let proxies = proxies
        .map(|(key, name, ..)| ((*key).to_owned(), (*name).to_owned()))
        .collect::<Vec<_>>();
    let chosen = filled.preset.clone().unwrap_or_else(|| "nginx".to_owned());
    view! {
        {text(sent, &address)}
        <Choice
            name="preset"
            label="Reverse proxy in front of it"
            options=proxies
            chosen=sent.typed("preset", &chosen)
            error=sent.field("preset")
        />
    }
}

/// Whether somewhere else than in sight something is wrong, so that "Advanced" is open.
fn is_wrong(sent: &Sent, names: &[&str]) -> bool {
    names.iter().any(|name| sent.field(name).is_some())
}

/// Whether it is for all members.
fn is_for_all(sent: &Sent, access: &Access) -> bool {
    let stored = if *access == Access::All {
        "all"
    } else {
        "chosen"
    };
    sent.typed("who", stored) == "all"
}
