//! `/oauth/authorize`: a browser asks for a code. Its session is found by the authentication of every page, a remember-me cookie
//! is exchanged here as at any page that a browser goes to, and nothing is decided by what the request says of itself.

use accounts::{
    applications::{
        ScopeName, answered_at,
        codes::{CodeRequest, IssueError, issue},
        signing_keys,
    },
    db::DatabaseError,
    operation::Operation,
    sessions::SignedIn,
    time::Moment,
};
use app::{
    context::{Presence, Visit},
    pages::oauth::{self as pages, answer_in, asks::Asks},
};
use axum::{
    extract::{Extension, Request, State},
    http::StatusCode,
    response::Response,
};

use super::{
    answer,
    form::Form,
    going_on,
    request::{Asked, Trusted, Untrusted, asked, trusted},
};
use crate::{
    error_page,
    redirects::{see_other, session_ended, to_sign_in, to_sign_in_as},
    request_id,
    state::AppState,
};

/// Longest query. Longer ones would not come back from the sign-in page.
const LONGEST: usize = 5_000;

pub(super) async fn authorize(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    request: Request,
) -> Response {
    let query = request.uri().query().unwrap_or_default().to_owned();
    let (query, answer) = answer_in::split(&query);
    match answered(&state, &visit, query, answer).await {
        Ok(response) => response,
        Err(error) => {
            tracing::error!(%error, "the database is unavailable: no code was issued");
            let id = request_id::of(request.extensions());
            error_page::service_unavailable(&state, request.headers(), &id)
        }
    }
}

async fn answered(
    state: &AppState,
    visit: &Visit,
    query: &str,
    answer: Option<&str>,
) -> Result<Response, DatabaseError> {
    if query.len() > LONGEST {
        return Ok(going_on::page(
            StatusCode::URI_TOO_LONG,
            pages::refused(
                &state.assets,
                "This request is too long",
                "The application’s request for a sign-in can’t be understood. Tell the application’s operator.",
            ),
        ));
    }
    let form = Form::parse(query.as_bytes());
    let mut conn = state.curfew.instance.read(Moment::now()).await?;
    let to = match trusted(&mut conn, &form).await {
        Ok(to) => to,
        Err(untrusted) => return shown(state, visit, untrusted),
    };
    drop(conn);
    let asked = match asked(&to.application, &form) {
        Ok(asked) => asked,
        Err((error, why)) => return Ok(answer::error(state, &to, error, why)),
    };
    match &visit.presence {
        Presence::SignedIn(me) => {
            let request = Going {
                state,
                visit,
                me,
                to: &to,
                asked: &asked,
                query,
            };
            request.go_on(answer).await
        }
        Presence::Ended(_) | Presence::Anonymous if asked.silent => {
            let why = "no user is signed in here";
            Ok(answer::error(state, &to, "login_required", why))
        }
        Presence::Ended(ended) => {
            let back = answer_in::resume_of(query);
            Ok(session_ended(state, visit, &back, ended))
        }
        Presence::Anonymous => {
            let hint = form.get("login_hint").filter(|hint| hint.len() <= 254);
            Ok(to_sign_in_as(&answer_in::resume_of(query), hint))
        }
    }
}

/// A request whose answers have somewhere to go, of a user who is signed in.
struct Going<'a> {
    state: &'a AppState,
    visit: &'a Visit,
    me: &'a SignedIn,
    to: &'a Trusted,
    asked: &'a Asked,
    query: &'a str,
}

impl Going<'_> {
    async fn go_on(&self, answer: Option<&str>) -> Result<Response, DatabaseError> {
        if answer == Some(answer_in::NO) {
            return Ok(self.refuse("access_denied", "the user does not want this"));
        }
        let now = Moment::now();
        let keys = &self.state.curfew.instance.keys;
        let answered = answer
            .is_some_and(|answer| answered_at(keys, now, self.me, self.query, answer).is_some());
        let mut asks = Asks::of(self.query, self.me, now);
        asks.account |= self.hint_is_of_another().await?;
        if self.asked.silent {
            // Without a word from the user nothing outlives their session.
            asks.consent = false;
            if asks.password || asks.account {
                return Ok(self.refuse("login_required", "the user has to sign in again"));
            }
        }
        if asks.is_any() && !answered {
            return Ok(self.ask());
        }
        self.issue(now).await
    }

    async fn issue(&self, now: Moment) -> Result<Response, DatabaseError> {
        let instance = &self.state.curfew.instance;
        if let Err(error) = signing_keys::ready(instance, now).await {
            tracing::error!(%error, "there is no key to sign with");
            return Ok(self.refuse("server_error", "something went wrong on our side"));
        }
        let scope = if self.asked.silent {
            self.asked.scope.without(ScopeName::OfflineAccess)
        } else {
            self.asked.scope.clone()
        };
        let request = CodeRequest {
            redirect: &self.to.redirect,
            scope: &scope,
            nonce: self.asked.nonce.as_deref(),
            challenge: self.asked.challenge.as_deref(),
        };
        let mut op = Operation::begin(instance, &self.visit.client, now).await?;
        let issued = issue(&mut op, self.me, &self.to.application, request).await;
        match issued {
            Ok(code) => {
                op.commit().await?;
                Ok(answer::code(self.state, self.to, code.expose()))
            }
            // A remote logout came in between.
            Err(IssueError::Ended) if self.asked.silent => {
                Ok(self.refuse("login_required", "the session has ended"))
            }
            Err(IssueError::Ended) => Ok(to_sign_in(&answer_in::resume_of(self.query))),
            Err(IssueError::NotAllowed) => {
                // It was recorded.
                op.commit().await?;
                Ok(self.not_allowed())
            }
            Err(IssueError::SecondFactorRequired) if self.asked.silent => Ok(self.refuse(
                "interaction_required",
                "a second factor is required, and none was shown",
            )),
            Err(IssueError::SecondFactorRequired) => Ok(self.ask()),
            Err(IssueError::Database(error)) => Err(error),
        }
    }

    fn refuse(&self, error: &str, why: &str) -> Response {
        answer::error(self.state, self.to, error, why)
    }

    fn ask(&self) -> Response {
        see_other(&format!("{}?{}", pages::CONFIRM, self.query))
    }

    fn not_allowed(&self) -> Response {
        if self.asked.silent {
            return self.refuse("access_denied", "this user may not use the application");
        }
        let (user, application) = (&self.me.user.email, &self.to.application.name);
        let page = pages::refused(
            &self.state.assets,
            &format!("You can’t use {}", accounts::text::visible(application)),
            &format!(
                "You’re signed in as {}, and this application is for other members of your account. An owner or admin can let you in.",
                accounts::text::visible(user)
            ),
        );
        going_on::page(StatusCode::FORBIDDEN, page)
    }

    /// Whether the application expects another user than the one signed in.
    async fn hint_is_of_another(&self) -> Result<bool, DatabaseError> {
        let form = Form::parse(self.query.as_bytes());
        let Some(hint) = form.get("id_token_hint") else {
            return Ok(false);
        };
        let mut conn = self.state.curfew.instance.read(Moment::now()).await?;
        let issuer = self.state.config.public_url();
        let claims = signing_keys::verify(&mut conn, &issuer, hint).await?;
        let me = self.me.user.id.as_str();
        Ok(claims.is_some_and(|claims| claims["sub"] != me))
    }
}

/// Said on a page of ours, because the address that the answer would go to may be anyone's.
fn shown(state: &AppState, visit: &Visit, untrusted: Untrusted) -> Result<Response, DatabaseError> {
    let (application, received) = match untrusted {
        Untrusted::Database(error) => return Err(error),
        Untrusted::Application => {
            let page = pages::refused(
                &state.assets,
                "This application isn’t known here",
                "It may have been removed. If you were sent here by an application, tell its operator.",
            );
            return Ok(going_on::page(StatusCode::BAD_REQUEST, page));
        }
        Untrusted::Redirect {
            application,
            received,
        } => (application, received),
    };
    // Only those who could add it see it: to all others it is an address that a stranger may have chosen.
    let manages = matches!(&visit.presence, Presence::SignedIn(me)
        if me.user.account_id == application.account_id && me.user.role.manages());
    let page = pages::untrusted_redirect(
        &state.assets,
        &application.name,
        manages.then_some((application.id.as_str(), received.as_str())),
    );
    Ok(going_on::page(StatusCode::BAD_REQUEST, page))
}
