//! `/confirm-sign-up?token=…`: the link that is emailed to a user who signs up. It asks for the password they chose,
//! so that neither the mailbox nor the password alone creates an account.

use leptos::prelude::*;

use crate::parts::{layout::Narrow, loaded::awaited};

#[component]
pub fn ConfirmSignUp() -> impl IntoView {
    view! {
        <Narrow title="Finish signing up">
            {awaited(server_side::draw)}
        </Narrow>
    }
}

mod server_side {
    use accounts::{
        secret::{Secret, Token},
        sign_up::{ConfirmError, Confirmation, FirstUser, Waiting, confirm, waiting},
        text::visible,
    };
    use leptos::prelude::*;

    use crate::{
        context::{curfew, now, query, reader, set_status, visit},
        error::{AppError, Code},
        parts::{
            button::Submit,
            field::{Field, WhosePassword},
            form::Sent,
            form_fields::FormFields,
            icon::{Disc, Shape},
            link::Link,
        },
        sign_in::welcome_new,
    };

    /// Creates the user who signed up, with the token of the link that was emailed to them and the password
    /// they chose, and signs them in.
    ///
    /// # Errors
    /// `link_expired`, `validation_failed`, `conflict`, `too_many_attempts`, `sign_up_closed`, `service_unavailable`; the link stays
    /// valid then, unless it has expired or was used.
    #[server(prefix = "/api/fn", endpoint = "confirm_sign_up")]
    pub async fn confirm_sign_up(token: String, password: String) -> Result<(), AppError> {
        let (curfew, visit, now) = (curfew()?, visit()?, now());
        let token = Token::presented(&token).ok_or(ConfirmError::Expired)?;
        let password = Secret::new(password);
        let confirmation = Confirmation {
            link: &token,
            password: &password,
        };
        // The form asks for no code: who is first signs up without an email, so only a deleted last user makes it owed.
        let no_code = Secret::new(String::new());
        let policy = curfew.sign_up_policy(if visit.at_the_machine {
            FirstUser::AtTheMachine
        } else {
            FirstUser::Shows(&no_code)
        });
        let user = confirm(&curfew.instance, &visit.client, now, &policy, confirmation).await?;
        welcome_new(&visit, &user, now).await
    }

    pub async fn draw() -> Result<AnyView, AppError> {
        let Some(token) = query("token") else {
            // Signing up leads here; a phone may load it again.
            return Ok(check_your_email().into_any());
        };
        let found = match Token::presented(&token) {
            Some(link) => {
                let mut conn = reader().await?;
                waiting(&mut conn, &link).await?
            }
            None => None,
        };
        Ok(match found {
            Some(waiting) => form(token, waiting).into_any(),
            None => expired().into_any(),
        })
    }

    fn check_your_email() -> impl IntoView {
        view! {
            <div class="card card--lifted">
                <div class="empty" role="status">
                    <Disc shape=Shape::CheckCircle tint="plain" large=true />
                    <h1 class="empty__title">"Check your email"</h1>
                    <p class="empty__text">
                        "We’ve sent an email to the address you gave. To finish signing up, use the link in it within 30 minutes."
                    </p>
                    <div class="empty__actions">
                        <Link class="button" href="/sign-up">"Use a different address"</Link>
                    </div>
                </div>
            </div>
        }
    }

    fn expired() -> impl IntoView {
        set_status(Code::LinkExpired);
        view! {
            <div class="card card--lifted">
                <div class="empty">
                    <Disc shape=Shape::Lock tint="plain" large=true />
                    <h1 class="empty__title">"This link has expired or was used"</h1>
                    <p class="empty__text">
                        "It works once, for 30 minutes. If your account was created, sign in. If not, sign up again."
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
                        <p class="auth__lead">{format!("You’re signing up as {} with {}.", visible(&waiting.name), waiting.email)}</p>
                    </div>
                    {sent.summary()}
                    <form class="form" method="post" action="/api/fn/confirm_sign_up" novalidate>
                        <FormFields />
                        <input type="hidden" name="token" value=token />
                        <WhosePassword email=waiting.email />
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
