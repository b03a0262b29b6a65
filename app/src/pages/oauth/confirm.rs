//! `/oauth/confirm`: the question before a user goes on to an application. It always shows the account they are signed in with.

use leptos::prelude::*;

use crate::parts::{layout::Narrow, loaded::awaited};

#[component]
pub fn Confirm() -> impl IntoView {
    view! {
        <Narrow title="Continue to an application">{awaited(server_side::draw)}</Narrow>
    }
}

mod server_side {
    use accounts::{
        applications::{self, Application, answer},
        ids::ApplicationId,
        secret::Secret,
        step_up,
        text::visible,
    };
    use leptos::prelude::*;

    use crate::{
        boot::boot,
        context::{
            curfew, now, query, query_string, reader, set_cookie, set_status, signed_in, visit,
        },
        error::{AppError, Code},
        flash::Flash,
        pages::oauth::{
            CONFIRM,
            answer_in::{self, NO},
            asks::Asks,
        },
        parts::{
            button::Submit,
            field::{Field, WhosePassword},
            form_fields::FormFields,
            icon::{Disc, Shape},
            link::Link,
        },
        step_up::{CODE, ask, wrong},
    };

    /// Goes on to an application: `request` is what it asked `/oauth/authorize` for. `confirmation` is the password or the
    /// code, where the application wants that shown again.
    ///
    /// # Errors
    /// `step_up_required` beside the field, `too_many_attempts`, `session_ended`, `service_unavailable`.
    #[server(prefix = "/api/fn", endpoint = "continue_to_application")]
    pub async fn continue_to_application(
        request: String,
        confirmation: Option<String>,
    ) -> Result<(), AppError> {
        let (curfew, visit, me, now) = (curfew()?, visit()?, signed_in()?, now());
        let needs_code = needs_second_factor(&me, application(&request).await?.as_ref()).await?;
        if Asks::of(&request, &me, now).password || needs_code {
            let Some(shown) = confirmation else {
                // It was not owed yet when the page was drawn.
                leptos_axum::redirect(&format!("{CONFIRM}?{request}"));
                return Ok(());
            };
            if shown.is_empty() {
                return Err(AppError::step_up(ask(&me)));
            }
            let shown = Secret::new(shown);
            // A password is no second factor: the provider would ask again at once.
            if needs_code && !step_up::is_code(&shown) {
                return Err(AppError::step_up(CODE));
            }
            let instance = &curfew.instance;
            match step_up::confirm(instance, &visit.client, now, &me, &shown).await {
                Ok(session) => set_cookie(&curfew.cookies.session(&session.token)),
                Err(step_up::StepUpError::Wrong) => return Err(AppError::step_up(wrong(&me))),
                Err(error) => return Err(error.into()),
            }
        }
        let answer = answer(&curfew.instance.keys, now, &me, &request);
        let request = answer_in::joined(&request, &answer);
        leptos_axum::redirect(&answer_in::resume_of(&request));
        Ok(())
    }

    /// Whether the application wants a second factor that this session was started without, of a user who has one.
    async fn needs_second_factor(
        me: &accounts::sessions::SignedIn,
        application: Option<&Application>,
    ) -> Result<bool, AppError> {
        let Some(application) = application.filter(|_| me.user.two_factor_since.is_some()) else {
            return Ok(false);
        };
        let mut conn = reader().await?;
        let shown =
            applications::has_shown_second_factor(&mut conn, &application.id, &me.session).await?;
        Ok(!shown)
    }

    async fn application(request: &str) -> Result<Option<Application>, AppError> {
        let id = form_urlencoded::parse(request.as_bytes())
            .find(|(name, _)| name == "client_id")
            .map(|(_, value)| ApplicationId(value.into_owned()));
        match id {
            Some(id) => Ok(applications::find(&mut *reader().await?, &id).await?),
            None => Ok(None),
        }
    }

    pub(super) async fn draw() -> Result<AnyView, AppError> {
        let me = signed_in()?;
        let request = query_string();
        let (request, _) = answer_in::split(&request);
        let Some(application) = application(request).await? else {
            return Ok(nothing());
        };
        let asks = Asks::of(request, &me, now());
        if me.user.owes_second_factor() {
            let account = visible(&me.user.account_name).into_owned();
            set_status(Code::SecondFactorRequired);
            return Ok(set_up_first(&account, request));
        }
        let lacks = application.requires_second_factor && me.user.two_factor_since.is_none();
        let needs_code = needs_second_factor(&me, Some(&application)).await?;
        let name = visible(&application.name).into_owned();
        if lacks {
            return Ok(set_up_first(&name, request));
        }
        let password = asks.password || needs_code;
        let why = match boot().flash {
            Some(Flash::Form(refused)) => refused.error.fields.get("confirmation").cloned(),
            _ => None,
        };
        let cancel = format!("/oauth/authorize?{}", answer_in::joined(request, NO));
        let other = answer_in::resume_of(request);
        let email = visible(&me.user.email).into_owned();
        let stays = asks.consent.then(|| {
            let text = format!(
                "{name} asks to stay signed in for you, also after you’ve signed out here. It ends with a remote logout, with a new password, or when you sign it out under Profile → Security."
            );
            view! { <p class="card__text">{text}</p> }
        });
        let shows = query("scope").map(|scope| learns(&scope));
        Ok(view! {
            <div class="card card--lifted">
                <div class="card__body">
                    <div class="cluster">
                        <Disc shape=Shape::Globe tint="plain" />
                        <h1 class="auth__title">{format!("Continue to {name}")}</h1>
                    </div>
                    <p class="card__text">"You’re signed in as " <strong>{email.clone()}</strong> "."</p>
                    {shows.map(|text| view! { <p class="card__text">{text}</p> })}
                    {stays}
                    <form class="form" method="post" action="/api/fn/continue_to_application" novalidate>
                        <FormFields />
                        <input type="hidden" name="request" value=request.to_owned() />
                        {password
                            .then(|| {
                                view! {
                                    <WhosePassword email />
                                    <Field
                                        name="confirmation"
                                        label=if needs_code { "Code" } else { "Password or code" }
                                        kind="password"
                                        autocomplete="current-password"
                                        hint="The application asks that you show again who you are."
                                        error=Signal::derive(move || why.clone())
                                    />
                                }
                            })}
                        <div class="form__actions">
                            <Link class="button" href=cancel>"Cancel"</Link>
                            <Submit look="button--primary" busy=false>"Continue"</Submit>
                        </div>
                    </form>
                    <form class="button-form" method="post" action="/sign-out">
                        <FormFields />
                        <input type="hidden" name="next" value=other />
                        <button class="button button--quiet button--small">"Use another account"</button>
                    </form>
                </div>
            </div>
        }
        .into_any())
    }

    /// What the application is told, in a sentence.
    fn learns(scope: &str) -> String {
        let mut told = vec!["who you are"];
        for (word, what) in [
            ("profile", "your name"),
            ("email", "your email address"),
            ("groups", "your role"),
        ] {
            if scope.split(' ').any(|scope| scope == word) {
                told.push(what);
            }
        }
        format!("It’s told {}.", told.join(", "))
    }

    /// The application or the account requires a second factor, and the user has none yet. The request waits here.
    fn set_up_first(name: &str, request: &str) -> AnyView {
        let again = format!("/oauth/authorize?{request}");
        view! {
            <div class="card card--lifted">
                <div class="empty">
                    <Disc shape=Shape::Key tint="plain" large=true />
                    <h1 class="empty__title">{format!("{name} asks for a second factor")}</h1>
                    <p class="empty__text">
                        "Set up two-factor authentication first, in a tab of its own. Then continue here."
                    </p>
                    <div class="empty__actions">
                        <a class="button" href="/profile/two-factor" target="_blank" rel="noopener">
                            "Set it up"
                        </a>
                        <Link class="button button--primary" href=again>"Continue"</Link>
                    </div>
                </div>
            </div>
        }
        .into_any()
    }

    fn nothing() -> AnyView {
        view! {
            <div class="card card--lifted">
                <div class="empty">
                    <Disc shape=Shape::Globe tint="plain" large=true />
                    <h1 class="empty__title">"This application isn’t known here"</h1>
                    <p class="empty__text">"Nothing was changed. Start again from the application."</p>
                    <div class="empty__actions">
                        <Link class="button" href="/">"Go home"</Link>
                    </div>
                </div>
            </div>
        }
        .into_any()
    }
}
