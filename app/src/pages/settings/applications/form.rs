//! The fields on the screen: of a new application, and of one that is changed.

use accounts::applications::{Access, Application, Kind, SigningAlgorithm};
use leptos::prelude::*;

use super::presets::PRESETS;
use crate::parts::{
    field::{Checkbox, Field},
    form::Sent,
    plain::Choice,
};

/// What stands in the fields before anything is typed.
#[expect(clippy::struct_excessive_bools, reason = "each is a box of the form")]
pub(super) struct Filled {
    pub kind: Kind,
    name: String,
    preset: String,
    address: String,
    redirects: String,
    plain_http: bool,
    public: bool,
    without_pkce: bool,
    signing_algorithm: &'static str,
    claims_in_id_token: bool,
    logout_address: String,
    signed_out_address: String,
    own_session: String,
    open_paths: String,
    passes_preflights: bool,
    access: String,
    second_factor: bool,
}

impl Filled {
    pub(super) fn new() -> Self {
        Self {
            kind: Kind::OpenId,
            name: String::new(),
            preset: String::new(),
            address: String::new(),
            redirects: String::new(),
            plain_http: false,
            public: false,
            without_pkce: false,
            signing_algorithm: SigningAlgorithm::Es256.name(),
            claims_in_id_token: false,
            logout_address: String::new(),
            signed_out_address: String::new(),
            own_session: "30".into(),
            open_paths: String::new(),
            passes_preflights: false,
            access: "all".into(),
            second_factor: false,
        }
    }

    /// Of an application with these redirect addresses, for those users.
    pub(super) fn of(application: &Application, redirects: &[String], access: &Access) -> Self {
        let web = redirects
            .iter()
            .chain(&application.address)
            .chain(&application.logout_address);
        let loopback = |address: &str| {
            address.starts_with("http://127.0.0.1") || address.starts_with("http://[::1]")
        };
        let plain_http = web
            .into_iter()
            .any(|address| address.starts_with("http://") && !loopback(address));
        Self {
            kind: application.kind,
            name: application.name.clone(),
            preset: application.preset.clone().unwrap_or_default(),
            address: application.address.clone().unwrap_or_default(),
            redirects: redirects.join("\n"),
            plain_http,
            public: !application.is_confidential,
            without_pkce: !application.requires_pkce,
            signing_algorithm: application.signing_algorithm.name(),
            claims_in_id_token: application.claims_in_id_token,
            logout_address: application.logout_address.clone().unwrap_or_default(),
            signed_out_address: application.signed_out_address.clone().unwrap_or_default(),
            own_session: (application.own_session().as_secs() / 86_400)
                .max(1)
                .to_string(),
            open_paths: application.open_paths().join("\n"),
            passes_preflights: application.passes_preflights,
            access: words(access),
            second_factor: application.requires_second_factor,
        }
    }
}

fn words(access: &Access) -> String {
    match access {
        Access::All => "all".into(),
        Access::Chosen { roles, users } => {
            let roles = roles.iter().map(|role| role.key().to_owned());
            let users = users.iter().map(|user| user.0.clone());
            roles.chain(users).collect::<Vec<_>>().join(", ")
        }
    }
}

/// The fields; `new` ones ask for the kind as well.
pub(super) fn fields(sent: &Sent, filled: &Filled, new: bool) -> impl IntoView + use<> {
    let (open_id, gate) = (
        new || filled.kind == Kind::OpenId,
        new || filled.kind == Kind::Gate,
    );
    let kinds = [Kind::OpenId, Kind::Gate].map(|kind| {
        let label = match kind {
            Kind::OpenId => "OpenID Connect: it signs in by itself",
            Kind::Gate => "Gate: a reverse proxy asks at each request",
        };
        (kind.key().to_owned(), label.to_owned())
    });
    let presets = std::iter::once((String::new(), "None".to_owned()))
        .chain(
            PRESETS
                .iter()
                .map(|p| (p.key.to_owned(), p.name.to_owned())),
        )
        .collect();
    view! {
        {new
            .then(|| {
                view! {
                    <Choice
                        name="kind"
                        label="Kind"
                        options=kinds.to_vec()
                        chosen=sent.typed("kind", filled.kind.key())
                        error=sent.field("kind")
                    />
                }
            })}
        {text(sent, "name", "Name", "What members know it by.", &filled.name)}
        <Choice
            name="preset"
            label="Configuration for"
            options=presets
            chosen=sent.typed("preset", &filled.preset)
            error=sent.field("preset")
        />
        {text(
            sent,
            "address",
            "Address",
            "Where it is, for example https://wiki.example.com. A gate needs it.",
            &filled.address,
        )}
        {open_id.then(|| open_id_fields(sent, filled))}
        {gate.then(|| gate_fields(sent, filled))}
        {text(
            sent,
            "access",
            "Who may use it",
            "“all”, or roles and ids of members with commas between them: owner, admin, editor, member, watch_only.",
            &filled.access,
        )}
        {tick(sent, "second_factor", "Only with a second factor", "Members without one are asked to set it up first.", filled.second_factor)}
        {tick(sent, "plain_http", "Allow plain http on private names", "For applications at home without a certificate. What is sent can be read on its way.", filled.plain_http)}
    }
}

fn open_id_fields(sent: &Sent, filled: &Filled) -> impl IntoView + use<> {
    let algorithms = [
        ("ES256".to_owned(), "ES256".to_owned()),
        (
            "RS256".to_owned(),
            "RS256, for applications that know nothing else".to_owned(),
        ),
    ];
    view! {
        {lines(
            sent,
            "redirects",
            "Redirect addresses",
            "One a line, exactly as the application sends it. OpenID Connect only.",
            &filled.redirects,
        )}
        {text(
            sent,
            "logout_address",
            "Logout notice address",
            "Where it is told that a session has ended (back-channel logout). Empty if it can’t be told.",
            &filled.logout_address,
        )}
        {text(
            sent,
            "signed_out_address",
            "Address after signing out there",
            "Where the browser lands. Empty: on Curfew’s own page.",
            &filled.signed_out_address,
        )}
        {text(
            sent,
            "own_session",
            "Days that its own session may live",
            "So long it is told of an end, and so long it may live on where it can’t be told.",
            &filled.own_session,
        )}
        <Choice
            name="signing_algorithm"
            label="Signature of its tokens"
            options=algorithms.to_vec()
            chosen=sent.typed("signing_algorithm", filled.signing_algorithm)
            error=sent.field("signing_algorithm")
        />
        {tick(sent, "public", "It keeps no secret", "A program on a phone or in a browser. It then needs PKCE.", filled.public)}
        {tick(sent, "without_pkce", "It can’t do PKCE", "Weaker: a code that is stolen on its way can be used. Only for applications that can’t.", filled.without_pkce)}
        {tick(sent, "claims_in_id_token", "Name, email and groups in the ID token too", "Only for applications that don’t ask for them.", filled.claims_in_id_token)}
    }
}

fn gate_fields(sent: &Sent, filled: &Filled) -> impl IntoView + use<> {
    view! {
        {lines(
            sent,
            "open_paths",
            "Paths that are open to all",
            "One a line: /robots.txt for that alone, /public/ for everything below it. Gate only.",
            &filled.open_paths,
        )}
        {tick(sent, "passes_preflights", "Let CORS preflights pass", "For a gate in front of an API that other sites’ pages call.", filled.passes_preflights)}
    }
}

fn text(
    sent: &Sent,
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    filled: &str,
) -> impl IntoView + use<> {
    let (value, error) = (sent.typed(name, filled), sent.field(name));
    view! { <Field name label hint value error=Signal::stored(error) /> }
}

fn tick(
    sent: &Sent,
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    filled: bool,
) -> impl IntoView + use<> {
    let ticked = if sent.error().is_some() {
        sent.ticked(name)
    } else {
        filled
    };
    view! { <Checkbox name label hint ticked /> }
}

/// A field of several lines.
fn lines(
    sent: &Sent,
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    filled: &str,
) -> impl IntoView + use<> {
    let (value, error) = (sent.typed(name, filled), sent.field(name));
    let (hint_id, error_id) = (format!("{name}-hint"), format!("{name}-error"));
    let invalid = error.as_ref().map(|_| "true");
    let described = match &error {
        Some(_) => format!("{error_id} {hint_id}"),
        None => hint_id.clone(),
    };
    view! {
        <div class="field">
            <label class="field__label" for=name>{label}</label>
            <p class="field__hint" id=hint_id>{hint}</p>
            {error.map(|why| view! { <p class="field__error" id=error_id><span>{why}</span></p> })}
            <textarea
                class="input"
                id=name
                name=name
                rows="3"
                spellcheck="false"
                autocapitalize="none"
                aria-describedby=described
                aria-invalid=invalid
            >
                {value}
            </textarea>
        </div>
    }
}
