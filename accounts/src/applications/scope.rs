//! What an application may learn of a user: the scopes that are known here. Others are ignored, as OpenID Connect Core 1.0,
//! 3.1.2.1 asks.

use std::fmt;

/// One scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScopeName {
    /// Who it is: an ID token.
    OpenId,
    Profile,
    Email,
    /// The user's role.
    Groups,
    /// A refresh token that outlives the session.
    OfflineAccess,
}

impl ScopeName {
    /// Every scope, in the order in which they are written.
    pub const ALL: [Self; 5] = [
        Self::OpenId,
        Self::Profile,
        Self::Email,
        Self::Groups,
        Self::OfflineAccess,
    ];

    /// As requests and answers have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenId => "openid",
            Self::Profile => "profile",
            Self::Email => "email",
            Self::Groups => "groups",
            Self::OfflineAccess => "offline_access",
        }
    }
}

/// Scopes, each once. Written as words divided by spaces.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope(Vec<ScopeName>);

impl Scope {
    /// The known scopes of a request.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let asked: Vec<&str> = text.split(' ').collect();
        let known = ScopeName::ALL.into_iter();
        Self(
            known
                .filter(|scope| asked.contains(&scope.name()))
                .collect(),
        )
    }

    /// Whether that one is among them.
    #[must_use]
    pub fn has(&self, name: ScopeName) -> bool {
        self.0.contains(&name)
    }

    /// All of them but that one.
    #[must_use]
    pub fn without(&self, name: ScopeName) -> Self {
        Self(self.0.iter().copied().filter(|one| *one != name).collect())
    }

    /// Whether every one of them is among `others`.
    #[must_use]
    pub fn is_within(&self, others: &Self) -> bool {
        self.0.iter().all(|name| others.has(*name))
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.0.iter().map(|scope| scope.name()).collect();
        f.write_str(&names.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_scopes_are_ignored_and_known_ones_stand_once_in_order() {
        let scope = Scope::parse("email openid admin openid  Profile");
        assert_eq!(scope.to_string(), "openid email");
        assert!(scope.has(ScopeName::Email) && !scope.has(ScopeName::Profile));
        assert!(Scope::parse("openid").is_within(&scope));
        assert!(!Scope::parse("openid groups").is_within(&scope));
        assert_eq!(Scope::parse("").to_string(), "");
    }
}
