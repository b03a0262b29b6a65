//! What a server function may ask for: the database, who is signed in, the browser at the other end.

use std::{pin::Pin, sync::Arc};

use accounts::{
    applications::{Answer, Application},
    client::Client,
    ids::UserId,
    instance::{Instance, Reader},
    operation::Operation,
    plans::Plan,
    roles::Role,
    secret::Token,
    sessions::{Ended, Found, SignedIn, find_by_id},
    sign_up::{FirstUser, Opening, Policy, SignUp},
    time::Moment,
    webhooks::{Failure, Payload},
};
use cookie::Cookie;
use http::{HeaderName, HeaderValue, header};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

use crate::{
    cookies::{Cookies, Kind},
    error::{AppError, Code},
    flash::{Flash, Note},
    reason::Reason,
};

/// The install: what every request shares. Cheap to clone.
#[derive(Clone)]
pub struct Curfew(Arc<Install>);

/// See [`Curfew`].
pub struct Install {
    pub instance: Instance,
    pub sign_up: SignUp,
    /// Whether a sign-up is finished with an emailed link.
    pub confirm_sign_up: bool,
    pub default_plan: Plan,
    pub cookies: Cookies,
    /// Scheme and host that users type, from the settings.
    pub public_url: String,
    /// Reaches the receivers of webhooks.
    pub webhook_client: Arc<dyn WebhookClient>,
    /// Tells applications of logouts.
    pub notices: Arc<dyn NoticeSender>,
}

impl Install {
    /// Who may sign up, and the plan of the account they get.
    #[must_use]
    pub fn sign_up_policy<'a>(&self, first: FirstUser<'a>) -> Policy<'a> {
        Policy {
            sign_up: self.sign_up,
            plan: self.default_plan,
            first,
        }
    }
}

/// An answer that takes its time.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Sends webhook deliveries to their receiver. The program has one, because neither rules nor screens know the network.
pub trait WebhookClient: Send + Sync {
    /// Why an address may not be sent to, in a sentence for the user who typed it.
    fn refuses<'a>(&'a self, url: &'a str) -> Pending<'a, Option<String>>;

    /// Tries once. The status when the receiver took it.
    fn deliver<'a>(&'a self, payload: &'a Payload) -> Pending<'a, Result<u16, Failure>>;
}

/// What came of opening an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    Answered {
        status: u16,
        location: Option<String>,
    },
    /// Why nothing came back.
    Nothing(String),
}

/// Sends logout notices. The program has one, because neither rules nor screens know the network.
pub trait NoticeSender: Send + Sync {
    /// Why an address may not be sent to, in a sentence for the user who typed it.
    fn refuses<'a>(&'a self, url: &'a str) -> Pending<'a, Option<String>>;

    /// Opens an address as a browser's window does, without a cookie, and follows no redirect.
    fn open<'a>(&'a self, address: &'a str) -> Pending<'a, Opened>;

    /// Sends the application a notice of a session that it does not have, and gives what came back.
    fn test<'a>(&'a self, application: &'a Application, user: &'a UserId) -> Pending<'a, Answer>;
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

/// One request: who it is from, as the authentication middleware has found out once.
#[derive(Clone)]
pub struct Visit {
    pub presence: Presence,
    pub client: Client,
    /// The browser's window goes there: its user sees what is answered, and dead cookies are removed.
    pub navigates: bool,
    /// The cookie of a pending sign-in.
    pub pending_sign_in: Option<Token>,
    pub flash: Option<Flash>,
    /// What vouches for the forms of the page that is drawn, where fetch metadata cannot.
    pub form_token: Option<String>,
    /// Why the user signed in does not see the page they asked for.
    pub refused: Option<AppError>,
    /// Whether a visitor may sign up. Closed for a user who is signed in, who has done that.
    pub sign_up: Opening,
    /// Whether it comes from the machine itself, with no proxy between: then the first sign-up asks for no setup code.
    pub at_the_machine: bool,
}

impl Visit {
    /// Whether a sign-up shows the setup code.
    #[must_use]
    pub fn asks_setup_code(&self) -> bool {
        self.sign_up == Opening::First && !self.at_the_machine
    }
}

/// Whether a user is signed in.
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

/// Whom a page is drawn for, for the shell around the app: the user's id and their access.
#[must_use]
pub fn made_for() -> Option<(String, String)> {
    let me = signed_in().ok()?;
    Some((me.user.id.0, access(me.user.role, me.user.plan)))
}

/// Role and plan as one text that a page can compare. Pages are drawn by it.
#[must_use]
pub fn access(role: Role, plan: Plan) -> String {
    format!("{}, {}", role.name(), plan.name())
}

/// The refusal for a session that has ended.
#[must_use]
pub fn session_ended(ended: &Ended) -> AppError {
    let mut error = AppError::new(
        Code::SessionEnded,
        "You were signed out. Sign in to continue.",
    );
    error.reason = Some(Box::new(Reason::from(ended)));
    error
}

/// What a refused operation is answered with: when its session ended in between, how that ended.
pub async fn explained(curfew: &Curfew, me: &SignedIn, error: AppError) -> AppError {
    if error.reason.is_some() || !matches!(error.code, Code::Conflict | Code::SessionEnded) {
        return error;
    }
    let found = async {
        let mut conn = curfew.instance.read(now()).await?;
        find_by_id(&mut conn, &me.session).await
    };
    match found.await {
        Ok(Found::Ended(ended)) if ended.is_in_doubt() => AppError::service_unavailable(),
        Ok(Found::Ended(ended)) => session_ended(&ended),
        Ok(_) if error.code == Code::SessionEnded => AppError::not_signed_in(),
        Ok(_) => error,
        Err(unavailable) => unavailable.into(),
    }
}

/// Begins an operation that this request asks for.
///
/// # Errors
/// `service_unavailable`.
pub async fn operation() -> Result<Operation, AppError> {
    Ok(Operation::begin(&curfew()?.instance, &visit()?.client, now()).await?)
}

/// A connection to read with.
///
/// # Errors
/// `service_unavailable`.
pub async fn reader() -> Result<Reader, AppError> {
    Ok(curfew()?.instance.read(now()).await?)
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

/// The receipt's token, where this browser has one.
#[must_use]
pub fn receipt_token() -> Option<Token> {
    let name = curfew().ok()?.cookies.name(Kind::Receipt);
    let parts = use_context::<http::request::Parts>()?;
    let value = parts
        .headers
        .get_all(header::COOKIE)
        .iter()
        .find_map(|header| {
            let header = String::from_utf8_lossy(header.as_bytes());
            Cookie::split_parse(header.as_ref())
                .filter_map(Result::ok)
                .find(|cookie| cookie.name() == name)
                .map(|cookie| cookie.value().to_owned())
        })?;
    Token::presented(&value)
}

/// The address's query, empty when there is none.
#[must_use]
pub fn query_string() -> String {
    use_context::<http::request::Parts>()
        .and_then(|parts| parts.uri.query().map(str::to_owned))
        .unwrap_or_default()
}

/// The page that is drawn: its address with the query.
#[must_use]
pub fn here() -> String {
    use_context::<http::request::Parts>()
        .and_then(|parts| parts.uri.path_and_query().map(ToString::to_string))
        .unwrap_or_default()
}

/// A field of the address's query.
#[must_use]
pub fn query(name: &str) -> Option<String> {
    form_urlencoded::parse(query_string().as_bytes())
        .find(|(field, _)| field == name)
        .map(|(_, value)| value.into_owned())
}

/// Leaves a note for the next page to show.
///
/// # Errors
/// Only outside a request.
pub fn note(note: Note) -> Result<(), AppError> {
    leave(&Flash::Note(note))
}
