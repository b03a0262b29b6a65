//! Testing an application: something is really sent, and what came back is shown.

use accounts::{
    applications::{self, Answer, Application, Kind},
    ids::ApplicationId,
    text::visible,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::page_of;
use crate::{
    context::{Opened, curfew, leave, operation, signed_in},
    error::AppError,
    flash::{Flash, Note},
};

/// A page behind the gate that is not there, so that none of its open paths is asked for.
const CLOSED: &str = "/curfew-test";

/// What came back from a test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestedApplication {
    /// Whether it answered as one does that takes logout notices (200 or 204, or that it has no such session), or as a
    /// gate does that is closed.
    pub understood: bool,
    pub status: Option<u16>,
    /// The beginning of what it said, or why nothing came back.
    pub said: String,
}

/// Tests an application, right now, and says what came back. One that can be told is sent a logout token of a session that it
/// does not have; a gate is opened as a browser without a sign-in does. Five a minute, for the whole account.
///
/// # Errors
/// `too_many_attempts`, `not_found`, `forbidden`, `session_ended`, `service_unavailable`.
#[server(prefix = "/api/fn", endpoint = "test_application")]
pub async fn test_application(application: String) -> Result<TestedApplication, AppError> {
    let (curfew, me, id) = (curfew()?, signed_in()?, ApplicationId(application));
    let mut op = operation().await?;
    let application = applications::for_test(&mut op, &me, &id).await?;
    // Counted before it is sent, so that nothing is locked while the application takes its time.
    op.commit().await?;
    let (tested, note) = match application.kind {
        Kind::OpenId => tested(curfew.notices.test(&application, &me.user.id).await),
        Kind::Gate => gate(&application).await?,
    };
    leave(&Flash::Note(note))?;
    leptos_axum::redirect(&page_of(id.as_str()));
    Ok(tested)
}

fn tested(answer: Answer) -> (TestedApplication, Note) {
    let (status, said) = match answer {
        Answer::Status(status, body) => (
            Some(status),
            visible(body.trim()).chars().take(300).collect(),
        ),
        Answer::None(why) => (None, why),
    };
    let understood = matches!(status, Some(200 | 204 | 400));
    let mut note = match status {
        Some(status @ (200 | 204)) => Note::new("The application took the logout token")
            .with(format!("It answered {status}.")),
        // It has no such session, so this is what a careful application may say.
        Some(400) => Note::new("The application answered 400").with(format!(
            "That is right where it says that it doesn’t know the session, and wrong where it says that it doesn’t trust the token. It said: {said}"
        )),
        Some(status) => Note::new("The application didn’t take the logout token")
            .with(format!("It answered {status}. {said}")),
        None => Note::new("The application wasn’t reached").with(said.clone()),
    };
    note.bad = !understood;
    let tested = TestedApplication {
        understood,
        status,
        said,
    };
    (tested, note)
}

/// Opens the application as a browser does that is not signed in: its proxy has to send it to Curfew.
async fn gate(application: &Application) -> Result<(TestedApplication, Note), AppError> {
    let curfew = curfew()?;
    let address = application.address.clone().unwrap_or_default();
    let opened = curfew.notices.open(&format!("{address}{CLOSED}")).await;
    let begin = format!("{address}/.curfew/sign-in");
    let sign_in = match &opened {
        Opened::Answered { location, .. } if leads_to(location.as_deref(), &begin) => {
            Some(curfew.notices.open(&format!("{begin}?to=%2F")).await)
        }
        _ => None,
    };
    let hand_over = format!("{}/gate/sign-in", curfew.public_url);
    let (said, status, understood) = match (&opened, &sign_in) {
        (_, Some(Opened::Answered { location, status }))
            if leads_to(location.as_deref(), &hand_over) =>
        {
            (
                (
                    "The gate is closed",
                    "A browser without a sign-in is sent to Curfew, and back from there."
                        .to_owned(),
                ),
                Some(*status),
                true,
            )
        }
        (_, Some(Opened::Answered { status, .. })) => (
            (
                "Curfew isn’t reached below /.curfew/",
                format!(
                    "The proxy asks Curfew, but {begin} answered {status}. The proxy has to pass /.curfew/ on to Curfew, with the browser’s Host."
                ),
            ),
            Some(*status),
            false,
        ),
        (_, Some(Opened::Nothing(why))) | (Opened::Nothing(why), None) => {
            (("The application wasn’t reached", why.clone()), None, false)
        }
        (Opened::Answered { status, .. }, None) => (closed_or_open(*status), Some(*status), false),
    };
    let (title, text) = said;
    let mut note = Note::new(title).with(text.clone());
    note.bad = !understood;
    let tested = TestedApplication {
        understood,
        status,
        said: text,
    };
    Ok((tested, note))
}

/// What an answer means that does not lead to the sign-in.
fn closed_or_open(status: u16) -> (&'static str, String) {
    match status {
        200..=299 | 404 => (
            "The gate is open",
            format!("A browser without a sign-in got {status} from the application: its proxy doesn’t ask Curfew. Put the configuration below in place."),
        ),
        403 => (
            "Curfew refused the proxy",
            "It answered 403. The address that the proxy connects from has to be in CURFEW_TRUSTED_PROXIES, and the host has to be the one registered here. Curfew’s log says which.".to_owned(),
        ),
        500..=599 => (
            "The proxy got no answer from Curfew",
            format!("It answered {status}. Nothing is let through, but no sign-in either: check the address of Curfew in the proxy’s configuration."),
        ),
        _ => (
            "The proxy doesn’t lead to the sign-in",
            format!("It answered {status}. Compare its configuration with the one below."),
        ),
    }
}

/// Whether a redirect goes to that address, whatever its query.
fn leads_to(location: Option<&str>, address: &str) -> bool {
    location.is_some_and(|location| location.split('?').next() == Some(address))
}
