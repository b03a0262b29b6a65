//! A word that is looked for in events: in what is stored, and in what is shown in its place.

use super::Action;
use crate::{device, text::holding};

/// One word, and what it stands for on the screen. An event holds it in a name, an IP address, its action or its details, in
/// any case. A word out of the name of a browser or a system is looked for in what the device is shown as, because user
/// agents name others than their own: nearly each says "Safari". Any other word is looked for in the user agent. Or it is a whole id: of the event, of the one that it follows from, or of its request. Or it is the
/// beginning of the event's hash, eight digits or more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Word {
    /// As it was typed.
    pub text: String,
    /// Actions that are always shown with it.
    pub actions: Vec<Action>,
    /// Actions that are shown with it where users did it to themselves.
    pub own: Vec<Action>,
    /// Actions that are shown with it where it was done to another user, or to none.
    pub others: Vec<Action>,
    /// Actors that are shown with it, as they are stored: `operator`.
    pub actors: Vec<&'static str>,
}

impl Word {
    /// The words of a text, each once. They stand for nothing yet but themselves.
    #[must_use]
    pub fn all(text: &str) -> Vec<Self> {
        let mut words: Vec<Self> = Vec::new();
        // PostgreSQL takes no NUL in a text.
        let texts = text.split(|c: char| c.is_whitespace() || c.is_control());
        for text in texts.filter(|text| !text.is_empty()) {
            if !words.iter().any(|word| word.text == text) {
                words.push(Self {
                    text: text.to_owned(),
                    ..Self::default()
                });
            }
        }
        words
    }
}

/// What an event has to fulfil to hold every word, and the texts for its parameters, the first of which has that number.
pub(super) fn conditions(words: &[Word], first: usize) -> (String, Vec<String>) {
    let mut parameters = Parameters {
        first,
        texts: Vec::new(),
    };
    let all = words.iter().map(|word| {
        let any = alternatives(word, &mut parameters).join(" or ");
        format!(" and ({any})")
    });
    (all.collect(), parameters.texts)
}

struct Parameters {
    first: usize,
    texts: Vec<String>,
}

impl Parameters {
    fn add(&mut self, text: String) -> String {
        self.texts.push(text);
        format!("${}", self.first + self.texts.len() - 1)
    }
}

/// All that is stored as text and shown as it is. A device is shown as "Firefox on Linux".
const STORED: &str =
    "lower(coalesce(a.name, '') || ' ' || coalesce(s.name, '') || ' ' || e.action || ' '
    || coalesce(e.ip, '') || case when e.user_agent is null then '' else ' on ' end || ' ' || e.details)";

const OWN: &str = "e.actor = 'user:' || coalesce(e.subject, '')";

/// Where a word may be found.
fn alternatives(word: &Word, parameters: &mut Parameters) -> Vec<String> {
    let mut any = Vec::new();
    if !word.actions.is_empty() {
        any.push(is_one_of(&word.actions));
    }
    if !word.own.is_empty() {
        any.push(format!("({} and {OWN})", is_one_of(&word.own)));
    }
    if !word.others.is_empty() {
        any.push(format!("({} and not {OWN})", is_one_of(&word.others)));
    }
    for actor in &word.actors {
        let actor = parameters.add((*actor).to_owned());
        any.push(format!("e.actor = {actor}"));
    }
    let devices = device::marks_for(&word.text);
    for spelling in spellings(&word.text) {
        let pattern = parameters.add(holding(&spelling));
        any.push(format!("{STORED} like {pattern} escape '\\'"));
        if devices.is_empty() {
            any.push(format!("lower(e.user_agent) like {pattern} escape '\\'"));
        }
    }
    any.extend(devices.iter().map(|marks| is_shown_as(marks)));
    let id = word.text.to_lowercase();
    if is_part_of_a_hash(&id) {
        let pattern = parameters.add(format!("{id}%"));
        any.push(format!("e.hash like {pattern}"));
    }
    let id = parameters.add(id);
    any.push(format!(
        "e.id = {id} or e.parent = {id} or e.request_id = {id}"
    ));
    any
}

/// Whether the first of these marks in the user agent is one that is shown with the word. Marks are our own, and hold no
/// quotation mark. They are looked for as they are written: `like` is another in each database.
fn is_shown_as(marks: &[(&'static str, bool)]) -> String {
    let case = |(mark, holds): &(&str, bool)| {
        format!("when replace(e.user_agent, '{mark}', '') <> e.user_agent then {holds}")
    };
    let cases: Vec<String> = marks.iter().map(case).collect();
    format!("case {} else false end", cases.join(" "))
}

/// Names of actions are our own, and hold no quotation mark.
fn is_one_of(actions: &[Action]) -> String {
    let names: Vec<String> = actions
        .iter()
        .map(|action| format!("'{}'", action.name()))
        .collect();
    format!("e.action in ({})", names.join(", "))
}

/// How a word may be stored once the database has put A to Z into lower case: SQLite knows no others, and PostgreSQL
/// only with a locale.
fn spellings(word: &str) -> Vec<String> {
    let lower = word.to_lowercase();
    if lower.is_ascii() {
        return vec![lower];
    }
    let mut rest = lower.chars();
    let first: String = rest
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .collect();
    let mut all = vec![first + rest.as_str(), word.to_uppercase(), lower];
    for spelling in &mut all {
        spelling.make_ascii_lowercase();
    }
    all.sort();
    all.dedup();
    all
}

/// Receipts, emails and exports show hashes whole or by their first twelve digits. Fewer than eight may be any number.
fn is_part_of_a_hash(word: &str) -> bool {
    (8..=64).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_apart_by_what_is_between_them() {
        let texts = |text: &str| -> Vec<String> {
            Word::all(text).into_iter().map(|word| word.text).collect()
        };
        assert_eq!(
            texts(" remote  logout\u{a0}remote\0x "),
            ["remote", "logout", "x"]
        );
        assert!(texts(" \0\t").is_empty());
    }

    #[test]
    fn characters_that_a_database_does_not_know_are_looked_for_in_both_cases() {
        assert_eq!(spellings("Sign-IN"), ["sign-in"]);
        assert_eq!(spellings("ärGer"), ["Ärger", "ärger"]);
        assert_eq!(spellings("MÜLLER"), ["mÜller", "müller"]);
    }

    #[test]
    fn parameters_are_numbered_from_the_first() {
        let (sql, texts) = conditions(&Word::all("ada 0123abcd"), 10);
        assert_eq!(
            texts,
            ["%ada%", "ada", "%0123abcd%", "0123abcd%", "0123abcd"]
        );
        for n in 10..15 {
            assert!(sql.contains(&format!("${n}")), "{sql}");
        }
        assert!(!sql.contains("$15"), "{sql}");
    }
}
