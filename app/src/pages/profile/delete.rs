//! `/profile/delete`: deleting one's own account.

use leptos::prelude::*;

use crate::parts::{drawn::drawn, layout::Narrow};

#[component]
pub fn Delete() -> impl IntoView {
    view! {
        <Narrow title="Delete your account?" wide=true>
            {drawn(server_side::draw)}
        </Narrow>
    }
}

mod server_side {
    use accounts::members;
    use leptos::prelude::*;

    use crate::{
        context::{curfew, note, now, set_cookie, signed_in, visit},
        cookies::Kind,
        error::AppError,
        flash::{Note, counted},
        pages::settings::refused,
        parts::{
            button::Submit,
            field::Field,
            form::Sent,
            icon::{Disc, Icon, Shape},
            link::Link,
        },
    };

    /// Deletes the user signed in, and the whole account when nobody else is in it. `confirmation` is
    /// their email, typed.
    ///
    /// # Errors
    /// `validation_failed`, `last_owner`, `session_ended`, `service_unavailable`; nothing has changed then.
    #[server(prefix = "/api/fn", endpoint = "delete_account")]
    pub async fn delete_account(confirmation: String) -> Result<(), AppError> {
        let (curfew, me, visit, now) = (curfew()?, signed_in()?, visit()?, now());
        let mut tx = curfew
            .db
            .write()
            .await
            .map_err(|e| AppError::database(&e))?;
        let (client, limits) = (&visit.client, &curfew.limits);
        let left = members::leave(&mut tx, &me, &confirmation, client, limits, now).await;
        let left = match left {
            Ok(left) => left,
            Err(error) => return Err(refused(error).await),
        };
        tx.commit().await.map_err(|e| AppError::database(&e))?;
        set_cookie(&curfew.cookies.removed(Kind::Session));
        set_cookie(&curfew.cookies.removed(Kind::RememberMe));
        note(if left.whole_account {
            Note::new("Your account is deleted")
                .with("Nobody else was in it, so all of it is gone.")
        } else {
            Note::new("Your account is deleted").with("The others in it go on as before.")
        })?;
        leptos_axum::redirect("/sign-in");
        Ok(())
    }

    pub async fn draw() -> Result<String, AppError> {
        let (curfew, me) = (curfew()?, signed_in()?);
        let database = |e| AppError::database(&e);
        let mut conn = curfew.db.read().await.map_err(database)?;
        let facts = accounts::sessions::facts(&mut conn, &me.user.id, &curfew.limits, now())
            .await
            .map_err(database)?;
        let others = members::list(&mut conn, &me.user.account_id, 2)
            .await
            .map_err(database)?
            .len()
            > 1;
        let sent = Sent::of(&["delete_account"]);
        let wrong = sent.field("confirmation");
        let ends = |n: i64, one, many| {
            view! {
                <li class="outcome__item outcome__item--ends">
                    <Icon shape=Shape::XCircle />
                    <span>{counted(n.unsigned_abs(), one, many)}</span>
                </li>
            }
        };
        let stays = if others {
            "Your name stays in the account’s audit log. Your email address can be used again."
        } else {
            "Nobody else is in this account, so all of it goes with you."
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
                        <p class="outcome__warning">"There is no undo."</p>
                    </div>
                    <form class="form" method="post" action="/api/fn/delete_account" novalidate>
                        <Field
                            name="confirmation"
                            label="Your email address"
                            hint=format!("To go on, type {}", me.user.email)
                            value=sent.typed("confirmation", "")
                            error=Signal::derive(move || wrong.clone())
                        />
                        <div class="form__actions">
                            <Link class="button" href="/profile">"Cancel"</Link>
                            <Submit look="button--danger" busy=false>"Delete my account"</Submit>
                        </div>
                    </form>
                </div>
            </div>
        };
        Ok(page.to_html())
    }
}
