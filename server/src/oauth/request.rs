//! What a browser's request for a code asks for (OpenID Connect Core 1.0, 3.1.2.1; RFC 7636). First whether its application and
//! redirect address can be trusted: before that is known an error leads nowhere, and is shown on a page of ours.

use accounts::{
    applications::{self, Application, Kind, Scope, redirect_matches, redirects},
    db::DatabaseError,
    ids::ApplicationId,
    instance::Reader,
};

use super::form::Form;

/// Longest `state` and `nonce` that go along.
const LONGEST: usize = 2_000;

/// Where answers go: the address is one that the application has registered.
#[derive(Debug)]
pub(super) struct Trusted {
    pub application: Application,
    pub redirect: String,
    pub state: Option<String>,
}

/// Why an answer goes nowhere.
#[derive(Debug)]
pub(super) enum Untrusted {
    /// No such application.
    Application,
    /// The application has not registered that address.
    Redirect {
        application: Box<Application>,
        received: String,
    },
    Database(DatabaseError),
}

impl From<DatabaseError> for Untrusted {
    fn from(error: DatabaseError) -> Self {
        Self::Database(error)
    }
}

/// What is asked for, once answers have somewhere to go.
#[derive(Debug)]
pub(super) struct Asked {
    pub scope: Scope,
    pub nonce: Option<String>,
    pub challenge: Option<String>,
    /// `prompt=none`: nothing may be shown.
    pub silent: bool,
}

/// An error for the application: its code, and a sentence.
pub(super) type Wrong = (&'static str, &'static str);

/// The application and the redirect address of a request.
pub(super) async fn trusted(conn: &mut Reader, form: &Form) -> Result<Trusted, Untrusted> {
    // Of a parameter that is there twice there is no saying which is meant.
    let once = |name: &str| {
        form.get(name)
            .filter(|_| form.twice.as_deref() != Some(name))
    };
    let id = ApplicationId(once("client_id").unwrap_or_default().to_owned());
    let found = applications::find(conn, &id).await?;
    let found = found.filter(|application| application.kind == Kind::OpenId);
    let application = found.ok_or(Untrusted::Application)?;
    let received = once("redirect_uri").unwrap_or_default();
    let registered = redirects(conn, &application.id).await?;
    if !registered
        .iter()
        .any(|address| redirect_matches(address, received))
    {
        return Err(Untrusted::Redirect {
            application: Box::new(application),
            received: received.to_owned(),
        });
    }
    let state = form.get("state").filter(|state| state.len() <= LONGEST);
    Ok(Trusted {
        application,
        redirect: received.to_owned(),
        state: state.map(str::to_owned),
    })
}

/// What is asked for, or what is wrong with it.
pub(super) fn asked(application: &Application, form: &Form) -> Result<Asked, Wrong> {
    if form.twice.is_some() {
        return Err(("invalid_request", "a parameter is there more than once"));
    }
    for (name, error) in [
        ("request", "request_not_supported"),
        ("request_uri", "request_uri_not_supported"),
        ("registration", "registration_not_supported"),
    ] {
        if form.get(name).is_some() {
            return Err((error, "send the parameters themselves"));
        }
    }
    match form.get("response_type") {
        Some("code") => {}
        Some(_) => return Err(("unsupported_response_type", "use code")),
        None => return Err(("invalid_request", "response_type is missing")),
    }
    if form
        .get("response_mode")
        .is_some_and(|mode| mode != "query")
    {
        return Err(("invalid_request", "use response_mode query"));
    }
    let long = |name: &str| form.get(name).is_some_and(|value| value.len() > LONGEST);
    if long("state") || long("nonce") {
        return Err(("invalid_request", "state or nonce is too long"));
    }
    let challenge = challenge(application, form)?;
    let prompts: Vec<&str> = form.get("prompt").unwrap_or_default().split(' ').collect();
    let silent = prompts.contains(&"none");
    if silent && prompts.len() > 1 {
        return Err(("invalid_request", "prompt=none stands alone"));
    }
    if form
        .get("max_age")
        .is_some_and(|age| age.parse::<u32>().is_err())
    {
        return Err(("invalid_request", "max_age is a number of seconds"));
    }
    let scope = Scope::parse(form.get("scope").unwrap_or_default());
    if scope == Scope::default() {
        return Err(("invalid_scope", "ask for openid at least"));
    }
    Ok(Asked {
        scope,
        nonce: form.get("nonce").map(str::to_owned),
        challenge,
        silent,
    })
}

/// S256 alone: `plain` proves nothing to one who has read the request (RFC 7636, 7.2).
fn challenge(application: &Application, form: &Form) -> Result<Option<String>, Wrong> {
    let Some(challenge) = form.get("code_challenge") else {
        if form.get("code_challenge_method").is_some() {
            return Err(("invalid_request", "code_challenge is missing"));
        }
        if application.requires_pkce || !application.is_confidential {
            return Err(("invalid_request", "PKCE is required: send a code_challenge"));
        }
        return Ok(None);
    };
    if form.get("code_challenge_method") != Some("S256") {
        return Err(("invalid_request", "use code_challenge_method S256"));
    }
    let is_hash = challenge.len() == 43
        && challenge
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if !is_hash {
        return Err((
            "invalid_request",
            "code_challenge is no SHA-256 in base64url",
        ));
    }
    Ok(Some(challenge.to_owned()))
}
