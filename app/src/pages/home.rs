//! `/`: where a user arrives. How things stand, and the way to what matters.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    boot::{Viewer, boot, viewer},
    error::AppError,
    flash::{Flash, counted},
    pages::loaded,
    parts::{
        icon::{Disc, Shape},
        layout::Page,
        link::Link,
        notice::{Notice, Tone},
    },
    time::When,
};

/// How things stand.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Standing {
    pub sessions: u64,
    pub remembered_devices: u64,
}

/// Counts the user's sessions and remembered devices.
///
/// # Errors
/// When nobody is signed in or the database is unavailable.
#[server(prefix = "/api/fn", endpoint = "standing")]
pub async fn how_things_stand() -> Result<Standing, AppError> {
    use crate::context::{curfew, now, signed_in};

    let (curfew, me) = (curfew()?, signed_in()?);
    let database = |e| AppError::database(&e);
    let mut conn = curfew.db.read().await.map_err(database)?;
    let facts = accounts::sessions::facts(&mut conn, &me.user.id, &curfew.limits, now())
        .await
        .map_err(database)?;
    Ok(Standing {
        sessions: facts.sessions.unsigned_abs(),
        remembered_devices: facts.remembered_devices.unsigned_abs(),
    })
}

#[component]
pub fn Home() -> impl IntoView {
    let standing = Resource::new_blocking(|| (), |()| how_things_stand());
    viewer().map(|viewer| {
        let first = viewer.name.split_whitespace().next().unwrap_or_default().to_owned();
        view! {
            <Page title="Home" section="home" lead=format!("Hello {first}. This is how your account stands.")>
                {said()}
                {loaded(standing, move |standing| view! { <Summary standing viewer=viewer.clone() /> })}
            </Page>
        }
    })
}

/// What somebody is told on arriving.
fn said() -> impl IntoView {
    let Some(Flash::Note(note)) = boot().flash else {
        return ().into_any();
    };
    view! { <Notice tone=Tone::Success title=note.title text=note.text.unwrap_or_default() /> }
        .into_any()
}

#[component]
fn Summary(standing: Standing, viewer: Viewer) -> impl IntoView {
    let devices = counted(standing.sessions, "device", "devices");
    let remembered = match standing.remembered_devices {
        0 => "None is remembered.".to_owned(),
        1 => "One is remembered.".to_owned(),
        n => format!("{n} are remembered."),
    };
    view! {
        <section class="card" aria-labelledby="devices-title">
            <div class="card__body">
                <div class="cluster">
                    <Disc shape=Shape::Shield tint="success" large=true />
                    <div>
                        <h2 class="card__title" id="devices-title">
                            {format!("You’re signed in on {devices}")}
                        </h2>
                        <p class="card__text">
                            {remembered} " If you don’t know one of them, log out from all."
                        </p>
                    </div>
                </div>
            </div>
            <div class="card__footer">
                <p>"Remote logout is on Profile → Security."</p>
                <Link class="button" href="/profile/security">"See your devices"</Link>
            </div>
        </section>
        <section class="card" aria-labelledby="account-title">
            <div class="card__body">
                <h2 class="card__title" id="account-title">"Account"</h2>
                <dl class="facts">
                    <div class="facts__row">
                        <dt class="facts__label">"Account"</dt>
                        <dd class="facts__value">{viewer.account}</dd>
                    </div>
                    <div class="facts__row">
                        <dt class="facts__label">"Plan"</dt>
                        <dd class="facts__value">{viewer.plan}</dd>
                    </div>
                    <div class="facts__row">
                        <dt class="facts__label">"Your role"</dt>
                        <dd class="facts__value">{viewer.role}</dd>
                    </div>
                    <div class="facts__row">
                        <dt class="facts__label">"Signed in here"</dt>
                        <dd class="facts__value"><When at=viewer.signed_in /></dd>
                    </div>
                    <div class="facts__row">
                        <dt class="facts__label">"Password changed"</dt>
                        <dd class="facts__value"><When at=viewer.password_changed /></dd>
                    </div>
                </dl>
            </div>
        </section>
    }
}
