//! Who signs up, how long sessions live, how often something may be tried.

use accounts::{limits::ApplicationsFor, plans::Plan, sign_up::SignUp};

use crate::config::{
    setting::{Fallback, Section, Setting, Unusable, put},
    values::{self, COUNT, DURATION},
};

pub(super) const SIGN_UP: Section = Section {
    title: "Sign-up",
    settings: &[
        Setting {
            name: "CURFEW_SIGN_UP",
            about: "Who may sign up; `first` means only the first user of an install. Unless on this machine, who signs up while there is no user is asked for the setup code, with `open` too",
            allowed: "`open`, `first` or `closed`",
            default: Fallback::Text("first"),
            example: "open",
            secret_file: None,
            apply: |config, text| {
                let choices = [
                    ("open", SignUp::Open),
                    ("first", SignUp::First),
                    ("closed", SignUp::Closed),
                ];
                put(&mut config.sign_up, values::choice(text, &choices))
            },
        },
        Setting {
            name: "CURFEW_CONFIRM_SIGN_UP",
            about: "Whether all but the first user finish signing up with a link in an email",
            allowed: "`on` or `off`",
            // Emails in a folder reach the operator only.
            default: Fallback::Follows("`on` with an SMTP server, else `off`", |config| {
                let on = config.smtp_url.is_some();
                if on { "on" } else { "off" }.to_owned()
            }),
            example: "on",
            secret_file: None,
            apply: |config, text| put(&mut config.confirm_sign_up, values::on_or_off(text)),
        },
        Setting {
            name: "CURFEW_DEFAULT_PLAN",
            about: "Plan of new accounts",
            allowed: "`free`, `plus`, `pro` or `enterprise`",
            default: Fallback::Text("enterprise"),
            example: "pro",
            secret_file: None,
            apply: |config, text| {
                let plan = Plan::named(text).ok_or(Unusable::Malformed);
                put(&mut config.default_plan, plan)
            },
        },
        Setting {
            name: "CURFEW_APPLICATIONS",
            about: "Whose accounts may register applications that sign in with Curfew",
            allowed: "`first` (the first account of this install) or `all`",
            default: Fallback::Text("first"),
            example: "all",
            secret_file: None,
            apply: |config, text| {
                let choices = [
                    ("first", ApplicationsFor::FirstAccount),
                    ("all", ApplicationsFor::AllAccounts),
                ];
                put(
                    &mut config.limits.applications_for,
                    values::choice(text, &choices),
                )
            },
        },
        Setting {
            name: "CURFEW_APPLICATIONS_FILE",
            about: "A file of applications that is applied at every start, and changes nothing when applied again (APPLICATIONS.md)",
            allowed: "the path of a TOML file",
            default: Fallback::Unset(
                "no file: applications are registered on their page or with `curfew application`",
            ),
            example: "/etc/curfew/applications.toml",
            secret_file: None,
            apply: |config, text| {
                config.applications_file = Some(text.into());
                Ok(())
            },
        },
        Setting {
            name: "CURFEW_PASSWORD_MIN",
            about: "Fewest characters of a password; NIST SP 800-63B asks for 15 where it is the only factor",
            allowed: COUNT,
            default: Fallback::Text("8"),
            example: "15",
            secret_file: None,
            apply: |config, text| put(&mut config.limits.password_min, values::count(text)),
        },
    ],
};

pub(super) const SESSIONS: Section = Section {
    title: "Sessions",
    settings: &[
        Setting {
            name: "CURFEW_SESSION_IDLE",
            about: "A session ends when it was not used for this long",
            allowed: "a whole number and a unit, five minutes or more: `5m`, `12h`, `14d`",
            default: Fallback::Text("14d"),
            example: "12h",
            secret_file: None,
            apply: |config, text| put(&mut config.limits.session_idle, values::idle_limit(text)),
        },
        Setting {
            name: "CURFEW_SESSION_MAX",
            about: "A session ends this long after sign-in, however much it was used",
            allowed: DURATION,
            default: Fallback::Text("30d"),
            example: "7d",
            secret_file: None,
            apply: |config, text| put(&mut config.limits.session_max, values::duration(text)),
        },
        Setting {
            name: "CURFEW_REMEMBER_FOR",
            about: "A remembered device ends this long after the sign-in that started it",
            allowed: DURATION,
            default: Fallback::Text("60d"),
            example: "90d",
            secret_file: None,
            apply: |config, text| put(&mut config.limits.remember_for, values::duration(text)),
        },
        Setting {
            name: "CURFEW_SESSIONS_PER_USER",
            about: "Live sessions of a user; one more ends the longest unused",
            allowed: COUNT,
            default: Fallback::Text("100"),
            example: "20",
            secret_file: None,
            apply: |config, text| put(&mut config.limits.sessions_per_user, values::count(text)),
        },
    ],
};

pub(super) const RATE_LIMITS: Section = Section {
    title: "Rate limits",
    settings: &[
        Setting {
            name: "CURFEW_ATTEMPTS_PER_USER",
            about: "Failed sign-ins of one email address in a window",
            allowed: COUNT,
            default: Fallback::Text("10"),
            example: "5",
            secret_file: None,
            apply: |config, text| put(&mut config.limits.attempts_per_user, values::count(text)),
        },
        Setting {
            name: "CURFEW_ATTEMPTS_PER_ADDRESS",
            about: "Failed sign-ins from one IP address (IPv6: one /64) in a window",
            allowed: COUNT,
            default: Fallback::Text("100"),
            example: "500",
            secret_file: None,
            apply: |config, text| put(&mut config.limits.attempts_per_address, values::count(text)),
        },
        Setting {
            name: "CURFEW_SIGN_UPS_PER_ADDRESS",
            about: "Users who may sign up from one IP address in a window",
            allowed: COUNT,
            default: Fallback::Text("1000"),
            example: "20",
            secret_file: None,
            apply: |config, text| put(&mut config.limits.sign_ups_per_address, values::count(text)),
        },
        Setting {
            name: "CURFEW_ATTEMPT_WINDOW",
            about: "The window in which failed sign-ins and sign-ups are counted together",
            allowed: DURATION,
            default: Fallback::Text("15m"),
            example: "1h",
            secret_file: None,
            apply: |config, text| put(&mut config.limits.attempt_window, values::duration(text)),
        },
        Setting {
            name: "CURFEW_TOKEN_REQUESTS_PER_MINUTE",
            about: "Requests that one API or MCP token may send in a minute",
            allowed: "a whole number from 1 on",
            default: Fallback::Text("300"),
            example: "1000",
            secret_file: None,
            apply: |config, text| {
                let number = text.parse().map_err(|_| Unusable::Malformed);
                put(&mut config.requests_a_minute, number)
            },
        },
    ],
};
