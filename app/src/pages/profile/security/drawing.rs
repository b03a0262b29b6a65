//! What the server draws on Profile → Security: the picture, the devices, the curfew, recent activity.

use accounts::{
    applications::{Mine, mine},
    audit,
    db::DatabaseError,
    instance::Reader,
    sessions::{self, SignedIn},
    time::UnixMillis,
};
use leptos::prelude::*;

use super::{
    activity, applications, curfew_card, devices,
    page_request::{Curfews, PageRequest},
    timeline,
};
use crate::{
    context::{Presence, curfew as install, now, visit},
    error::{AppError, Code},
    flash::{Flash, Refused},
    parts::notice::{Notice, Tone},
};

/// Devices shown before "Show all".
const SHOWN: usize = 20;

/// Most that are shown at all, because a longer list is of no use to a reader.
const MOST: i64 = 1_000;

/// Sessions in the picture, and events read for the list, which shows fewer.
const IN_PICTURE: i64 = 120;
const EVENTS: i64 = 200;

/// The pieces as HTML. `all` shows every device.
///
/// # Errors
/// When no user is signed in or the database is unavailable.
pub(super) fn drawing(
    all: bool,
) -> impl Future<Output = Result<String, AppError>> + Send + 'static {
    // The request's context is read here, because the future may run on without it.
    let (install, visit, now) = (install(), visit(), now());
    async move {
        let (install, visit) = (install?, visit?);
        let Presence::SignedIn(me) = visit.presence else {
            return Err(AppError::not_signed_in());
        };
        let (said, refused) = match visit.flash {
            Some(Flash::Note(note)) => (Some(note.title), None),
            Some(Flash::Form(refused)) => (None, Some(refused)),
            _ => (None, None),
        };
        let mut conn = install.instance.read(now).await?;
        let facts = Facts::read(&mut conn, &me).await?;
        let request = PageRequest {
            curfews: Curfews::read(&mut conn, &me).await?,
            me: *me,
            limits: install.instance.limits,
            now,
            refused,
        };
        Ok(facts.draw(&request, said, if all { usize::MAX } else { SHOWN }))
    }
}

/// What the database says.
struct Facts {
    listed: Vec<sessions::Listed>,
    dormant: Vec<sessions::Dormant>,
    open: sessions::Facts,
    mine: Vec<Mine>,
    past: Vec<sessions::Past>,
    remote_logouts: Vec<UnixMillis>,
    events: Vec<audit::Stored>,
}

impl Facts {
    async fn read(conn: &mut Reader, me: &SignedIn) -> Result<Self, DatabaseError> {
        let user = &me.user.id;
        let since = conn.now.at - timeline::SPAN;
        Ok(Self {
            listed: sessions::list(conn, user, &me.session, MOST).await?,
            dormant: sessions::dormant(conn, user, MOST).await?,
            open: sessions::facts(conn, user).await?,
            mine: mine(conn, user).await?,
            past: sessions::history(conn, user, since, IN_PICTURE).await?,
            remote_logouts: sessions::remote_logouts(conn, user, since).await?,
            events: audit::recent(conn, &me.user.account_id, Some(user), None, EVENTS).await?,
        })
    }

    fn draw(self, request: &PageRequest, said: Option<String>, most: usize) -> String {
        let rows = devices::rows(self.listed, self.dormant, request);
        let pieces = view! {
            {said.map(|text| view! { <Notice tone=Tone::Success title=text /> })}
            {request.refused.as_ref().map(why)}
            {devices::section(rows, &self.open, most, request)}
            {applications::section(self.mine)}
            {timeline::section(&self.past, &self.remote_logouts, request.now)}
            {curfew_card::section(request)}
            {activity::section(self.events)}
        };
        pieces.to_html()
    }
}

/// Why a form that was sent without script, as all of these are, was refused.
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
