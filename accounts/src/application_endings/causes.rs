//! The table of causes: whatever ends a session at an application, and whom that concerns. It is code, so that a new way to
//! end a session does not compile before it says here what ends with it; docs/APPLICATIONS.md shows it.

use std::fmt::Write as _;

use crate::end_reason::EndReason;

/// What ended a session at an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// It ended with the session it came from, or with the epoch.
    Session(EndReason),
    /// The user signed out of this application, under Profile → Security or on the command line.
    SignedOutHere,
    /// The application asked for it (RP-initiated logout).
    SignedOutThere,
    /// A code or refresh token was used twice.
    TokenReused,
    /// The user's role, who may use the application, or the second factor that it or the account requires, has changed.
    NotAllowed,
    /// The application was removed.
    ApplicationRemoved,
}

/// Which of the user's sessions at applications end. Each of them is told by a notice, where its application can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// Those that came from the session, but for those with `offline_access`, which outlive it by contract.
    WithoutOffline,
    /// Those that came from the session, with `offline_access` too.
    FromTheSession,
    /// Every one of the user's.
    All,
    /// The one that it happened to.
    ThisOne,
    /// Every one at the application.
    AllThere,
}

impl Cause {
    /// Every cause, for the table of the docs.
    pub const ALL: [Self; 18] = [
        Self::Session(EndReason::RemoteLogout),
        Self::Session(EndReason::PasswordChanged),
        Self::Session(EndReason::TwoFactorChanged),
        Self::Session(EndReason::Disabled),
        Self::Session(EndReason::Removed),
        Self::Session(EndReason::EndedElsewhere),
        Self::Session(EndReason::Reused),
        Self::Session(EndReason::SignedOut),
        Self::Session(EndReason::Expired),
        Self::Session(EndReason::Limit),
        Self::Session(EndReason::Curfew),
        Self::Session(EndReason::Superseded),
        Self::SignedOutHere,
        Self::SignedOutThere,
        Self::TokenReused,
        Self::NotAllowed,
        Self::ApplicationRemoved,
        Self::Session(EndReason::InstanceEpochRaised),
    ];

    /// What ends.
    #[must_use]
    pub fn ends(self) -> Ends {
        match self {
            Self::Session(reason) => match reason {
                EndReason::RemoteLogout
                | EndReason::PasswordChanged
                | EndReason::TwoFactorChanged
                | EndReason::Disabled
                | EndReason::Removed
                | EndReason::InstanceEpochRaised => Ends::All,
                EndReason::EndedElsewhere | EndReason::Reused => Ends::FromTheSession,
                EndReason::SignedOut
                | EndReason::Expired
                | EndReason::Limit
                | EndReason::Curfew
                | EndReason::Superseded => Ends::WithoutOffline,
            },
            Self::SignedOutHere | Self::SignedOutThere | Self::TokenReused | Self::NotAllowed => {
                Ends::ThisOne
            }
            Self::ApplicationRemoved => Ends::AllThere,
        }
    }

    /// Whether nothing but a clock ends it, so that a job has to notice it, within a minute.
    #[must_use]
    pub fn is_by_time(self) -> bool {
        matches!(self, Self::Session(reason) if reason.is_by_time())
    }

    /// As stored.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Session(reason) => reason_name(reason),
            Self::SignedOutHere => "signed_out_here".into(),
            Self::SignedOutThere => "signed_out_there".into(),
            Self::TokenReused => "token_reused".into(),
            Self::NotAllowed => "not_allowed".into(),
            Self::ApplicationRemoved => "application_removed".into(),
        }
    }

    /// As the docs say it.
    #[must_use]
    pub fn what(self) -> &'static str {
        match self {
            Self::Session(reason) => match reason {
                EndReason::RemoteLogout => {
                    "remote logout (by the user, an admin, a program, the operator, an email’s link)"
                }
                EndReason::PasswordChanged => "the password was changed or reset",
                EndReason::TwoFactorChanged => "two-factor authentication was turned on or off",
                EndReason::Disabled => "the user was disabled",
                EndReason::Removed => "the user was removed, or deleted their account",
                EndReason::EndedElsewhere => {
                    "a device was signed out from another one (one, or all others)"
                }
                EndReason::Reused => "theft: a remembered device’s cookie was used twice",
                EndReason::SignedOut => "sign-out in that browser",
                EndReason::Expired => {
                    "the session was unused for too long, or reached its longest time"
                }
                EndReason::Limit => "more sessions than the limit",
                EndReason::Curfew => "the curfew",
                EndReason::InstanceEpochRaised => "a backup was put back, or a standby promoted",
                EndReason::Superseded => "an answer to a remembered device that never arrived",
            },
            Self::SignedOutHere => {
                "the user signed out of the application under Profile → Security"
            }
            Self::SignedOutThere => "the application asked for it",
            Self::TokenReused => "theft: a code or refresh token was used twice",
            Self::NotAllowed => {
                "the user’s role, who may use the application, or the second factor that it or the account requires, changed"
            }
            Self::ApplicationRemoved => "the application was removed",
        }
    }
}

impl Ends {
    fn what(self) -> &'static str {
        match self {
            Self::WithoutOffline => "those from that session, without `offline_access`",
            Self::FromTheSession => "those from that session",
            Self::All => "all of the user’s",
            Self::ThisOne => "that one",
            Self::AllThere => "all at that application",
        }
    }
}

/// The name of an end reason, as the database has it.
pub(crate) fn reason_name(reason: EndReason) -> String {
    match serde_json::to_value(reason) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}

/// `,remote_logout,reused,`: the reasons with which those that have `offline_access` end too.
pub(crate) fn reasons_that_end_offline() -> String {
    let mut names = String::from(",");
    for cause in Cause::ALL {
        if let Cause::Session(reason) = cause
            && cause.ends() != Ends::WithoutOffline
        {
            names.push_str(&reason_name(reason));
            names.push(',');
        }
    }
    names
}

/// The table, for docs/APPLICATIONS.md.
#[must_use]
pub fn causes_table() -> String {
    let mut table = String::from(
        "| what happens here | sessions at applications that end, and are told |\n|---|---|\n",
    );
    for cause in Cause::ALL {
        let late = if cause.is_by_time() {
            "; noticed within a minute"
        } else {
            ""
        };
        // Writing to a text does not fail.
        let _ = writeln!(
            table,
            "| {} | {}{late} |",
            cause.what(),
            cause.ends().what()
        );
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offline_access_outlives_what_the_contract_says_and_nothing_else() {
        assert_eq!(
            reasons_that_end_offline(),
            ",remote_logout,password_changed,two_factor_changed,disabled,removed,ended_elsewhere,reused,instance_epoch_raised,"
        );
    }

    #[test]
    fn every_cause_has_a_name_of_its_own() {
        let mut names: Vec<String> = Cause::ALL.into_iter().map(Cause::name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), Cause::ALL.len());
        assert_eq!(
            Cause::ALL
                .into_iter()
                .filter(|cause| cause.is_by_time())
                .count(),
            2
        );
    }

    /// `CURFEW_WRITE_DOCS=1` writes it.
    #[test]
    fn the_docs_have_the_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/APPLICATIONS.md");
        let page = std::fs::read_to_string(path).unwrap();
        let (before, rest) = page.split_once("<!-- causes -->\n").unwrap();
        let (_, after) = rest.split_once("<!-- /causes -->").unwrap();
        let now = format!(
            "{before}<!-- causes -->\n{}<!-- /causes -->{after}",
            causes_table()
        );
        if std::env::var_os("CURFEW_WRITE_DOCS").is_some() {
            std::fs::write(path, &now).unwrap();
        }
        assert!(
            page == now || std::env::var_os("CURFEW_WRITE_DOCS").is_some(),
            "write it with CURFEW_WRITE_DOCS=1"
        );
    }
}
