//! The command line: every command, its arguments and its help.

mod applications;
mod users;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::config::ConfigCommand;
use crate::event_lines::Format;
pub use applications::{AddApplication, Application};
pub use users::{Account, CreateUser, User};

/// Accounts and sessions of your own, and a way to be signed out everywhere at once.
#[derive(Debug, Parser)]
#[command(
    name = "curfew",
    version,
    after_help = "Without a command it serves. Settings are environment variables, \
    all with a working default; CURFEW_DATABASE_URL says where the database is (sqlite://data/curfew.db).\n\n\
    Example: curfew remote-logout ada@example.com",
    after_long_help = crate::config::help()
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve until told to stop (what happens without a command)
    #[command(after_help = "Example: CURFEW_LISTEN=0.0.0.0:3000 curfew serve")]
    Serve,
    /// Print the code that the first user is asked for, unless they sign up on this machine
    #[command(
        after_help = "The log shows it, too, when the server starts. Once there was a user there is no code: this says so, and ends \
        with 1.\n\n\
        Example: curfew setup-code"
    )]
    SetupCode,
    /// Users
    #[command(subcommand, after_help = "Example: curfew user create --help")]
    User(User),
    /// Accounts
    #[command(
        subcommand,
        after_help = "Example: curfew account set-plan ada@example.com pro"
    )]
    Account(Account),
    /// Sessions
    #[command(
        subcommand,
        after_help = "Example: curfew sessions list ada@example.com"
    )]
    Sessions(Sessions),
    /// Log a user, or everyone, out from all devices, at once
    #[command(
        after_help = "API tokens, MCP tokens and two-factor settings stay. This can’t be undone.\n\n\
        Example: curfew remote-logout ada@example.com\n\
        Example: curfew remote-logout --everyone"
    )]
    RemoteLogout {
        #[arg(required_unless_present = "everyone", conflicts_with = "everyone")]
        email: Option<String>,
        /// Every user of every account whose plan has remote logout
        #[arg(long)]
        everyone: bool,
        /// Only say what would end
        #[arg(long)]
        dry_run: bool,
    },
    /// Applications that sign in with Curfew
    #[command(subcommand, after_help = "Example: curfew application list")]
    Application(Application),
    /// Write all of the database to a new file, while the server runs
    #[command(
        after_help = "The file is whole or not there; it is readable by its owner alone and does not hold the key. With \
        PostgreSQL it says what to run, and writes what a dump does not say of itself.\n\n\
        Example: curfew backup /var/backups/curfew-2026-11-26.db"
    )]
    Backup { file: PathBuf },
    /// Check a backup, end everything that it would revive, and put it in the database's place
    #[command(
        after_help = "Refused while a server or another command has the database open. The database that was there is kept \
        under another name. With PostgreSQL, restore the dump first, then name the file that `curfew backup` wrote.\n\n\
        Example: curfew restore --check /var/backups/curfew-2026-11-26.db"
    )]
    Restore {
        file: PathBuf,
        /// Only check it: every page, the audit log, the version
        #[arg(long)]
        check: bool,
    },
    /// Move the install from SQLite to PostgreSQL, or back: every row, counted and verified
    #[command(
        after_help = "Refused while a server has either database open, and where the target is not empty. All that is signed in stays so; the \
        database that it came from serves no more. The key is not copied. With - the address is read from standard input.\n\n\
        Example: curfew copy-to postgres://curfew:password@db.example.com/curfew\n\
        Example: CURFEW_DATABASE_URL=postgres://db.example.com/curfew curfew copy-to sqlite://data/curfew.db"
    )]
    CopyTo { url: String },
    /// The whole install
    #[command(subcommand, after_help = "Example: curfew instance raise-epoch")]
    Instance(InstanceCommand),
    /// Ask the server on this machine whether it is ready, and end with 1 when it is not
    #[command(after_help = "Example: curfew healthcheck")]
    Healthcheck,
    /// Email
    #[command(subcommand, after_help = "Example: curfew mail test ada@example.com")]
    Mail(Mail),
    /// The audit log
    #[command(subcommand, after_help = "Example: curfew audit verify")]
    Audit(Audit),
    /// The key that seals two-factor secrets in the database
    #[command(subcommand, after_help = "Example: curfew key rotate")]
    Key(Key),
    /// The settings
    #[command(subcommand, after_help = "Example: curfew config check")]
    Config(ConfigCommand),
    /// Create sample users with devices and four weeks of history
    #[command(
        after_help = "Never where real users are, because the password of the sample users is public.\n\n\
        Example: CURFEW_DATABASE_URL=sqlite://demo.db curfew demo"
    )]
    Demo {
        /// Also where there are users already
        #[arg(long)]
        force: bool,
    },
    /// Create very many users and sessions, for measuring
    #[command(
        after_help = "Writes a line for each session: the email, a tab, and the Cookie header that is signed in.\n\n\
        Example: curfew seed --users 3000 --sessions 100 --out cookies.tsv"
    )]
    Seed(Seed),
}

impl Command {
    /// Whether it may create the database. Any other command would act on an empty database in the wrong folder,
    /// and say that there are no users.
    pub(super) fn may_create_the_database(&self) -> bool {
        matches!(
            self,
            Self::Serve | Self::User(User::Create(_)) | Self::Demo { .. } | Self::Seed(_)
        )
    }

    /// Whether it writes what is signed or sealed, and so needs the key as the server has it. The commands about the key
    /// open it themselves.
    pub(super) fn needs_the_key(&self) -> bool {
        !matches!(
            self,
            Self::User(User::List)
                | Self::Sessions(Sessions::List { .. })
                | Self::Application(Application::List)
                | Self::Audit(_)
                | Self::Key(_)
                | Self::Config(_)
        )
    }
}

#[derive(Debug, Subcommand)]
pub enum InstanceCommand {
    /// End everything of every user, as `curfew restore` does: after a copy was put in place in another way
    #[command(
        after_help = "Sessions, remembered devices, pending sign-ins, applications and links end, on every plan; API tokens, \
        MCP tokens, passwords and second factors stay. This can’t be undone.\n\n\
        Example: curfew instance raise-epoch"
    )]
    RaiseEpoch,
}

#[derive(Debug, Subcommand)]
pub enum Mail {
    /// Send an email with the settings that the server has, now, and say how that went
    #[command(after_help = "Example: curfew mail test ada@example.com")]
    Test { address: String },
}

#[derive(Debug, Subcommand)]
pub enum Key {
    /// Create a new key and seal everything anew with it, while servers run
    #[command(
        after_help = "Old keys stay in the file so that backups can be read; --forget-old takes them out.\n\n\
        Example: curfew key rotate"
    )]
    Rotate {
        /// Take the old keys out of the file afterwards: what they sealed elsewhere is lost
        #[arg(long)]
        forget_old: bool,
        /// New keys for ID tokens and logout tokens instead: published now, and signing in two hours, when applications
        /// know them
        #[arg(long, conflicts_with = "forget_old")]
        signing: bool,
    },
    /// Give up what the key file does not open, after its key was lost for good
    #[command(
        after_help = "Authenticator apps whose secret is lost are off: their users sign in with password and recovery \
        code, never with the password alone. Webhooks get new secrets, and emails whose link is lost are not sent. \
        Those concerned are told by email. What the key file opens stays as it is. This can’t be undone: look for \
        the right key first.\n\n\
        Example: curfew key accept-loss"
    )]
    AcceptLoss,
}

#[derive(Debug, Subcommand)]
pub enum Sessions {
    /// List a user's live sessions, last active first
    #[command(after_help = "Example: curfew sessions list ada@example.com")]
    List { email: String },
    /// End one session, with the remembered device that it came from
    #[command(
        after_help = "All of them is `curfew remote-logout`. Ids are in `curfew sessions list`.\n\n\
        Example: curfew sessions end ada@example.com 0190f5c2-7d1e-7000-8000-000000000000"
    )]
    End {
        email: String,
        /// As `curfew sessions list` shows it
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Recompute every hash, check signatures and high-water marks, and name the first event that is not as it was written
    #[command(
        after_help = "Ends with 1 when an event was changed, moved, added or removed, or none has the expected hash.\n\n\
        Example: curfew audit verify"
    )]
    Verify {
        /// Also say which event has this hash: from a receipt, an email or an export
        #[arg(long, value_name = "HASH")]
        expect: Option<String>,
    },
    /// Write every event to standard output
    #[command(after_help = "Example: curfew audit export --format csv > events.csv")]
    Export {
        #[arg(long, value_enum)]
        format: Format,
    },
}

#[derive(Debug, Args)]
pub struct Seed {
    /// Users, on the Enterprise plan
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub users: u32,
    /// Sessions for each of them
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub sessions: u32,
    /// The file to write the cookies to; it must not exist yet
    #[arg(long)]
    pub out: PathBuf,
}
