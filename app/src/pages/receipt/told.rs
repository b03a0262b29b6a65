//! What a receipt says of each application: once for each answer, with how many sessions gave it.

use accounts::{
    applications::{Told, ToldHow},
    ids::ApplicationId,
    text::visible,
    time::UnixMillis,
};
use leptos::prelude::*;

use crate::{
    counted::counted,
    parts::icon::{Icon, Shape},
    time::{Show, Time, When},
};

/// Each application, and what it has answered so far; and what its answer does not reach.
pub(in super::super) fn told_list(told: Vec<Told>) -> impl IntoView {
    let open_there = behind_gate(&told).then(open_behind_gate);
    let rows = together(told).into_iter().map(row).collect_view();
    view! {
        <ul class="outcome__list" role="list" aria-label="Applications">{rows}</ul>
        {open_there}
    }
}

/// Whether an application is behind a gate, which refuses the next request and closes nothing.
pub(in super::super) fn behind_gate(told: &[Told]) -> bool {
    told.iter()
        .any(|told| told.how == ToldHow::RefusedAtNextRequest)
}

/// What a gate does not reach.
pub(in super::super) fn open_behind_gate() -> impl IntoView {
    view! {
        <p class="receipt__meta">
            "What was open behind a gate, such as a WebSocket or a download, lives until its proxy’s limit."
        </p>
    }
}

/// Whether an application may still answer. Of the others all is said already.
pub(in super::super) fn answers_may_come(told: &[Told]) -> bool {
    told.iter().any(Told::is_being_told)
}

/// What has to be done there too, where an application may not have signed its user out.
pub(in super::super) fn still_open(told: &[Told], reader: ReadBy) -> Option<impl IntoView + use<>> {
    let to_do = match reader {
        ReadBy::TheUser => " Sign out of those marked here, too.",
        ReadBy::AnOwner => " Log members out of those marked here, too.",
    };
    told.iter().any(|told| told.how.may_be_open()).then(|| {
        view! {
            <p class="receipt__text">
                <strong>"Some applications may still be open."</strong>
                {to_do}
            </p>
        }
    })
}

/// Who reads what applications were told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum ReadBy {
    /// Whose sessions ended.
    TheUser,
    /// An owner or admin who ended those of others.
    AnOwner,
}

/// Sessions at one application of which the same is to be said.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    application: ApplicationId,
    name: String,
    how: ToldHow,
    sessions: u64,
    /// Of other sessions there something else is to be said.
    is_one_of_several: bool,
}

/// What was told, in the order that it came in, each application once for each thing to be said of it. Of several times the
/// last answer counts, and the next try.
fn together(told: Vec<Told>) -> Vec<Answer> {
    let mut answers: Vec<Answer> = Vec::new();
    for Told {
        application_id,
        name,
        how,
    } in told
    {
        let there = answers
            .iter_mut()
            .filter(|answer| answer.application == application_id)
            .find_map(|answer| Some((joined(answer.how, how)?, answer)));
        if let Some((how, answer)) = there {
            answer.how = how;
            answer.sessions += 1;
        } else {
            let application = application_id;
            answers.push(Answer {
                application,
                name,
                how,
                sessions: 1,
                is_one_of_several: false,
            });
        }
    }
    let all: Vec<ApplicationId> = answers.iter().map(|a| a.application.clone()).collect();
    for answer in &mut answers {
        let rows = all.iter().filter(|it| **it == answer.application).count();
        answer.is_one_of_several = rows > 1;
    }
    answers
}

/// What is said of two sessions at once; none when they are to be told apart.
fn joined(one: ToldHow, other: ToldHow) -> Option<ToldHow> {
    use ToldHow::{BeingTold, HadNoSession, LoggedOut};

    match (one, other) {
        (LoggedOut(a), LoggedOut(b)) => Some(LoggedOut(a.max(b))),
        (HadNoSession(a), HadNoSession(b)) => Some(HadNoSession(a.max(b))),
        (
            BeingTold {
                tries: 0 | 1,
                next: None,
            },
            BeingTold {
                tries: 0 | 1,
                next: None,
            },
        ) => Some(one),
        (BeingTold { tries, next: a }, BeingTold { tries: b, next }) if tries == b => {
            let next = a.into_iter().chain(next).min();
            Some(BeingTold { tries, next })
        }
        _ => (one == other).then_some(one),
    }
}

/// One application. It says "Logged out" of what has answered so, and of nothing else.
fn row(answer: Answer) -> impl IntoView {
    let clock = |at: UnixMillis| {
        let at: Time = at.into();
        view! { <When at=at show=Show::Clock /> }
    };
    let (shape, words) = match answer.how {
        ToldHow::LoggedOut(at) => (
            Shape::CheckCircle,
            view! { "Logged out, answered at " {clock(at)} }.into_any(),
        ),
        ToldHow::HadNoSession(at) => (
            Shape::CheckCircle,
            view! { "Had no session any more, answered at " {clock(at)} }.into_any(),
        ),
        ToldHow::BeingTold { tries: 0 | 1, next: None } => (Shape::Info, "Being told".into_any()),
        ToldHow::BeingTold { tries, next } => (
            Shape::AlertTriangle,
            view! {
                {format!("Being told: {} without a good answer", counted(tries.unsigned_abs(), "try", "tries"))}
                {next.map(|at| view! { ", the next at " {clock(at)} })}
            }
            .into_any(),
        ),
        ToldHow::Refused(status) => (
            Shape::AlertTriangle,
            match status {
                Some(status) => format!("Refused to, with {status}: its own session may live on"),
                None => "Refused to: its own session may live on".into(),
            }
            .into_any(),
        ),
        ToldHow::GaveUp => (
            Shape::AlertTriangle,
            "Never answered. Its own session has ended by its time".into_any(),
        ),
        ToldHow::Dropped => (
            Shape::AlertTriangle,
            "Not told: it was removed, or has no address to be told at any more".into_any(),
        ),
        ToldHow::RefusedAtNextRequest => (
            Shape::CheckCircle,
            "Refused at its next request".into_any(),
        ),
        ToldHow::EndsAtNextRefresh => (
            Shape::Info,
            "Ends at its next refresh, within ten minutes".into_any(),
        ),
        ToldHow::CannotBeTold(lives) => (
            Shape::AlertTriangle,
            format!(
                "Can’t be told: its own session may live up to {}",
                counted((lives.as_secs() / 86_400).max(1), "day", "days")
            )
            .into_any(),
        ),
    };
    let sessions = (answer.sessions > 1 || answer.is_one_of_several)
        .then(|| format!(" ({})", counted(answer.sessions, "session", "sessions")));
    let class = if answer.how.may_be_open() {
        "outcome__item outcome__item--open"
    } else {
        "outcome__item"
    };
    view! {
        <li class=class>
            <Icon shape />
            <span><strong>{visible(&answer.name).into_owned()}</strong> {sessions} ": " {words}</span>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: &str, how: ToldHow) -> Told {
        Told {
            application_id: ApplicationId(name.to_owned()),
            name: name.to_owned(),
            how,
        }
    }

    fn said(told: Vec<Told>) -> Vec<(String, u64, bool, ToldHow)> {
        together(told)
            .into_iter()
            .map(|a| (a.name, a.sessions, a.is_one_of_several, a.how))
            .collect()
    }

    #[test]
    fn what_is_to_be_said_of_several_sessions_is_said_once() {
        let at = |ms| ToldHow::LoggedOut(UnixMillis(ms));
        let told = vec![
            told("Photos", at(5)),
            told("Photos", at(9)),
            told("Photos", at(7)),
            told("Wiki", at(3)),
        ];
        assert_eq!(
            said(told),
            [
                ("Photos".to_owned(), 3, false, at(9)),
                ("Wiki".to_owned(), 1, false, at(3)),
            ]
        );
    }

    /// A receipt never claims of one session what another has answered.
    #[test]
    fn answers_that_differ_are_told_apart() {
        let logged_out = ToldHow::LoggedOut(UnixMillis(5));
        let refused = ToldHow::Refused(Some(400));
        let tries = |tries, next: Option<i64>| ToldHow::BeingTold {
            tries,
            next: next.map(UnixMillis),
        };
        let told = vec![
            told("Photos", logged_out),
            told("Photos", refused),
            told("Photos", ToldHow::Refused(Some(401))),
            told("Photos", refused),
            told("Wiki", tries(0, None)),
            told("Wiki", tries(1, None)),
            told("Wiki", tries(2, Some(9))),
            told("Wiki", tries(2, Some(8))),
        ];
        let name = |name: &str| name.to_owned();
        assert_eq!(
            said(told),
            [
                (name("Photos"), 1, true, logged_out),
                (name("Photos"), 2, true, refused),
                (name("Photos"), 1, true, ToldHow::Refused(Some(401))),
                (name("Wiki"), 2, true, tries(0, None)),
                (name("Wiki"), 2, true, tries(2, Some(8))),
            ]
        );
    }
}
