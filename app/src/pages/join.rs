//! `/join?invite=…`: accepting an invitation.

use leptos::prelude::*;

use crate::parts::{layout::Narrow, loaded::awaited};

#[component]
pub fn Join() -> impl IntoView {
    view! {
        <Narrow title="Join an account">
            {awaited(server_side::draw)}
        </Narrow>
    }
}

mod server_side {
    use accounts::{
        invitations::{self, Invitation, JoinError},
        secret::{Secret, Token},
        text::visible,
        users::NewUser,
    };
    use leptos::prelude::*;

    use crate::{
        boot::boot,
        context::{self, Presence, curfew, now, query, reader, visit},
        error::{AppError, Code},
        flash::Note,
        parts::{
            button::Submit,
            field::Field,
            form::Sent,
            form_fields::FormFields,
            icon::{Disc, Shape},
            link::Link,
        },
        sign_in::welcome_new,
    };

    /// Creates a user in the account that invited them, and signs them in. `invite` is the link's secret.
    ///
    /// # Errors
    /// `validation_failed`, `not_found` when the invitation is not valid, `service_unavailable`; the invitation stays valid then.
    #[server(prefix = "/api/fn", endpoint = "join")]
    pub async fn join(
        invite: String,
        name: String,
        email: String,
        password: String,
    ) -> Result<(), AppError> {
        let (curfew, visit, now) = (curfew()?, visit()?, now());
        if matches!(visit.presence, Presence::SignedIn(_)) {
            let code = Code::Conflict;
            return Err(AppError::new(
                code,
                "Sign out first: you can be in only one account.",
            ));
        }
        let password = Secret::new(password);
        let token = Token::presented(&invite).ok_or(JoinError::NoSuchInvitation)?;
        let new = NewUser {
            name: &name,
            email: &email,
            password: &password,
        };
        let user = invitations::join(&curfew.instance, &visit.client, now, &token, new).await?;
        welcome_new(&visit, &user, now).await?;
        context::note(Note::new("You’re in").with("Welcome to the account."))?;
        leptos_axum::redirect("/");
        Ok(())
    }

    pub async fn draw() -> Result<AnyView, AppError> {
        let visit = visit()?;
        let invite = query("invite").unwrap_or_default();
        let invitation = match Token::presented(&invite) {
            Some(token) => {
                let mut conn = reader().await?;
                invitations::look_up(&mut conn, &token).await?
            }
            None => None,
        };
        let inside = match invitation {
            None => not_valid().into_any(),
            Some(invitation) => match (invitation.check(), &visit.presence) {
                (Err(JoinError::InviterOwesSecondFactor), _) => {
                    inviter_owes_second_factor(&invitation.invited_by).into_any()
                }
                (Err(JoinError::Waits), _) => waits(&invitation.invited_by).into_any(),
                (Err(_), _) => not_valid().into_any(),
                (Ok(()), Presence::SignedIn(me)) => {
                    already_signed_in(&me.user.name, &invite, &invitation).into_any()
                }
                (Ok(()), _) => form(invite, invitation).into_any(),
            },
        };
        Ok(view! { <div class="card card--lifted">{inside}</div> }.into_any())
    }

    fn form(invite: String, invitation: Invitation) -> impl IntoView {
        let sent = Sent::of(&["join"]);
        let error = |name: &'static str| {
            let error = sent.field(name);
            Signal::derive(move || error.clone())
        };
        let shortest = boot().password_min;
        let whom = match &invitation.email {
            Some(email) => format!("you at {email}"),
            None => "you".to_owned(),
        };
        let email = invitation.email.unwrap_or_default();
        let role = invitation.role.name().to_lowercase();
        view! {
            <div class="card__body">
                <div>
                    <h1 class="auth__title">{format!("Join {}", visible(&invitation.account_name))}</h1>
                    <p class="auth__lead">
                        {format!("{} invited {whom}. Your role will be {role}.", visible(&invitation.invited_by))}
                    </p>
                </div>
                {sent.summary()}
                <form class="form" method="post" action="/api/fn/join" novalidate>
                    <FormFields />
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
                        hint=format!("At least {shortest} characters. A few unrelated words work well.")
                        error=error("password")
                    />
                    <div class="form__actions">
                        <Submit look="button--primary button--wide" busy=false>"Join"</Submit>
                    </div>
                </form>
            </div>
        }
    }

    /// One answer for every invitation that is not valid, so that a stranger learns nothing from it.
    fn not_valid() -> impl IntoView {
        context::set_status(Code::LinkExpired);
        view! {
            <div class="empty">
                <Disc shape=Shape::Key tint="plain" large=true />
                <h1 class="empty__title">"This invitation is no longer valid"</h1>
                <p class="empty__text">
                    "It was used or revoked, or is older than seven days. Ask for a new one."
                </p>
                <div class="empty__actions">
                    <Link class="button" href="/sign-in">"Sign in"</Link>
                </div>
            </div>
        }
    }

    fn waits(invited_by: &str) -> impl IntoView + use<> {
        let invited_by = visible(invited_by);
        let text = format!(
            "All sessions of {invited_by} ended after this invitation was created, so {invited_by} or an owner has to \
             confirm it first. Ask them, and open the link again."
        );
        not_yet("This invitation has to be confirmed", text)
    }

    fn inviter_owes_second_factor(invited_by: &str) -> impl IntoView + use<> {
        let invited_by = visible(invited_by);
        let text = format!(
            "The account requires two-factor authentication of its members, and {invited_by}, who invited you, has not \
             set it up yet. Until then {invited_by} can’t let anyone in. Ask {invited_by} to set it up and confirm the \
             invitation, then open the link again; or ask an owner for a new invitation."
        );
        not_yet("This invitation doesn’t work now", text)
    }

    fn not_yet(title: &'static str, text: String) -> impl IntoView {
        view! {
            <div class="empty">
                <Disc shape=Shape::Key tint="plain" large=true />
                <h1 class="empty__title">{title}</h1>
                <p class="empty__text">{text}</p>
                <div class="empty__actions">
                    <Link class="button" href="/sign-in">"Sign in"</Link>
                </div>
            </div>
        }
    }

    /// Signing out leads back here, where the invitation can be accepted.
    fn already_signed_in(
        name: &str,
        invite: &str,
        invitation: &Invitation,
    ) -> impl IntoView + use<> {
        let made_for = match &invitation.email {
            Some(email) => format!("This invitation was made for {email}. "),
            None => String::new(),
        };
        let text = format!(
            "{made_for}You’re signed in here as {}, and you can be in only one account. To accept the invitation to {} \
             as another user, sign out first: you come back to this page.",
            visible(name),
            visible(&invitation.account_name)
        );
        let back = format!("/join?invite={invite}");
        view! {
            <div class="empty">
                <Disc shape=Shape::Info tint="plain" large=true />
                <h1 class="empty__title">"Sign out first"</h1>
                <p class="empty__text">{text}</p>
                <div class="empty__actions">
                    <Link class="button" href="/">"Go home"</Link>
                    <form class="button-form" method="post" action="/sign-out">
                        <FormFields />
                        <input type="hidden" name="next" value=back />
                        <button class="button button--primary">"Sign out"</button>
                    </form>
                </div>
            </div>
        }
    }
}
