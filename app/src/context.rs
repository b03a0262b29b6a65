//! What a server function may ask for: the database, who is signed in, the browser at the other end.

use std::{pin::Pin, sync::Arc};

use accounts::{
    audit::Client,
    db::Db,
    keys::Keys,
    limits::Limits,
    passwords::Hasher,
    permissions::{self, Refusal},
    plans::{Feature, Plan},
    secret::Token,
    sessions::{Ended, SignedIn},
    sign_up::SignUp,
    step_up,
    time::Moment,
    users::Role,
    webhook::{Failure, Payload},
};
use cookie::Cookie;
use http::{HeaderName, HeaderValue, header};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

use crate::{
    boot::{Boot, Viewer},
    cookies::Cookies,
    error::{AppError, Code, listed},
    flash::{Flash, Note, Reason},
    pages::settings,
    parts::avatar,
};

/// The install: what every request shares. Cheap to clone.
#[derive(Clone)]
pub struct Curfew(Arc<Install>);

/// See [`Curfew`].
pub struct Install {
    pub db: Db,
    pub hasher: Hasher,
    pub keys: Keys,
    pub limits: Limits,
    pub sign_up: SignUp,
    /// Whether whoever signs up is mailed a link first.
    pub confirm_sign_up: bool,
    pub default_plan: Plan,
    pub cookies: Cookies,
    /// Scheme and host users type, from the settings.
    pub public_url: String,
    /// Reaches the receivers of webhooks.
    pub webhook_client: Arc<dyn WebhookClient>,
}

/// Something that takes its time.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Brings a webhook's deliveries to their receiver. The program has one: neither rules nor screens know the network.
pub trait WebhookClient: Send + Sync {
    /// Why an address may not be sent to, in a sentence for whoever typed it.
    fn refuses<'a>(&'a self, url: &'a str) -> Pending<'a, Option<String>>;

    /// Tries once. The status when the receiver took it.
    fn deliver<'a>(&'a self, payload: &'a Payload) -> Pending<'a, Result<u16, Failure>>;
}

impl Curfew {
    #[must_use]
    pub fn new(install: Install) -> Self {
        Self(Arc::new(install))
    }
}

impl std::ops::Deref for Curfew {
    type Target = Install;

    fn deref(&self) -> &Install {
        &self.0
    }
}

/// One request: who it is from, found out once, at the door.
#[derive(Clone)]
pub struct Visit {
    pub presence: Presence,
    pub client: Client,
    /// The cookie that says which browser this is.
    pub known_device: Option<Token>,
    /// The cookie of a pending sign-in.
    pub pending_sign_in: Option<Token>,
    pub flash: Option<Flash>,
    /// Why the user signed in does not see the page they asked for.
    pub refused: Option<AppError>,
    pub sign_up_open: bool,
}

/// Whether anybody is signed in.
#[derive(Clone)]
pub enum Presence {
    SignedIn(Box<SignedIn>),
    Ended(Ended),
    Anonymous,
}

/// The install.
///
/// # Errors
/// Only outside a request.
pub fn curfew() -> Result<Curfew, AppError> {
    use_context().ok_or_else(|| AppError::new(Code::Internal, "Something went wrong on our side."))
}

/// This request.
///
/// # Errors
/// Only outside a request.
pub fn visit() -> Result<Visit, AppError> {
    use_context().ok_or_else(|| AppError::new(Code::Internal, "Something went wrong on our side."))
}

/// The user signed in.
///
/// # Errors
/// `session_ended` with the reason, or `not_signed_in`.
pub fn signed_in() -> Result<SignedIn, AppError> {
    match visit()?.presence {
        Presence::SignedIn(signed_in) => Ok(*signed_in),
        Presence::Ended(ended) => Err(session_ended(&ended)),
        Presence::Anonymous => Err(AppError::not_signed_in()),
    }
}

/// Whom a page is made for, for the shell around the app: the user's id and how they stand.
#[must_use]
pub fn made_for() -> Option<(String, String)> {
    let me = signed_in().ok()?;
    Some((me.user.id.0, standing(me.user.role, me.user.plan)))
}

/// Role and plan as one text that a page can compare. Pages are drawn by it.
#[must_use]
pub fn standing(role: Role, plan: Plan) -> String {
    format!("{}, {}", role.name(), plan.name())
}

/// The refusal for a session that has ended.
#[must_use]
pub fn session_ended(ended: &Ended) -> AppError {
    let mut error = AppError::new(Code::SessionEnded, "You were signed out. Sign in to go on.");
    error.reason = Some(Box::new(Reason::from(ended)));
    error
}

/// Now.
#[must_use]
pub fn now() -> Moment {
    Moment::now()
}

/// Adds a cookie to the answer.
pub fn set_cookie(cookie: &Cookie<'_>) {
    if let (Some(answer), Ok(value)) = (
        use_context::<ResponseOptions>(),
        HeaderValue::from_str(&cookie.to_string()),
    ) {
        answer.append_header(header::SET_COOKIE, value);
    }
}

/// Adds a header to the answer.
pub fn set_header(name: HeaderName, value: HeaderValue) {
    if let Some(answer) = use_context::<ResponseOptions>() {
        answer.insert_header(name, value);
    }
}

/// Only our own files and the scripts of this very page run. `wasm-unsafe-eval` lets WASM be
/// compiled and nothing else be evaluated.
pub fn set_content_security_policy(nonce: Option<&leptos::nonce::Nonce>) {
    let nonce = nonce.map(|n| format!("'nonce-{n}'")).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; script-src 'self' {nonce} 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        set_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}

/// Answers with this status.
pub fn set_status(code: Code) {
    if let (Some(answer), Ok(status)) = (
        use_context::<ResponseOptions>(),
        http::StatusCode::from_u16(code.status()),
    ) {
        answer.set_status(status);
    }
}

/// Leaves something for the next page to say.
///
/// # Errors
/// Only outside a request.
pub fn leave(flash: &Flash) -> Result<(), AppError> {
    set_cookie(&curfew()?.cookies.flash(flash));
    Ok(())
}

/// See [`Boot`].
pub(crate) fn boot() -> Boot {
    let (Ok(curfew), Ok(visit)) = (curfew(), visit()) else {
        return Boot::default();
    };
    Boot {
        viewer: match &visit.presence {
            Presence::SignedIn(signed_in) => Some(viewer(signed_in, &curfew.limits)),
            _ => None,
        },
        // A token's value is for one page, which asks for it itself.
        flash: visit.flash.filter(|f| !matches!(f, Flash::Made(_))),
        refused: visit.refused,
        sign_up_open: visit.sign_up_open,
        password_min: curfew.limits.password_min,
        remember_days: curfew.limits.remember_for.as_secs() / (24 * 60 * 60),
    }
}

/// "Plus, Pro and Enterprise".
fn names_of(feature: Feature) -> String {
    let plans = Plan::with(feature).into_iter();
    listed(&plans.map(|p| p.name().to_owned()).collect::<Vec<_>>())
}

fn viewer(signed_in: &SignedIn, limits: &Limits) -> Viewer {
    let user = &signed_in.user;
    Viewer {
        name: user.name.clone(),
        username: user.username.clone(),
        email: user.email.clone(),
        role: user.role.name().to_owned(),
        account: user.account_name.clone(),
        plan: user.plan.name().to_owned(),
        initials: avatar::initials(&user.name),
        tint: avatar::tint(&user.id.0),
        password_changed: user.password_changed_at.into(),
        signed_in: signed_in.started_at.into(),
        two_factor: user.two_factor_since.map(Into::into),
        two_factor_plans: (!user.plan.has(Feature::TwoFactor))
            .then(|| names_of(Feature::TwoFactor)),
        confirm: step_up::is_needed(signed_in, limits, now()),
        remote_logout: user.plan.has(Feature::RemoteLogout),
        remote_logout_plans: names_of(Feature::RemoteLogout),
        settings: settings_of(signed_in),
    }
}

/// What the role may see. What only the plan lacks is there, and says so.
fn settings_of(signed_in: &SignedIn) -> Vec<(String, String)> {
    let user = &signed_in.user;
    settings::TABS
        .iter()
        .filter(|(address, _)| {
            let may = permissions::check(user.role, user.plan, address);
            !matches!(may, Err(Refusal::NotAllowed(_)))
        })
        .map(|&(address, label)| (address.to_owned(), label.to_owned()))
        .collect()
}

/// The address's query, empty when there is none.
#[must_use]
pub fn query_string() -> String {
    use_context::<http::request::Parts>()
        .and_then(|parts| parts.uri.query().map(str::to_owned))
        .unwrap_or_default()
}

/// A field of the address's query.
#[must_use]
pub fn query(name: &str) -> Option<String> {
    form_urlencoded::parse(query_string().as_bytes())
        .find(|(field, _)| field == name)
        .map(|(_, value)| value.into_owned())
}

/// Says something good on the next page.
///
/// # Errors
/// Only outside a request.
pub fn note(note: Note) -> Result<(), AppError> {
    leave(&Flash::Note(note))
}
