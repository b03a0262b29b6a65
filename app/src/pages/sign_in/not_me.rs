//! `/not-me?token=…`: the link of an email about a new device. Opening it changes nothing; the button logs
//! out everywhere, whether or not a user is signed in here.

use leptos::prelude::*;

use crate::parts::{layout::Narrow, loaded::awaited};

#[component]
pub fn NotMe() -> impl IntoView {
    view! {
        <Narrow title="Was this you?" wide=true>
            {awaited(server_side::draw)}
        </Narrow>
    }
}

mod server_side {
    use accounts::{
        device,
        not_me::{Asked, NotMeError, SignIn, look_up, remote_logout},
        secret::Token,
        sessions::RevokeTokens,
    };
    use leptos::prelude::*;

    use crate::{
        context::{self, Presence, operation, query, reader, visit},
        counted::{counted, ended as ended_words},
        error::{AppError, Code},
        flash::Note,
        forms::ticked,
        parts::{
            button::Submit,
            form::Sent,
            form_fields::FormFields,
            icon::{Disc, Icon, Shape},
            link::Link,
        },
        remote_logout::{leave_with_receipt, more::More},
        time::{Time, When},
    };

    /// Ends every session and remembered device of the user whom the email went to, and open invitations
    /// created since. `token` is the link's; with `revoke_api` or `revoke_mcp` ticked, the user's tokens of
    /// that kind are revoked too. Signs no one in.
    ///
    /// # Errors
    /// `link_expired`, `service_unavailable`; nothing has changed then.
    #[server(prefix = "/api/fn", endpoint = "not_me")]
    pub async fn not_me(
        token: String,
        revoke_api: Option<String>,
        revoke_mcp: Option<String>,
    ) -> Result<(), AppError> {
        let visit = visit()?;
        let token = Token::presented(&token).ok_or(NotMeError::Expired)?;
        let mut op = operation().await?;
        let revoke_tokens = RevokeTokens {
            api_tokens: ticked(revoke_api.as_deref()),
            mcp_tokens: ticked(revoke_mcp.as_deref()),
        };
        let logged_out = remote_logout(&mut op, &token, revoke_tokens).await?;
        // Durable first: the answer promises that everything is dead.
        let receipts = op.commit().await?;
        if let Presence::SignedIn(me) = &visit.presence
            && me.user.id != logged_out.user
        {
            // Another user's browser: they stay signed in, and are told.
            let ended = &logged_out.ended;
            let ended = ended_words(ended.sessions, ended.remembered_devices)
                .map_or_else(String::new, |ended| format!("{ended}. "));
            // Also when nothing was left to end: who knows the password signs in again.
            let text = format!(
                "{ended}Their password still works until it is changed: that should be done next."
            );
            context::note(
                Note::new("The user who got the email is signed out everywhere").with(text),
            )?;
            leptos_axum::redirect("/");
            return Ok(());
        }
        leave_with_receipt(&logged_out.ended, &logged_out.revoked, &receipts)?;
        // The stranger who signed in knows the password: a new one is the next thing to do.
        leptos_axum::redirect("/sign-in?next=/profile/password");
        Ok(())
    }

    pub async fn draw() -> Result<AnyView, AppError> {
        let token = query("token").unwrap_or_default();
        let asked = match Token::presented(&token) {
            Some(link) => {
                let mut conn = reader().await?;
                look_up(&mut conn, &link).await?
            }
            None => None,
        };
        let inside = match asked {
            Some(asked) => decide(token, asked).into_any(),
            None => expired().into_any(),
        };
        Ok(view! { <div class="card card--lifted">{inside}</div> }.into_any())
    }

    fn decide(token: String, asked: Asked) -> impl IntoView {
        let facts = asked.facts;
        let (api_tokens, mcp_tokens) = (facts.api_tokens > 0, facts.mcp_tokens > 0);
        let two_factor = if asked.two_factor { "on" } else { "off" };
        let line = |ends: bool, what: String| {
            let (class, shape) = if ends {
                ("outcome__item outcome__item--ends", Shape::XCircle)
            } else {
                ("outcome__item", Shape::CheckCircle)
            };
            view! {
                <li class=class>
                    <Icon shape />
                    <span>{what}</span>
                </li>
            }
        };
        let n = |n: i64, one, many| counted(n.unsigned_abs(), one, many);
        // Only what there is: a row that says "0" hides those that matter.
        let some =
            |ends, count: i64, one, many| (count > 0).then(|| line(ends, n(count, one, many)));
        let nothing = facts.sessions + facts.remembered_devices + asked.invitations == 0;
        view! {
            <div class="card__body">
                <div class="cluster">
                    <Disc shape=Shape::LogOut tint="danger" />
                    <h1 class="auth__title">"Was this you?"</h1>
                </div>
                {Sent::of(&["not_me"]).summary()}
                {asked.sign_in.map(signed_in)}
                <div class="outcome">
                    <section class="outcome__group" aria-labelledby="ends-title">
                        <h2 class="outcome__title" id="ends-title">"If it wasn’t you, this will end"</h2>
                        <ul class="outcome__list" role="list">
                            {some(true, facts.sessions, "session", "sessions")}
                            {some(true, facts.remembered_devices, "remembered device", "remembered devices")}
                            {nothing.then(|| line(true, "Everything that’s signed in by then".into()))}
                            {(asked.invitations > 0)
                                .then(|| {
                                    let created = n(asked.invitations, "invitation", "invitations");
                                    line(true, format!("{created} created since then"))
                                })}
                        </ul>
                    </section>
                    <section class="outcome__group" aria-labelledby="stays-title">
                        <h2 class="outcome__title" id="stays-title">"What stays"</h2>
                        <ul class="outcome__list" role="list">
                            {some(false, facts.api_tokens, "API token", "API tokens")}
                            {some(false, facts.mcp_tokens, "MCP token", "MCP tokens")}
                            {line(false, format!("Two-factor authentication: {two_factor}"))}
                        </ul>
                    </section>
                    <p class="outcome__warning">
                        "This can’t be undone. Then sign in and change your password at once: someone else knows it, and it works until you do."
                    </p>
                </div>
                <form class="form__actions" method="post" action="/api/fn/not_me">
                    <FormFields />
                    <input type="hidden" name="token" value=token />
                    <More api_tokens mcp_tokens />
                    <Link class="button" href="/">"It was me"</Link>
                    <Submit look="button--danger" busy=false>"Log out everywhere"</Submit>
                </form>
            </div>
        }
    }

    fn signed_in(sign_in: SignIn) -> impl IntoView {
        let row = |label: &'static str, value: AnyView| {
            view! {
                <div class="facts__row">
                    <dt class="facts__label">{label}</dt>
                    <dd class="facts__value">{value}</dd>
                </div>
            }
        };
        let at = Time::from(sign_in.started_at);
        let ip = sign_in.ip.unwrap_or_else(|| "Unknown".into());
        view! {
            <dl class="facts">
                {row("Signed in", view! { <When at /> }.into_any())}
                {row("Device", device::of(&sign_in.user_agent).label().into_any())}
                {row("IP address", ip.into_any())}
            </dl>
        }
    }

    fn expired() -> impl IntoView {
        context::set_status(Code::LinkExpired);
        view! {
            <div class="empty">
                <Disc shape=Shape::Lock tint="plain" large=true />
                <h1 class="empty__title">"This link has expired or was used"</h1>
                <p class="empty__text">
                    "It works once, for seven days. If someone else may still be signed in, choose a new password: that signs out every device too."
                </p>
                <div class="empty__actions">
                    <Link class="button" href="/sign-in">"Sign in"</Link>
                    <Link class="button button--primary" href="/forgot-password">"Choose a new password"</Link>
                </div>
            </div>
        }
    }
}
