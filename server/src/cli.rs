//! The commands of the one binary. All but `serve` open the same database beside a running server and
//! act by the same rules, so what they do counts at once.

mod account;
mod audit;
mod failed;
mod key;
mod samples;
mod sessions;
mod user;

use std::{
    io::{self, BufWriter, Write},
    path::PathBuf,
    process::ExitCode,
};

use accounts::{
    db::{Conn, Db},
    plans::Plan,
    users::{self, UserId},
};
use clap::{Parser, Subcommand};

use crate::{config::Config, event_lines::Format};
use failed::{Failed, away, failed};

/// Accounts and sessions of your own, and a way to be signed out everywhere at once.
#[derive(Debug, Parser)]
#[command(
    name = "curfew",
    version,
    after_help = "Without a command it serves. Settings are environment variables, \
    all with a working default; CURFEW_DATABASE_URL says where the database is (sqlite://data/curfew.db).\n\n\
    Example: curfew remote-logout ada@example.com"
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
        after_help = "API tokens, MCP tokens and two-factor settings stay. There is no undo.\n\n\
        Example: curfew remote-logout ada@example.com\n\
        Example: curfew remote-logout --everyone"
    )]
    RemoteLogout {
        #[arg(required_unless_present = "everyone", conflicts_with = "everyone")]
        email: Option<String>,
        /// Every user of every account whose plan has remote logout
        #[arg(long)]
        everyone: bool,
    },
    /// The audit log
    #[command(subcommand, after_help = "Example: curfew audit verify")]
    Audit(Audit),
    /// The key that seals two-factor secrets in the database
    #[command(subcommand, after_help = "Example: curfew key rotate")]
    Key(Key),
    /// Make sample users with devices and four weeks of history
    #[command(
        after_help = "Never where real people are: everybody can read the sample people's password.\n\n\
        Example: CURFEW_DATABASE_URL=sqlite://demo.db curfew demo"
    )]
    Demo {
        /// Also where there are users already
        #[arg(long)]
        force: bool,
    },
    /// Make very many users and sessions, for measuring
    #[command(
        after_help = "Writes a line for each session: the email, a tab, and the Cookie header that is signed in.\n\n\
        Example: curfew seed --users 3000 --sessions 100 --out cookies.tsv"
    )]
    Seed {
        /// Users, on the Enterprise plan
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
        users: u32,
        /// Sessions for each of them
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        sessions: u32,
        /// The file to write the cookies to; it must not exist yet
        #[arg(long)]
        out: PathBuf,
    },
}

impl Command {
    /// Whether it may be the first that is ever run: any other one would act on an empty store in the
    /// wrong folder, and say that nobody is there.
    fn begins_a_store(&self) -> bool {
        matches!(
            self,
            Self::Serve | Self::User(User::Create { .. }) | Self::Demo { .. } | Self::Seed { .. }
        )
    }
}

#[derive(Debug, Subcommand)]
pub enum User {
    /// Make a user and a new account they own, whatever `CURFEW_SIGN_UP` says, and print their id
    #[command(
        after_help = "The password is the first line of standard input, or of a file.\n\n\
        Example: curfew user create --name 'Ada Lovelace' --email ada@example.com --password-file password.txt"
    )]
    Create {
        #[arg(long)]
        name: String,
        #[arg(long)]
        email: String,
        /// Read the password from this file's first line, not from standard input
        #[arg(long)]
        password_file: Option<PathBuf>,
    },
    /// List everybody: email, name, role, account, plan
    #[command(after_help = "Example: curfew user list")]
    List,
    /// Disable a user: sessions, remembered devices and tokens end at once, and they cannot sign in
    #[command(
        after_help = "An owner or admin of their account can enable them again. Not the last owner of an account.\n\n\
        Example: curfew user disable ada@example.com"
    )]
    Disable { email: String },
}

#[derive(Debug, Subcommand)]
pub enum Account {
    /// Set the plan of the account that a user is in
    #[command(after_help = "Example: curfew account set-plan ada@example.com pro")]
    SetPlan {
        email: String,
        /// free, plus, pro or enterprise
        #[arg(value_parser = plan)]
        plan: Plan,
    },
}

fn plan(name: &str) -> Result<Plan, &'static str> {
    Plan::named(name).ok_or("use free, plus, pro or enterprise")
}

#[derive(Debug, Subcommand)]
pub enum Key {
    /// Make a new key and seal everything anew with it, while servers run
    #[command(
        after_help = "Old keys stay in the file so that backups can be read; --forget-old takes them out.\n\n\
        Example: curfew key rotate"
    )]
    Rotate {
        /// Take the old keys out of the file afterwards: what they sealed elsewhere is lost
        #[arg(long)]
        forget_old: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum Sessions {
    /// List a user's live sessions, last active first
    #[command(after_help = "Example: curfew sessions list ada@example.com")]
    List { email: String },
}

#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Recompute every hash and name the first event that is not as it was written
    #[command(
        after_help = "Ends with 1 when an event was changed, moved or removed.\n\nExample: curfew audit verify"
    )]
    Verify,
    /// Write every event to standard output
    #[command(after_help = "Example: curfew audit export --format csv > events.csv")]
    Export {
        #[arg(long, value_enum)]
        format: Format,
    },
}

/// Reads the command line. Ends the program with code 2 when there is no sense in it.
#[must_use]
pub fn parse() -> Cli {
    Cli::parse()
}

/// Runs a command other than `serve`.
pub async fn run(command: Command, config: &Config) -> ExitCode {
    let mut out = BufWriter::new(io::stdout().lock());
    let done = act(command, config, &mut out).await;
    let done = done.and_then(|()| Ok(out.flush()?));
    let why = match done {
        Ok(()) | Err(Failed::PipeClosed) => return ExitCode::SUCCESS,
        Err(Failed::Message(why)) => why,
    };
    // What was found out before the failure is shown, too.
    let _ = out.flush();
    let _ = writeln!(io::stderr(), "curfew: {why}");
    ExitCode::FAILURE
}

async fn act(command: Command, config: &Config, out: &mut impl Write) -> Result<(), Failed> {
    if !command.begins_a_store() && config.database_url_is_nothing_yet() {
        return Err(Failed::Message(format!(
            "there is no database at {} yet: run this where the server runs, or set CURFEW_DATABASE_URL as it has it",
            config.database_url
        )));
    }
    let db = &Db::open(&config.database_url)
        .await
        .map_err(|e| Failed::Message(format!("CURFEW_DATABASE_URL: {e}")))?;
    match command {
        Command::Serve => return Err(Failed::Message("serving is not done here".into())),
        Command::User(User::Create {
            name,
            email,
            password_file,
        }) => {
            user::create(db, config, &name, &email, password_file.as_deref(), out).await?;
        }
        Command::User(User::List) => user::list(db, out).await?,
        Command::User(User::Disable { email }) => user::disable(db, config, &email, out).await?,
        Command::Account(Account::SetPlan { email, plan }) => {
            account::set_plan(db, &email, plan, out).await?;
        }
        Command::Sessions(Sessions::List { email }) => {
            sessions::list(db, config, &email, out).await?;
        }
        Command::RemoteLogout {
            email: Some(email), ..
        } => sessions::remote_logout(db, config, &email, out).await?,
        Command::RemoteLogout { email: None, .. } => {
            sessions::remote_logout_everyone(db, config, out).await?;
        }
        Command::Audit(Audit::Verify) => audit::verify(db, out).await?,
        Command::Audit(Audit::Export { format }) => audit::export(db, format, out).await?,
        Command::Key(Key::Rotate { forget_old }) => {
            key::rotate(db, config, forget_old, out).await?;
        }
        Command::Demo { force } => samples::demo(db, config, force, out).await?,
        Command::Seed {
            users,
            sessions,
            out: file,
        } => {
            samples::seed(db, config, users, sessions, &file, out).await?;
        }
    }
    db.close().await;
    Ok(())
}

/// The user of that email.
async fn person(conn: &mut Conn, email: &str) -> Result<UserId, Failed> {
    users::id_of_email(conn, email)
        .await
        .map_err(away)?
        .ok_or_else(|| Failed::Message(format!("there is no person with the email {email:?}")))
}

/// "1 session", "2 sessions".
fn count(n: impl TryInto<u64>, what: &str) -> String {
    let n = n.try_into().unwrap_or(0);
    let s = if n == 1 { "" } else { "s" };
    format!("{n} {what}{s}")
}
