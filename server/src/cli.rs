//! The commands of the one binary. All but `serve` open the same database beside a running server and act by the
//! same rules, so what they do counts at once.

mod account;
mod application;
mod audit;
mod backup;
mod commands;
mod config;
mod copy_to;
mod failed;
mod healthcheck;
mod instance;
mod key;
mod mail;
mod restore;
mod samples;
mod sessions;
mod user;

use std::{
    io::{self, BufWriter, Write},
    process::ExitCode,
};

use accounts::{
    client::Client,
    db::{Conn, DatabaseError, Db},
    ids::UserId,
    instance::Instance,
    keys::Keys,
    operation::Operation,
    passwords::Hasher,
    time::Moment,
    users,
};
use clap::Parser;

use crate::{clock, config::Config, key_file};
use config::ConfigCommand;
use failed::Failed;

pub use commands::{
    Account, AddApplication, Application, Audit, Cli, Command, CreateUser, InstanceCommand, Key,
    Mail, Seed, Sessions, User,
};

/// Reads the command line. Ends the program with code 2 when it cannot be understood.
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
    match &command {
        Command::Config(ConfigCommand::Check) => return config::check(config, out),
        Command::Backup { file } => return backup::back_up(config, file, out).await,
        Command::Restore { file, check } => {
            return restore::restore(config, file, *check, out).await;
        }
        Command::CopyTo { url } => return copy_to::copy(config, url, out).await,
        Command::Healthcheck => return healthcheck::healthcheck(config.listen, out),
        Command::Mail(Mail::Test { address }) => return mail::test(config, address, out).await,
        _ => {}
    }
    let instance = &open(&command, config).await?;
    match command {
        Command::Serve
        | Command::Config(_)
        | Command::Backup { .. }
        | Command::Restore { .. }
        | Command::CopyTo { .. }
        | Command::Healthcheck
        | Command::Mail(_) => {
            return Err(Failed::Message("this is not done here".into()));
        }
        Command::SetupCode => instance::print_setup_code(instance, config.sign_up, out).await?,
        Command::User(User::Create(new)) => user::create(instance, config, &new, out).await?,
        Command::User(User::List) => user::list(instance, out).await?,
        Command::User(User::Disable { email, last_owner }) => {
            user::disable(instance, &email, last_owner, out).await?;
        }
        Command::User(User::Enable { email }) => user::enable(instance, &email, out).await?,
        Command::User(User::Role { email, role }) => {
            user::change_role(instance, &email, role, out).await?;
        }
        Command::User(User::DisableTwoFactor { email }) => {
            user::disable_two_factor(instance, &email, out).await?;
        }
        Command::User(User::ResetPassword { email }) => {
            user::reset_password(instance, config, &email, out).await?;
        }
        Command::User(User::Unlock { email }) => user::unlock(instance, &email, out).await?,
        Command::Instance(InstanceCommand::RaiseEpoch) => {
            instance::raise_epoch(instance, out).await?;
        }
        Command::Account(Account::SetPlan { email, plan }) => {
            account::set_plan(instance, &email, plan, out).await?;
        }
        Command::Application(Application::Add(new)) => {
            application::add(instance, config, &new, out).await?;
        }
        Command::Application(Application::List) => application::list(instance, out).await?,
        Command::Application(Application::Remove { id }) => {
            application::remove(instance, &id, out).await?;
        }
        Command::Sessions(Sessions::List { email }) => {
            sessions::list(instance, &email, out).await?;
        }
        Command::Sessions(Sessions::End { email, id }) => {
            sessions::end(instance, &email, id, out).await?;
        }
        Command::RemoteLogout {
            email: Some(email),
            dry_run,
            ..
        } => sessions::remote_logout(instance, &email, dry_run, out).await?,
        Command::RemoteLogout {
            email: None,
            dry_run,
            ..
        } => sessions::remote_logout_everyone(instance, dry_run, out).await?,
        Command::Audit(Audit::Verify { expect }) => {
            audit::verify(instance, config, expect.as_deref(), out).await?;
        }
        Command::Audit(Audit::Export { format }) => audit::export(instance, format, out).await?,
        Command::Key(Key::Rotate { signing: true, .. }) => {
            key::rotate_signing(instance, config, out).await?;
        }
        Command::Key(Key::Rotate { forget_old, .. }) => {
            key::rotate(&instance.db, config, forget_old, out).await?;
        }
        Command::Key(Key::AcceptLoss) => key::accept_loss(instance, config, out).await?,
        Command::Demo { force } => samples::demo(instance, force, out).await?,
        Command::Seed(how_many) => samples::seed(instance, config, &how_many, out).await?,
    }
    instance.db.close().await;
    Ok(())
}

/// Opens the instance that the command acts on.
async fn open(command: &Command, config: &Config) -> Result<Instance, Failed> {
    if !command.may_create_the_database() && config.database_url_is_nothing_yet() {
        let file = config.database_file().unwrap_or_default();
        return Err(Failed::Message(format!(
            "there is no database at {} yet: run this where the server runs, or set CURFEW_DATABASE_URL as it has it",
            file.display()
        )));
    }
    let opened = match command {
        Command::Instance(InstanceCommand::RaiseEpoch) => {
            Db::open_though_moved(&config.database_url).await
        }
        _ => Db::open(&config.database_url).await,
    };
    let db = opened.map_err(|error| Failed::Message(config.cannot_open_database(&error)))?;
    clock::measure_first(&db).await?;
    let path = &config.secret_key_file;
    let keys = if command.needs_the_key() {
        key_file::open(path, &db).await.map_err(Failed::Message)?
    } else {
        // What only reads neither creates the file nor misses it: keys of this process do.
        match key_file::read(path).map_err(Failed::Message)? {
            Some(keys) => keys,
            None => Keys::parse(&Keys::new_line())?,
        }
    };
    Ok(Instance {
        db,
        hasher: Hasher::new(1)?,
        keys,
        limits: config.limits,
    })
}

/// Begins what the operator asks for.
async fn operation(instance: &Instance) -> Result<Operation, DatabaseError> {
    Operation::begin(instance, &Client::default(), Moment::now()).await
}

/// The user with that email.
async fn user_with(conn: &mut Conn, email: &str) -> Result<UserId, Failed> {
    users::id_of_email(conn, email)
        .await?
        .ok_or_else(|| Failed::Message(format!("there is no user with the email {email:?}")))
}

/// "1 session", "2 sessions".
fn count(n: impl TryInto<u64>, what: &str) -> String {
    let n = n.try_into().unwrap_or(0);
    let s = if n == 1 { "" } else { "s" };
    format!("{n} {what}{s}")
}
