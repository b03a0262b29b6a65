//! The `openidconnect` crate, in tiny_http: `/` needs a session, `/callback` starts one, `/refresh` refreshes its tokens, `/logged-out` takes
//! logout tokens. It has no back-channel logout of its own; its verifier of ID tokens, told to take their type, verifies them.

use std::{collections::HashMap, env, error::Error, str::FromStr};

use openidconnect::{
    AccessToken, AdditionalClaims, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken, EmptyExtraTokenFields, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, IdToken, IdTokenFields, IssuerUrl, JsonWebTokenType, Nonce, OAuth2TokenResponse, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, RefreshToken, Scope, StandardErrorResponse, StandardTokenResponse, SubjectIdentifier, TokenResponse,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
        CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreRevocableToken, CoreRevocationErrorResponse,
        CoreTokenIntrospectionResponse, CoreTokenType, CoreUserInfoClaims,
    },
    reqwest::{blocking, redirect},
    url::Url,
};
use serde::{Deserialize, Serialize};
use tiny_http::{Header, Request, Response, Server};

type Fault = Box<dyn Error>;
type Token<Claims> = IdToken<Claims, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;
type Fields = IdTokenFields<SessionClaims, EmptyExtraTokenFields, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;
type Tokens = StandardTokenResponse<Fields, CoreTokenType>;
type Curfew = Client<
    SessionClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

#[derive(Debug, Serialize, Deserialize)]
struct SessionClaims {
    sid: String,
}
impl AdditionalClaims for SessionClaims {}

#[derive(Debug, Serialize, Deserialize)]
struct LogoutClaims {
    sid: String,
    jti: String,
    events: HashMap<String, serde_json::Value>,
}
impl AdditionalClaims for LogoutClaims {}

/// What is kept of a browser until it comes back from the provider.
struct Begun {
    state: CsrfToken,
    nonce: Nonce,
    verifier: PkceCodeVerifier,
}

struct Session {
    sid: String,
    subject: SubjectIdentifier,
    access: AccessToken,
    refresh: RefreshToken,
    user: String,
}

struct Application {
    base: String,
    issuer: String,
    http: blocking::Client,
    curfew: Curfew,
    begun: HashMap<String, Begun>,
    sessions: HashMap<String, Session>,
}

fn main() -> Result<(), Fault> {
    let [issuer, base, id, secret] = ["ISSUER", "BASE", "CLIENT_ID", "CLIENT_SECRET"].map(|name| env::var(name).expect(name));
    let http = blocking::Client::builder().redirect(redirect::Policy::none()).build()?;
    let metadata = CoreProviderMetadata::discover(&IssuerUrl::new(issuer.clone())?, &http)?;
    let curfew = Client::from_provider_metadata(metadata, ClientId::new(id), Some(ClientSecret::new(secret)))
        .set_redirect_uri(RedirectUrl::new(format!("{base}/callback"))?);
    let mut application = Application { base, issuer, http, curfew, begun: HashMap::new(), sessions: HashMap::new() };
    let server = Server::http(application.base.trim_start_matches("http://")).map_err(|error| error.to_string())?;
    for mut request in server.incoming_requests() {
        let response = application.answer(&mut request).unwrap_or_else(|error| {
            eprintln!("{} {}: {error} ({error:?})", request.method(), request.url());
            Response::from_string(error.to_string()).with_status_code(400)
        });
        request.respond(response)?;
    }
    Ok(())
}

type Answer = Result<Response<std::io::Cursor<Vec<u8>>>, Fault>;

impl Application {
    fn answer(&mut self, request: &mut Request) -> Answer {
        let url = Url::parse(&format!("{}{}", self.base, request.url()))?;
        let cookie = cookie(request);
        match url.path() {
            "/logged-out" => {
                let mut body = String::new();
                request.as_reader().read_to_string(&mut body)?;
                self.log_out(&body)
            }
            "/callback" => self.finish(&url, &cookie),
            _ if !self.sessions.contains_key(&cookie) => self.begin(),
            "/refresh" => self.refresh(&cookie),
            _ => Ok(Response::from_string(&self.sessions[&cookie].user)),
        }
    }

    fn begin(&mut self) -> Answer {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let (url, state, nonce) = self
            .curfew
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            .add_scopes(["profile", "email", "groups"].map(|it| Scope::new(it.into())))
            .set_pkce_challenge(challenge)
            .url();
        let name = CsrfToken::new_random().into_secret();
        let cookie = format!("openidconnect={name}; HttpOnly; Path=/");
        self.begun.insert(name, Begun { state, nonce, verifier });
        Ok(goes_to(url.as_str())?.with_header(header("Set-Cookie", &cookie)))
    }

    fn finish(&mut self, url: &Url, cookie: &str) -> Answer {
        let begun = self.begun.remove(cookie).ok_or("no such browser")?;
        let given: HashMap<_, _> = url.query_pairs().into_owned().collect();
        // The crate leaves these two to its caller.
        (given["state"] == *begun.state.secret() && given["iss"] == self.issuer).then_some(()).ok_or("not the answer to what was asked")?;
        let code = AuthorizationCode::new(given["code"].clone());
        let tokens = self.curfew.exchange_code(code)?.set_pkce_verifier(begun.verifier).request(&self.http)?;
        let verifier = self.curfew.id_token_verifier();
        let claims = tokens.id_token().ok_or("no ID token")?.claims(&verifier, &begun.nonce)?;
        let mut session = Session {
            sid: claims.additional_claims().sid.clone(),
            subject: claims.subject().clone(),
            access: tokens.access_token().clone(),
            refresh: tokens.refresh_token().ok_or("no refresh token")?.clone(),
            user: String::new(),
        };
        session.user = self.user(&session)?;
        self.sessions.insert(cookie.to_owned(), session);
        goes_to(&format!("{}/", self.base))
    }

    fn refresh(&mut self, cookie: &str) -> Answer {
        let mut session = self.sessions.remove(cookie).ok_or("no such session")?;
        let tokens = self.curfew.exchange_refresh_token(&session.refresh)?.request(&self.http)?;
        (tokens.access_token().secret() != session.access.secret()).then_some(()).ok_or("the same access token")?;
        session.access = tokens.access_token().clone();
        session.refresh = tokens.refresh_token().ok_or("no refresh token")?.clone();
        session.user = self.user(&session)?;
        let user = session.user.clone();
        self.sessions.insert(cookie.to_owned(), session);
        Ok(Response::from_string(user))
    }

    fn user(&self, session: &Session) -> Result<String, Fault> {
        let asked = self.curfew.user_info(session.access.clone(), Some(session.subject.clone()))?;
        let user: CoreUserInfoClaims = asked.request(&self.http)?;
        Ok(serde_json::to_string(&user)?)
    }

    fn log_out(&mut self, body: &str) -> Answer {
        let body = Url::parse(&format!("{}/?{body}", self.base))?;
        let (_, token) = body.query_pairs().find(|(name, _)| name == "logout_token").ok_or("no logout token")?;
        let verifier = self.curfew.id_token_verifier();
        let none = |nonce: Option<&Nonce>| nonce.is_none().then_some(()).ok_or_else(|| "a nonce".to_owned());
        // As it is by default, the crate takes no logout token for an ID token.
        let token = Token::<LogoutClaims>::from_str(&token)?;
        token.claims(&verifier, none).err().ok_or("taken for an ID token")?;
        let kind = JsonWebTokenType::new("logout+jwt".into()).normalize()?;
        let claims = token.claims(&verifier.set_allowed_jose_types([kind]), none)?.additional_claims();
        let event = "http://schemas.openid.net/event/backchannel-logout";
        (claims.events.contains_key(event) && !claims.jti.is_empty()).then_some(()).ok_or("no logout token")?;
        let before = self.sessions.len();
        self.sessions.retain(|_, session| session.sid != claims.sid);
        (self.sessions.len() < before).then_some(()).ok_or("no such session")?;
        Ok(Response::from_string("ended"))
    }
}

fn goes_to(url: &str) -> Answer {
    Ok(Response::from_string("").with_status_code(303).with_header(header("Location", url)))
}

fn header(name: &str, value: &str) -> Header {
    Header::from_bytes(name, value).expect("a header")
}

fn cookie(request: &Request) -> String {
    let found = request.headers().iter().find(|it| it.field.equiv("Cookie"));
    let cookies = found.map(|it| it.value.as_str()).unwrap_or_default();
    let ours = cookies.split("; ").find_map(|it| it.strip_prefix("openidconnect="));
    ours.unwrap_or_default().to_owned()
}
