//! What the email about a remote logout says of applications: what is known when it is sent, and no more.

use accounts::applications::{Told, ToldHow};
use app::error::listed;

/// What is to be said of an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    LoggedOut,
    BeingTold,
    RefusesNext,
    EndsByItself,
    HasEnded,
    MayBeOpen,
}

impl State {
    fn of(how: ToldHow) -> Self {
        match how {
            how if how.may_be_open() => Self::MayBeOpen,
            ToldHow::LoggedOut(_) | ToldHow::HadNoSession(_) => Self::LoggedOut,
            ToldHow::RefusedAtNextRequest => Self::RefusesNext,
            ToldHow::EndsAtNextRefresh => Self::EndsByItself,
            ToldHow::GaveUp => Self::HasEnded,
            _ => Self::BeingTold,
        }
    }

    fn words(self, names: &[String]) -> String {
        let one = names.len() == 1;
        let names = listed(names);
        match self {
            Self::LoggedOut if one => format!("{names} has logged you out."),
            Self::LoggedOut => format!("{names} have logged you out."),
            Self::BeingTold if one => format!("{names} is being told."),
            Self::BeingTold => format!("{names} are being told."),
            Self::RefusesNext if one => format!("{names} refuses your next request."),
            Self::RefusesNext => format!("{names} refuse your next request."),
            Self::EndsByItself => {
                format!("Your sign-in at {names} ends by itself, within ten minutes.")
            }
            Self::HasEnded => format!("Your sign-in at {names} has ended by its time."),
            Self::MayBeOpen => format!("{names} may still be open: sign out there, too."),
        }
    }
}

/// A sentence for each state that applications are in; none without any. An application of which one session may still be
/// open is named there alone.
pub(super) fn at_applications(told: &[Told]) -> Option<String> {
    let in_state = |state: State| {
        let mut names: Vec<String> = Vec::new();
        let open = |name: &str| {
            told.iter()
                .any(|told| told.name == name && told.how.may_be_open())
        };
        for told in told {
            let is_said = state == State::MayBeOpen || !open(&told.name);
            if is_said && State::of(told.how) == state && !names.contains(&told.name) {
                names.push(told.name.clone());
            }
        }
        (!names.is_empty()).then(|| state.words(&names))
    };
    let said: Vec<String> = [
        State::LoggedOut,
        State::BeingTold,
        State::RefusesNext,
        State::EndsByItself,
        State::HasEnded,
        State::MayBeOpen,
    ]
    .into_iter()
    .filter_map(in_state)
    .collect();
    (!said.is_empty()).then(|| said.join(" "))
}

#[cfg(test)]
mod tests {
    use accounts::{ids::ApplicationId, time::UnixMillis};

    use super::*;

    fn told(name: &str, how: ToldHow) -> Told {
        Told {
            application_id: ApplicationId(name.to_owned()),
            name: name.to_owned(),
            how,
        }
    }

    #[test]
    fn each_application_is_named_by_what_is_known_of_it() {
        let at = UnixMillis(1);
        let first = ToldHow::BeingTold {
            tries: 0,
            next: None,
        };
        let said = at_applications(&[
            told("Cloud", first),
            told("Files", ToldHow::LoggedOut(at)),
            told("Files", ToldHow::Refused(Some(400))),
            told("Notes", ToldHow::RefusedAtNextRequest),
            told("Photos", ToldHow::LoggedOut(at)),
            told("Photos", ToldHow::HadNoSession(at)),
            told("Wiki", ToldHow::LoggedOut(at)),
        ]);
        assert_eq!(
            said.as_deref(),
            Some(
                "Photos and Wiki have logged you out. Cloud is being told. \
                 Notes refuses your next request. \
                 Files may still be open: sign out there, too."
            )
        );
        assert_eq!(at_applications(&[]), None);
    }
}
