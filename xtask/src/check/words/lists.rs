//! The two lists of the glossary: what is forbidden, and what to say.

/// A forbidden word or sequence of words, and what to say.
#[derive(Debug)]
pub struct Rule {
    /// Words with spaces between; alternatives with bars, as in `the|a store|stores`. Lower case.
    pub pattern: &'static str,
    say: &'static str,
    /// Whether a sentence may have it: the name of a test is one.
    fine_in_sentences: bool,
}

impl Rule {
    /// What a finding tells the reader to do.
    pub fn advice(&self) -> String {
        format!("say {}", self.say)
    }

    /// Whether it also counts for identifiers that are as long as a sentence.
    pub fn counts_in_sentences(&self) -> bool {
        !self.fine_in_sentences
    }

    /// The alternatives for each word of the sequence.
    pub fn words(&self) -> impl Iterator<Item = Vec<&'static str>> {
        let words = self.pattern.split(' ');
        words.map(|word| word.split('|').collect())
    }
}

const fn rule(pattern: &'static str, say: &'static str) -> Rule {
    Rule {
        pattern,
        say,
        fine_in_sentences: false,
    }
}

/// Says nothing as a name, but is an ordinary word in the name of a test.
const fn name_rule(pattern: &'static str, say: &'static str) -> Rule {
    Rule {
        pattern,
        say,
        fine_in_sentences: true,
    }
}

/// Components of identifiers: what stands between underscores and capitals.
pub const IDENTIFIERS: &[Rule] = &[
    rule("deed|deeds", "operation"),
    rule("letter|letters", "email, email template, outbox"),
    rule("parcel|parcels", "payload, webhook delivery"),
    rule("courier|couriers", "webhook client"),
    rule("bell|bells", "notifier, change notification"),
    name_rule("eye|eyes", "poller"),
    rule("knock|knocks|knocked", "authenticate"),
    rule("door|doors", "authentication"),
    rule("brought", "request cookies, credentials"),
    rule("trouble|troubles", "error page"),
    rule("half sign", "pending sign-in"),
    rule("raced", "conflict"),
    name_rule("because", "end reason"),
    rule("store|stores", "database"),
    name_rule("away", "unavailable"),
    rule("nobody|somebody|anybody|whoever", "user, operator, visitor"),
    rule("person|persons|people", "user, member"),
    rule("press|presses", "remote logout"),
    rule("kick|kicks|kicked", "live notice"),
    name_rule("claim|forgive|forgiven", "permit"),
    rule("spend|spends|spent", "consume, used, expired"),
    name_rule("alone", "what it does or holds"),
    rule("mail link|links", "email link, one-time link"),
    rule("link over", "link expired"),
    rule("wrong credentials", "invalid credentials"),
    rule("pace", "rate limit"),
    rule("hole|holes", "vulnerability"),
    rule("kick|kicks|kicked", "live notice"),
    name_rule("life", "render mode"),
];

/// Names of types that only a sentence around them explains, or that the language has taken.
pub const TYPES: [&str; 7] = ["Alone", "Also", "From", "How", "In", "Which", "Whose"];

/// Words of comments, strings and documents. A possessive counts as its word.
pub const PROSE: &[Rule] = &[
    rule("deed|deeds", "operation"),
    rule("letter|letters", "email, email template, outbox"),
    rule("parcel|parcels", "payload, webhook delivery"),
    rule("courier|couriers", "webhook client"),
    rule("knock|knocks|knocked|knocking", "authenticate"),
    rule("the door", "authentication"),
    rule("half sign-in|sign-ins|signin|signins", "pending sign-in"),
    rule("half sign in|ins", "pending sign-in"),
    rule(
        "nobody|somebody|anybody",
        "you, the user, an anonymous visitor",
    ),
    rule("whoever", "the operator, the user"),
    rule("one's|oneself", "your, the user's"),
    rule("person|persons|people", "user, member"),
    rule("store is away", "database unavailable"),
    rule("the|a|this|another|fresh store|stores", "database"),
    rule(
        "a|the|every|each|another|this|that|no|one press",
        "remote logout",
    ),
    // "Each presses" and "that presses" are verbs.
    rule("the|these|those|no|two|all presses", "remote logout"),
    rule("hole|holes", "vulnerability"),
    rule("raced", "conflict"),
    rule("spent", "used, expired"),
];
