//! `/profile/delete`: deleting your own account.

use leptos::prelude::*;

use crate::parts::{layout::Narrow, loaded::awaited};

#[component]
pub fn Delete() -> impl IntoView {
    view! {
        <Narrow title="Delete your account?" wide=true>
            {awaited(server_side::draw)}
        </Narrow>
    }
}

mod server_side {
    use accounts::members;
    use leptos::prelude::*;

    use crate::{
        boot::viewer,
        context::{curfew, note, operation, reader, set_cookie, signed_in},
        cookies::Kind,
        counted::counted,
        error::AppError,
        flash::Note,
        parts::{
            button::Submit,
            field::{Field, WhosePassword},
            form::Sent,
            form_fields::FormFields,
            icon::{Disc, Icon, Shape},
            link::Link,
        },
    };

    /// Deletes the user signed in, and the whole account when there is no other member. `confirmation` is
    /// their email, typed.
    ///
    /// # Errors
    /// `validation_failed`, `last_owner`, `step_up_required`, `session_ended`, `service_unavailable`; nothing has changed then.
    #[server(prefix = "/api/fn", endpoint = "delete_account")]
    pub async fn delete_account(confirmation: String) -> Result<(), AppError> {
        let (curfew, me) = (curfew()?, signed_in()?);
        let mut op = operation().await?;
        let left = members::leave(&mut op, &me, &confirmation).await?;
        op.commit().await?;
        set_cookie(&curfew.cookies.removed(Kind::Session));
        set_cookie(&curfew.cookies.removed(Kind::RememberMe));
        note(if left.whole_account {
            Note::new("Your account has been deleted")
                .with("You were its only member, so all of it is deleted.")
        } else {
            Note::new("Your account has been deleted").with("Its other members aren’t affected.")
        })?;
        leptos_axum::redirect("/sign-in");
        Ok(())
    }

    pub async fn draw() -> Result<AnyView, AppError> {
        let me = signed_in()?;
        let mut conn = reader().await?;
        let facts = accounts::sessions::facts(&mut conn, &me.user.id).await?;
        let others = members::list(&mut conn, &me.user.account_id, "", 2)
            .await?
            .len()
            > 1;
        let sent = Sent::of(&["delete_account"]);
        let wrong = sent.field("confirmation");
        // Only what there is: a row that says "0" hides those that matter.
        let ends = |n: i64, one, many| {
            (n > 0).then(|| {
                view! {
                    <li class="outcome__item outcome__item--ends">
                        <Icon shape=Shape::XCircle />
                        <span>{counted(n.unsigned_abs(), one, many)}</span>
                    </li>
                }
            })
        };
        let stays = if others {
            "Your name stays in the account’s audit log. Your email address can be used again."
        } else {
            "You’re the only member of this account, so all of it is deleted with you."
        };
        let page = view! {
            <div class="card card--lifted">
                <div class="card__body">
                    <div class="cluster">
                        <Disc shape=Shape::AlertTriangle tint="danger" />
                        <h1 class="auth__title">"Delete your account?"</h1>
                    </div>
                    {sent.summary()}
                    <div class="outcome">
                        <section class="outcome__group" aria-labelledby="ends-title">
                            <h2 class="outcome__title" id="ends-title">"What will end"</h2>
                            <ul class="outcome__list" role="list">
                                {ends(facts.sessions, "session", "sessions")}
                                {ends(facts.remembered_devices, "remembered device", "remembered devices")}
                                {ends(facts.api_tokens, "API token", "API tokens")}
                                {ends(facts.mcp_tokens, "MCP token", "MCP tokens")}
                            </ul>
                        </section>
                        <p class="card__text">{stays}</p>
                        <p class="outcome__warning">"This can’t be undone."</p>
                    </div>
                    <form class="form" method="post" action="/api/fn/delete_account" novalidate>
                        <FormFields />
                        <Field
                            name="confirmation"
                            label="Your email address"
                            hint=format!("To confirm, type {}", me.user.email)
                            value=sent.typed("confirmation", "")
                            error=Signal::derive(move || wrong.clone())
                        />
                        {viewer().is_some_and(|viewer| viewer.confirm).then(|| password(&sent, &me.user.email))}
                        <div class="form__actions">
                            <Link class="button" href="/profile">"Cancel"</Link>
                            <Submit look="button--danger" busy=false>"Delete my account"</Submit>
                        </div>
                    </form>
                </div>
            </div>
        };
        Ok(page.into_any())
    }

    /// Step-up: the email is the confirmation here.
    fn password(sent: &Sent, email: &str) -> impl IntoView + use<> {
        let wrong = sent.field("password");
        view! {
            <WhosePassword email />
            <Field
                name="password"
                label="Confirm it’s you"
                kind="password"
                autocomplete="current-password"
                hint="Your password. We ask because this change is sensitive."
                error=Signal::derive(move || wrong.clone())
            />
        }
    }
}
