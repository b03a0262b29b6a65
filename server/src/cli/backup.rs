//! `curfew backup`: all of an SQLite database in one file, whole or not at all. For PostgreSQL, what to run, and a file
//! with what a dump does not say of itself.

use std::{
    fs,
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use accounts::{
    audit::{self, Marks},
    db::{self, Db},
    files,
    instance::Instance,
    passwords::Hasher,
    time::Moment,
};
use app::time::Time;

use super::{Failed, count};
use crate::{config::Config, key_file, whole_file::Partial};

/// The first line of what is written beside a dump of PostgreSQL.
pub(super) const POSTGRES_HEAD: &str = "curfew backup of a PostgreSQL database 1";

pub(super) async fn back_up(
    config: &Config,
    target: &Path,
    out: &mut impl Write,
) -> Result<(), Failed> {
    // Begun first, because that removes what a killed backup of this name has left.
    let partial = Partial::beside(target).map_err(Failed::Message)?;
    // A link that leads nowhere is something, too.
    if fs::symlink_metadata(target).is_ok() {
        return Err(already_there(target));
    }
    match config.database_file() {
        Some(database) => sqlite(config, &database, partial, out).await,
        None => postgres(config, partial, out).await,
    }
}

fn already_there(target: &Path) -> Failed {
    Failed::Message(format!(
        "{} is there already, and no backup writes over anything: name another file",
        target.display()
    ))
}

async fn sqlite(
    config: &Config,
    database: &Path,
    partial: Partial,
    out: &mut impl Write,
) -> Result<(), Failed> {
    if !database.exists() {
        return Err(Failed::Message(format!(
            "there is no database at {}",
            database.display()
        )));
    }
    db::back_up(&config.database_url, partial.path())
        .await
        .map_err(|error| {
            Failed::Message(format!(
                "{}: nothing was backed up: {error}",
                database.display()
            ))
        })?;
    let size = fs::metadata(partial.path())?.len();
    let target = named(partial)?;
    writeln!(
        out,
        "{}: {size} bytes, all of the database as it was at one moment.",
        target.display()
    )?;
    not_in_it(config, out)
}

/// Gives the file its name, which is returned.
fn named(partial: Partial) -> Result<PathBuf, Failed> {
    let target = partial.target().to_owned();
    match partial.name() {
        Ok(()) => Ok(target),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(already_there(&target)),
        Err(error) => Err(Failed::Message(files::explain(&target, &error))),
    }
}

fn not_in_it(config: &Config, out: &mut impl Write) -> Result<(), Failed> {
    let key = config.secret_key_file.display();
    writeln!(
        out,
        "The key is not in it: keep a copy of {key} apart from this file. Without it, authenticator apps and webhook \
         secrets are lost."
    )?;
    Ok(())
}

async fn postgres(
    config: &Config,
    mut partial: Partial,
    out: &mut impl Write,
) -> Result<(), Failed> {
    let keys = key_file::read(&config.secret_key_file).map_err(Failed::Message)?;
    let keys = keys.ok_or_else(|| no_key(config))?;
    let db = Db::open_as_it_is(&config.database_url)
        .await
        .map_err(|error| Failed::Message(config.cannot_open_database(&error)))?;
    let instance = Instance {
        db,
        hasher: Hasher::new(1)?,
        keys,
        limits: config.limits,
    };
    let mut reader = instance.read(Moment::now()).await?;
    let chains = audit::chains(&mut reader).await?.len();
    let mut marks = Marks::default();
    marks.raise(&mut reader).await?;
    drop(reader);
    let at = Time::from(Moment::now().at).iso;
    let text = format!(
        "{POSTGRES_HEAD}\ntaken {at}\n{}",
        marks.as_text(&instance.keys)
    );
    partial.file().write_all(text.as_bytes())?;
    let target = named(partial)?;
    writeln!(
        out,
        "{}: how far each of {} of the audit log has come, to check a restored database by.\n\
         It is not the database. Now run, with the same address as CURFEW_DATABASE_URL:\n\n  \
         pg_dump --format=custom --no-owner --file={}.dump \"$CURFEW_DATABASE_URL\"\n",
        target.display(),
        count(chains as u64, "chain"),
        target.display()
    )?;
    instance.db.close().await;
    not_in_it(config, out)
}

pub(super) fn no_key(config: &Config) -> Failed {
    Failed::Message(format!(
        "CURFEW_SECRET_KEY_FILE: there is no key at {}: set it as the server has it",
        config.secret_key_file.display()
    ))
}
