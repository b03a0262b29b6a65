//! `/confirm-sign-up?token=…`: the link that was mailed to somebody who signs up. The password they chose
//! comes along, so that neither the mailbox nor the password alone makes an account.

use leptos::prelude::*;

use crate::parts::{drawn::drawn, layout::Narrow};

#[component]
pub fn ConfirmSignUp() -> impl IntoView {
    view! {
        <Narrow title="Finish signing up">
            {drawn(server_side::draw)}
        </Narrow>
    }
}

mod server_side {
    use accounts::{
        secret::{Secret, Token},
        sign_up::{ConfirmError, Waiting, confirm, waiting},
    };
    use leptos::prelude::*;

    use crate::{
        context::{curfew, now, query, visit},
        error::AppError,
        parts::{
            button::Submit,
            field::Field,
            form::Sent,
            icon::{Disc, Shape},
            link::Link,
        },
        sign_in::welcome_new,
    };

    /// Makes the user who signed up, with the token of the link that was mailed to them and the password
    /// they chose, and signs them in.
    ///
    /// # Errors
    /// `link_expired`, `validation_failed`, `too_many_attempts`, `sign_up_closed`, `service_unavailable`; the link is good as before
    /// then, unless it is over.
    #[server(prefix = "/api/fn", endpoint = "confirm_sign_up")]
    pub async fn confirm_sign_up(token: String, password: String) -> Result<(), AppError> {
        let (curfew, visit, now) = (curfew()?, visit()?, now());
        let token = Token::presented(&token).ok_or(ConfirmError::Expired)?;
        let password = Secret::new(password);
        let (db, hasher, limits) = (&curfew.db, &curfew.hasher, &curfew.limits);
        let (policy, client) = (curfew.sign_up, &visit.client);
        let user = confirm(db, hasher, policy, limits, &token, &password, client, now).await?;
        welcome_new(&visit, &user, now).await
    }

    pub async fn draw() -> Result<String, AppError> {
        let Some(token) = query("token") else {
            // Where signing up leads to; a phone may load it again.
            return Ok(look_into_your_mailbox().to_html());
        };
        let found = match Token::presented(&token) {
            Some(link) => {
                let mut conn = curfew()?
                    .db
                    .read()
                    .await
                    .map_err(|e| AppError::database(&e))?;
                waiting(&mut conn, &link, now())
                    .await
                    .map_err(|e| AppError::database(&e))?
            }
            None => None,
        };
        Ok(match found {
            Some(waiting) => form(token, waiting).to_html(),
            None => over().to_html(),
        })
    }

    fn look_into_your_mailbox() -> impl IntoView {
        view! {
            <div class="card card--lifted">
                <div class="empty" role="status">
                    <Disc shape=Shape::CheckCircle tint="plain" large=true />
                    <h1 class="empty__title">"Look into your mailbox"</h1>
                    <p class="empty__text">
                        "A email is on its way to the address you gave. Its link finishes signing up, within 30 minutes."
                    </p>
                    <div class="empty__actions">
                        <Link class="button" href="/sign-up">"Use another address"</Link>
                    </div>
                </div>
            </div>
        }
    }

    fn over() -> impl IntoView {
        view! {
            <div class="card card--lifted">
                <div class="empty">
                    <Disc shape=Shape::Lock tint="plain" large=true />
                    <h1 class="empty__title">"This link is over"</h1>
                    <p class="empty__text">
                        "It was used already, or is older than 30 minutes. If your account is made, sign in; if not, sign up again."
                    </p>
                    <div class="empty__actions">
                        <Link class="button button--primary" href="/sign-in">"Sign in"</Link>
                        <Link class="button" href="/sign-up">"Sign up"</Link>
                    </div>
                </div>
            </div>
        }
    }

    fn form(token: String, waiting: Waiting) -> impl IntoView {
        let sent = Sent::of(&["confirm_sign_up"]);
        let wrong = sent.field("password");
        view! {
            <div class="card card--lifted">
                <div class="card__body">
                    <div>
                        <h1 class="auth__title">"Finish signing up"</h1>
                        <p class="auth__lead">{format!("As {}, with {}.", waiting.name, waiting.email)}</p>
                    </div>
                    {sent.summary()}
                    <form class="form" method="post" action="/api/fn/confirm_sign_up" novalidate>
                        <input type="hidden" name="token" value=token />
                        // For password managers.
                        <input type="hidden" name="username" autocomplete="username" value=waiting.email />
                        <Field
                            name="password"
                            label="Password"
                            kind="password"
                            autocomplete="current-password"
                            hint="The one you chose when you signed up."
                            autofocus=true
                            error=Signal::derive(move || wrong.clone())
                        />
                        <div class="form__actions">
                            <Submit look="button--primary button--wide" busy=false>"Create account"</Submit>
                        </div>
                    </form>
                </div>
            </div>
        }
    }
}
