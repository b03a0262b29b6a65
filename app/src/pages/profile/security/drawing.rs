//! What the server draws on Profile → Security: the picture, the devices, the curfew, recent activity.

use accounts::{
    audit, curfew,
    db::Conn,
    device::{self, Kind},
    limits::Limits,
    sessions::{self, SignedIn},
    step_up,
    time::{Moment, UnixMillis},
};
use leptos::prelude::*;

use super::{activity, curfew_card, devices, timeline};
use crate::{
    context::{Presence, curfew as install, now, visit},
    error::{AppError, Code},
    flash::{Flash, Refused},
    parts::{
        icon::{Icon, Shape},
        notice::{Notice, Tone},
    },
};

/// Devices shown before "Show all".
const SHOWN: usize = 20;

/// Most that are shown at all; nobody reads more.
const MOST: i64 = 1_000;

/// Sessions in the picture, and events read for the list, which shows fewer.
const IN_PICTURE: i64 = 120;
const EVENTS: i64 = 200;

/// The pieces as HTML. `all` shows every device.
///
/// # Errors
/// When nobody is signed in or the database is unavailable.
pub(super) fn drawing(
    all: bool,
) -> impl Future<Output = Result<String, AppError>> + Send + 'static {
    // What the request brought is asked for here: the future runs on without its surroundings.
    let (install, visit, now) = (install(), visit(), now());
    async move {
        let (install, visit) = (install?, visit?);
        let Presence::SignedIn(me) = &visit.presence else {
            return Err(AppError::not_signed_in());
        };
        let database = |e| AppError::database(&e);
        let mut conn = install.db.read().await.map_err(database)?;
        let facts = Facts::read(&mut conn, me, &install.limits, now)
            .await
            .map_err(database)?;
        Ok(facts.draw(me, all, visit.flash, &install.limits, now))
    }
}

/// What the database says.
struct Facts {
    listed: Vec<sessions::Listed>,
    dormant: Vec<sessions::Dormant>,
    open: sessions::Facts,
    past: Vec<sessions::Past>,
    remote_logouts: Vec<UnixMillis>,
    events: Vec<audit::Stored>,
    curfews: (Option<curfew::Curfew>, Option<curfew::Curfew>),
}

impl Facts {
    async fn read(
        conn: &mut Conn,
        me: &SignedIn,
        limits: &Limits,
        now: Moment,
    ) -> Result<Self, accounts::db::DatabaseError> {
        let user = &me.user.id;
        let since = now.at - timeline::SPAN;
        Ok(Self {
            listed: sessions::list(conn, user, &me.session, MOST, limits, now).await?,
            dormant: sessions::dormant(conn, user, MOST, limits, now).await?,
            open: sessions::facts(conn, user, limits, now).await?,
            past: sessions::history(conn, user, since, IN_PICTURE, limits, now).await?,
            remote_logouts: sessions::remote_logouts(conn, user, since).await?,
            events: audit::recent(conn, &me.user.account_id, Some(user), None, EVENTS).await?,
            curfews: curfew::of(conn, user).await?,
        })
    }

    fn draw(
        self,
        me: &SignedIn,
        all: bool,
        flash: Option<Flash>,
        limits: &Limits,
        now: Moment,
    ) -> String {
        let (said, refused) = match flash {
            Some(Flash::Note(note)) => (Some(note.title), None),
            Some(Flash::Form(refused)) => (None, Some(refused)),
            _ => (None, None),
        };
        let rows = devices::rows(self.listed, self.dormant, me, limits, &self.curfews);
        let ask = Ask::of(me, refused.as_ref(), limits, now);
        let pieces = view! {
            {said.map(|text| view! { <Notice tone=Tone::Success title=text /> })}
            {refused.as_ref().map(why)}
            {devices::section(rows, &self.open, if all { usize::MAX } else { SHOWN }, refused.as_ref(), ask.clone(), now)}
            {timeline::section(&self.past, &self.remote_logouts, now)}
            {curfew_card::section(&self.curfews, me, refused.as_ref(), &ask, now)}
            {activity::section(self.events)}
        };
        pieces.to_html()
    }
}

/// Whether an operation here asks for a password or a code first, and what was wrong with the one given.
#[derive(Clone)]
pub(super) struct Ask {
    needed: bool,
    two_factor: bool,
    /// The form it came from, by its device's id where it has one, and why.
    refused: Option<(String, String)>,
}

impl Ask {
    fn of(me: &SignedIn, refused: Option<&Refused>, limits: &Limits, now: Moment) -> Self {
        let refused = refused
            .filter(|r| r.error.code == Code::StepUpRequired)
            .and_then(|r| {
                let why = r.error.fields.get("confirmation")?.clone();
                Some((r.typed.get("id").unwrap_or(&r.form).clone(), why))
            });
        Self {
            needed: step_up::is_needed(me, limits, now),
            two_factor: me.user.two_factor_since.is_some(),
            refused,
        }
    }

    /// Why the one given in that form was refused.
    pub(super) fn why(&self, form: &str) -> Option<String> {
        let (from, why) = self.refused.as_ref()?;
        (from == form).then(|| why.clone())
    }

    /// The field, where it is needed.
    pub(super) fn field(&self, form: &str) -> impl IntoView + use<> {
        let id = format!("confirmation-{form}");
        let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
        let error = self.why(form);
        let wrong = error.is_some();
        let described = if wrong {
            format!("{error_id} {hint_id}")
        } else {
            hint_id.clone()
        };
        let hint = if self.two_factor {
            "Your password, or the 6 digits of your authenticator app."
        } else {
            "Your password."
        };
        self.needed.then(|| {
            view! {
                <div class="field">
                    <label class="field__label" for=id.clone()>"Confirm it’s you"</label>
                    <p class="field__hint" id=hint_id>{hint}</p>
                    {field_error(error, error_id)}
                    <input
                        class="input"
                        type="password"
                        id=id.clone()
                        name="confirmation"
                        autocomplete="current-password"
                        aria-describedby=described
                        aria-invalid=wrong.then_some("true")
                    />
                </div>
            }
        })
    }
}

/// What was wrong with a form that was sent without script, as all of these are.
fn why(refused: &Refused) -> impl IntoView + use<> {
    let error = refused.error.clone();
    let text = (error.code != Code::ValidationFailed)
        .then(|| "Nothing was changed.".to_owned())
        .filter(|_| !error.message.contains("Nothing was changed"));
    match text {
        Some(text) => view! { <Notice tone=Tone::Danger title=error.message text /> }.into_any(),
        None => view! { <Notice tone=Tone::Danger title=error.message /> }.into_any(),
    }
}

/// The icon of a device.
pub(super) fn icon(kind: Kind) -> Shape {
    match kind {
        Kind::Phone | Kind::Tablet => Shape::Phone,
        Kind::Desktop => Shape::Desktop,
        Kind::Program | Kind::Unknown => Shape::Globe,
    }
}

/// A device's own name, and beside it what its browser is called.
pub(super) fn named(label: Option<String>, user_agent: &str) -> (String, Option<String>) {
    let browser = device::of(user_agent).label();
    match label {
        Some(label) => (label, Some(browser)),
        None => (browser, None),
    }
}

/// A field's error, where the form was refused.
pub(super) fn field_error(error: Option<String>, id: String) -> impl IntoView {
    error.map(|error| {
        view! {
            <p class="field__error" id=id>
                <Icon shape=Shape::AlertTriangle small=true />
                <span>{error}</span>
            </p>
        }
    })
}
