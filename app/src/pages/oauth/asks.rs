//! What a user has to say before a request for a code goes on. Found out of the request itself, by the provider and by the page
//! alike, so that no form can leave any of it out.

use accounts::{
    applications::{Scope, ScopeName, claims::WITH_SECOND_FACTOR},
    sessions::SignedIn,
    time::Moment,
};

/// What has to be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asks {
    /// Who they are, by a password or a code: `prompt=login`, or the last time is longer ago than `max_age`.
    pub password: bool,
    /// That the application may stay signed in for them.
    pub consent: bool,
    /// As which user.
    pub account: bool,
}

impl Asks {
    /// Of a request, of that user.
    #[must_use]
    pub fn of(request: &str, me: &SignedIn, now: Moment) -> Self {
        let get = |name: &str| {
            form_urlencoded::parse(request.as_bytes())
                .find(|(field, _)| field == name)
                .map(|(_, value)| value.into_owned())
        };
        let prompt = get("prompt").unwrap_or_default();
        let prompts = |word: &str| prompt.split(' ').any(|prompt| prompt == word);
        let scope = Scope::parse(&get("scope").unwrap_or_default());
        let since = now.at.0 - me.confirmed_at.unwrap_or(me.started_at).0;
        let too_old = get("max_age")
            .and_then(|age| age.parse::<u32>().ok())
            .is_some_and(|age| since > i64::from(age) * 1_000);
        // A session that a remember-me cookie gave has shown no code.
        let wants_code = get("acr_values")
            .is_some_and(|values| values.split(' ').next() == Some(WITH_SECOND_FACTOR))
            && me.user.two_factor_since.is_some()
            && me.confirmed_at.is_none();
        Self {
            password: prompts("login") || too_old || wants_code,
            consent: scope.has(ScopeName::OfflineAccess) || prompts("consent"),
            account: prompts("select_account"),
        }
    }

    /// Whether anything has to be said.
    #[must_use]
    pub fn is_any(self) -> bool {
        self.password || self.consent || self.account
    }
}
