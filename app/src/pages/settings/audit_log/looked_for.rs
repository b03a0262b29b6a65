//! The words of a search as they are seen in the list, and what they stand for: its readers type what they see.

use accounts::{
    audit::{Action, Shown, Stored, Word},
    time::UnixMillis,
};

use super::{titles, words};

/// Actors that have no name, as they are stored.
const ACTORS: [&str; 3] = ["operator", "system", "anonymous"];

/// In place of a name: no word holds it.
const SOME_NAME: &str = "…";

/// Details that change what a sentence says without saying more about other actions.
const DETAILS: [&str; 3] = [
    "{}",
    r#"{"time":"…","zone":"…"}"#,
    r#"{"sessions":2,"remembered_devices":2}"#,
];

/// The action that is called so, if there is one alone.
pub(super) fn title(text: &str) -> Option<Action> {
    let text = plain(text);
    let text = text.trim_matches(['“', '”', '"', ' ']);
    let mut called = Action::ALL
        .iter()
        .copied()
        .filter(|action| plain(titles::action(*action)) == text);
    let first = called.next();
    first.filter(|_| called.next().is_none())
}

/// The words of a search.
pub(super) fn words_of(text: &str) -> Vec<Word> {
    let mut all = Word::all(text);
    for word in &mut all {
        // As a sentence has it: "joined as member, invited by Ada".
        let bare = word.text.trim_matches(['“', '”']);
        let bare = bare.trim_end_matches([',', '.', ':', ';']);
        if !bare.is_empty() {
            word.text = bare.to_owned();
        }
        let text = plain(&word.text);
        for action in Action::ALL.iter().copied() {
            if always(action).contains(&text) {
                word.actions.push(action);
                continue;
            }
            if sentences(action, true).contains(&text) {
                word.own.push(action);
            }
            if sentences(action, false).contains(&text) {
                word.others.push(action);
            }
        }
        let shown = |actor: &&str| {
            plain(actor).contains(&text) || plain(&words::actor(actor, None)).contains(&text)
        };
        word.actors = ACTORS.into_iter().filter(shown).collect();
    }
    all
}

/// In lower case, and with the apostrophe that keyboards have.
fn plain(text: &str) -> String {
    let small = text.to_lowercase().replace('’', "'");
    small.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What is shown of every event of that action.
fn always(action: Action) -> String {
    let badge = match action.severity() {
        badge @ ("alert" | "warning") => badge,
        _ => "",
    };
    format!("{} {badge}", plain(titles::action(action)))
}

/// What is said of an event of that action, but for what its details and names say.
fn sentences(action: Action, own: bool) -> String {
    // A refusal says nothing but what its details say.
    if action == Action::AccessDenied {
        return String::new();
    }
    let said = DETAILS.map(|details| words::of(&sample(action, own, details)));
    let said: String = plain(&said.join(" ")).replace("unknown", "");
    said.chars().filter(|c| !c.is_ascii_digit()).collect()
}

/// An event of that action.
fn sample(action: Action, own: bool, details: &str) -> Shown {
    let (actor, subject) = ("user:a", if own { "a" } else { "b" });
    Shown {
        event: Stored {
            id: String::new(),
            parent: None,
            chain: String::new(),
            seq: 0,
            at: UnixMillis(0),
            action: action.name().into(),
            category: action.category().into(),
            severity: action.severity().into(),
            actor: actor.into(),
            subject: Some(subject.into()),
            ip: None,
            user_agent: None,
            request_id: None,
            details: details.into(),
            prev_hash: String::new(),
            hash: String::new(),
        },
        actor_name: Some(SOME_NAME.into()),
        subject_name: Some(SOME_NAME.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Word {
        let mut words = words_of(text);
        assert_eq!(words.len(), 1, "{text}");
        words.remove(0)
    }

    #[test]
    fn every_title_finds_its_action_alone() {
        for action in Action::ALL {
            let shown = titles::action(action);
            for typed in [
                shown.to_owned(),
                format!(" {} ", shown.to_uppercase()),
                format!("“{}”", shown.replace('’', "'")),
            ] {
                assert_eq!(title(&typed), Some(action), "{typed}");
            }
        }
        for none in ["", "remote", "remote logout ada", "user.login"] {
            assert_eq!(title(none), None, "{none}");
        }
    }

    #[test]
    fn every_word_of_a_title_stands_for_its_action() {
        for action in Action::ALL {
            for word in words_of(titles::action(action)) {
                assert!(word.actions.contains(&action), "{action:?}: {word:?}");
            }
        }
    }

    #[test]
    fn what_a_sentence_says_stands_for_its_action_too() {
        assert!(one("SIGNED").others.contains(&Action::Login));
        assert!(one("devices").others.contains(&Action::SessionInvalidated));
        let deleted = one("deleted");
        assert!(deleted.own.contains(&Action::MemberRemoved));
        assert!(!deleted.others.contains(&Action::MemberRemoved));
        assert!(one("set").own.contains(&Action::CurfewSet));
        assert!(one("warning").actions.contains(&Action::SessionInvalidated));
        assert!(
            one("Application's")
                .actions
                .contains(&Action::ApplicationSecretMade)
        );
        // What stands for a name, a count or an unknown detail is no word.
        for nothing in ["unknown", "0", "nothing-like-it"] {
            assert_eq!(one(nothing), Word::all(nothing)[0]);
        }
    }

    #[test]
    fn what_ends_a_part_of_a_sentence_is_no_part_of_a_word() {
        assert_eq!(one("member,").text, "member");
        assert_eq!(one("“Backup”").text, "Backup");
        assert_eq!(one("192.0.2.1:").text, "192.0.2.1");
        assert_eq!(one("...").text, "...");
    }

    #[test]
    fn an_actor_without_a_name_is_found_by_what_is_shown() {
        for (word, actors) in [
            ("Command", &["operator"][..]),
            ("operator", &["operator"]),
            ("visitor", &["anonymous"]),
            ("itself", &["system"]),
            ("ada", &[]),
        ] {
            assert_eq!(one(word).actors, actors, "{word}");
        }
    }
}
