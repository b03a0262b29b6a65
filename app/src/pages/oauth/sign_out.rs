//! `/oauth/sign-out`: a user has signed out at an application, which cannot show that it means this session. So they are asked.

use leptos::prelude::*;

use crate::parts::{layout::Narrow, loaded::awaited};

#[component]
pub fn SignOut() -> impl IntoView {
    view! {
        <Narrow title="Sign out here too?">{awaited(server_side::draw)}</Narrow>
    }
}

mod server_side {
    use accounts::{applications, ids::ApplicationId, text::visible};
    use leptos::prelude::*;

    use crate::{
        context::{query, query_string, reader, signed_in},
        error::AppError,
        parts::{
            button::Submit,
            form_fields::FormFields,
            icon::{Disc, Shape},
            link::Link,
        },
    };

    pub(super) async fn draw() -> Result<AnyView, AppError> {
        let me = signed_in()?;
        let application = match query("client_id") {
            Some(id) => applications::find(&mut *reader().await?, &ApplicationId(id)).await?,
            None => None,
        };
        let text = match application {
            Some(application) => format!(
                "You’ve signed out of {}. You’re still signed in here, and of other applications in this browser.",
                visible(&application.name)
            ),
            None => {
                "An application asks to sign you out here, and of the applications in this browser."
                    .to_owned()
            }
        };
        let next = format!("/oauth/signed-out?{}", query_string());
        let email = visible(&me.user.email).into_owned();
        Ok(view! {
            <div class="card card--lifted">
                <div class="card__body">
                    <div class="cluster">
                        <Disc shape=Shape::LogOut tint="plain" />
                        <h1 class="auth__title">"Sign out here too?"</h1>
                    </div>
                    <p class="card__text">{text}</p>
                    <p class="card__text">"You’re signed in as " <strong>{email}</strong> "."</p>
                    <form class="form" method="post" action="/sign-out">
                        <FormFields />
                        <input type="hidden" name="next" value=next />
                        <div class="form__actions">
                            <Link class="button" href="/">"Stay signed in"</Link>
                            <Submit look="button--primary" busy=false>"Sign out"</Submit>
                        </div>
                    </form>
                </div>
            </div>
        }
        .into_any())
    }
}
