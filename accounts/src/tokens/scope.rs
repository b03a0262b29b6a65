//! What a token may do besides what its user may: scopes only narrow.

use std::fmt;

/// One thing a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Look. Every token has it.
    Read,
    /// End sessions, by REST.
    Sessions,
    /// Remote logout, by MCP.
    RemoteLogout,
}

impl Scope {
    const ALL: [Self; 3] = [Self::Read, Self::Sessions, Self::RemoteLogout];

    /// As stored and shown.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Sessions => "sessions",
            Self::RemoteLogout => "remote_logout",
        }
    }
}

/// A token's scopes, stored as text with a space between them (as RFC 6749, 3.3 writes them).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scopes(Vec<Scope>);

impl Scopes {
    /// `read`, and the given scope where there is one.
    #[must_use]
    pub fn read_and(revoke_tokens: Option<Scope>) -> Self {
        let revoke_tokens = revoke_tokens.filter(|scope| *scope != Scope::Read);
        Self([Scope::Read].into_iter().chain(revoke_tokens).collect())
    }

    /// Whether it is among them.
    #[must_use]
    pub fn has(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    /// Their names.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        self.0.iter().map(|scope| scope.name()).collect()
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names().join(" "))
    }
}

impl From<String> for Scopes {
    /// As stored. A name that this version does not know grants nothing.
    fn from(text: String) -> Self {
        let known = |name: &str| Scope::ALL.into_iter().find(|scope| scope.name() == name);
        Self(text.split_whitespace().filter_map(known).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_written_once_each() {
        assert_eq!(Scopes::read_and(None).to_string(), "read");
        assert_eq!(Scopes::read_and(Some(Scope::Read)).to_string(), "read");
        let both = Scopes::read_and(Some(Scope::Sessions));
        assert_eq!(both.to_string(), "read sessions");
        assert!(both.has(Scope::Sessions) && !both.has(Scope::RemoteLogout));
        assert_eq!(Scopes::from("read sessions".to_owned()), both);
        assert_eq!(Scopes::from("everything".to_owned()).names(), [""; 0]);
    }
}
