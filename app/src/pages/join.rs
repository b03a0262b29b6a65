//! `/join?invite=…`: accepting an invitation.

use leptos::prelude::*;

use crate::parts::{drawn::drawn, layout::Narrow};

#[component]
pub fn Join() -> impl IntoView {
    view! {
        <Narrow title="Join an account">
            {drawn(server_side::draw)}
        </Narrow>
    }
}

mod server_side {
    use accounts::{
        invitations::{self, Invitation, Joining},
        secret::{Secret, Token},
    };
    use leptos::prelude::*;

    use crate::{
        boot::boot,
        context::{self, Presence, curfew, now, query, visit},
        error::AppError,
        flash::Note,
        parts::{
            button::Submit,
            field::Field,
            form::Sent,
            icon::{Disc, Shape},
            link::Link,
        },
        sign_in::welcome_new,
    };

    /// Makes a user in the account that invited them, and signs them in. `invite` is the link's secret.
    ///
    /// # Errors
    /// `validation_failed`, `not_found` when the invitation is not good, `service_unavailable`; the invitation stays good then.
    #[server(prefix = "/api/fn", endpoint = "join")]
    pub async fn join(
        invite: String,
        name: String,
        email: String,
        password: String,
    ) -> Result<(), AppError> {
        let (curfew, visit, now) = (curfew()?, visit()?, now());
        if matches!(visit.presence, Presence::SignedIn(_)) {
            let code = crate::error::Code::Conflict;
            return Err(AppError::new(
                code,
                "Sign out first: a person is in one account.",
            ));
        }
        let password = Secret::new(password);
        let token = Token::presented(&invite).ok_or(invitations::JoinError::NoSuchInvitation)?;
        let joining = Joining {
            token: &token,
            name: &name,
            email: &email,
            password: &password,
        };
        let (db, limits) = (&curfew.db, &curfew.limits);
        let user = invitations::join(db, &curfew.hasher, limits, joining, &visit.client, now).await?;
        welcome_new(&visit, &user, now).await?;
        context::note(Note::new("You’re in").with("Welcome to the account."))?;
        leptos_axum::redirect("/");
        Ok(())
    }

    pub async fn draw() -> Result<String, AppError> {
        let (curfew, visit) = (curfew()?, visit()?);
        let invite = query("invite").unwrap_or_default();
        let invitation = match Token::presented(&invite) {
            Some(token) => {
                let mut conn = curfew.db.read().await.map_err(|e| AppError::database(&e))?;
                invitations::look_up(&mut conn, &token, now())
                    .await
                    .map_err(|e| AppError::database(&e))?
            }
            None => None,
        };
        let inside = match (invitation, &visit.presence) {
            (None, _) => not_good().into_any(),
            (Some(_), Presence::SignedIn(me)) => somebody_is_in(&me.user.name).into_any(),
            (Some(invitation), _) => form(invite, invitation).into_any(),
        };
        Ok(view! { <div class="card card--lifted">{inside}</div> }.to_html())
    }

    fn form(invite: String, invitation: Invitation) -> impl IntoView {
        let sent = Sent::of(&["join"]);
        let error = |name: &'static str| {
            let error = sent.field(name);
            Signal::derive(move || error.clone())
        };
        let shortest = boot().password_min;
        let email = invitation.email.unwrap_or_default();
        let role = invitation.role.name().to_lowercase();
        view! {
            <div class="card__body">
                <div>
                    <h1 class="auth__title">{format!("Join {}", invitation.account_name)}</h1>
                    <p class="auth__lead">
                        {format!("{} has invited you. Your role will be {role}.", invitation.invited_by)}
                    </p>
                </div>
                {sent.summary()}
                <form class="form" method="post" action="/api/fn/join" novalidate>
                    <input type="hidden" name="invite" value=invite />
                    <Field
                        name="name"
                        label="Name"
                        autocomplete="name"
                        value=sent.typed("name", "")
                        autofocus=true
                        error=error("name")
                    />
                    <Field
                        name="email"
                        label="Email"
                        kind="email"
                        autocomplete="username"
                        value=sent.typed("email", &email)
                        error=error("email")
                    />
                    <Field
                        name="password"
                        label="Password"
                        kind="password"
                        autocomplete="new-password"
                        hint=format!("{shortest} characters or more. A few unrelated words are good.")
                        error=error("password")
                    />
                    <div class="form__actions">
                        <Submit look="button--primary button--wide" busy=false>"Join"</Submit>
                    </div>
                </form>
            </div>
        }
    }

    /// One answer for whatever is not good: a stranger learns nothing from it.
    fn not_good() -> impl IntoView {
        view! {
            <div class="empty">
                <Disc shape=Shape::Key tint="plain" large=true />
                <h1 class="empty__title">"This invitation is not good any more"</h1>
                <p class="empty__text">
                    "It was used, taken back or is older than seven days. Ask for a new one."
                </p>
                <div class="empty__actions">
                    <Link class="button" href="/sign-in">"Sign in"</Link>
                </div>
            </div>
        }
    }

    fn somebody_is_in(name: &str) -> impl IntoView + use<> {
        let text = format!(
            "You’re signed in here as {name}, and a person is in one account. To accept the \
                            invitation as somebody else, sign out and open the link again."
        );
        view! {
            <div class="empty">
                <Disc shape=Shape::Info tint="plain" large=true />
                <h1 class="empty__title">"Sign out first"</h1>
                <p class="empty__text">{text}</p>
                <div class="empty__actions">
                    <Link class="button" href="/">"Go home"</Link>
                    <form class="button-form" method="post" action="/sign-out">
                        <button class="button button--primary">"Sign out"</button>
                    </form>
                </div>
            </div>
        }
    }
}
