//! `curfew restore`: a backup is checked, everything in it ends, and only then it takes the database's place.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use accounts::{
    audit::{self, Marks, Verified},
    client::Client,
    db::{self, Db, InstanceRaise, RaiseReason},
    files,
    instance::Instance,
    instance_epoch::raise_instance_epoch,
    keys::Keys,
    operation::Operation,
    passwords::Hasher,
    time::Moment,
};

use super::{
    Failed,
    backup::{POSTGRES_HEAD, no_key},
    count,
};
use crate::{audit_marks::MarksFile, config::Config, key_file, whole_file::Partial};

/// With `check` nothing is changed.
pub(super) async fn restore(
    config: &Config,
    from: &Path,
    check: bool,
    out: &mut impl Write,
) -> Result<(), Failed> {
    if !from.is_file() {
        return Err(Failed::Message(format!("{} is no file", from.display())));
    }
    let keys = key_file::read(&config.secret_key_file).map_err(Failed::Message)?;
    let keys = keys.ok_or_else(|| no_key(config))?;
    match config.database_file() {
        Some(database) => {
            let sqlite = Sqlite {
                config,
                keys,
                database,
            };
            sqlite.restore(from, check, out).await
        }
        None => postgres(config, keys, from, check, out).await,
    }
}

/// A backup of an SQLite database, and where it goes.
struct Sqlite<'a> {
    config: &'a Config,
    keys: Keys,
    database: PathBuf,
}

impl Sqlite<'_> {
    async fn restore(&self, from: &Path, check: bool, out: &mut impl Write) -> Result<(), Failed> {
        if let Some(wal) = beside(from, "-wal").filter(|_| !check) {
            return Err(Failed::Message(format!(
                "{} lies beside it: this is a database that is or was in use, not a backup",
                wal.display()
            )));
        }
        if let Some(folder) = self.database.parent().filter(|f| !f.as_os_str().is_empty()) {
            fs::create_dir_all(folder)?;
        }
        let held = if check {
            None
        } else {
            db::exclusive(&self.database)
        };
        if held.is_none() && !check {
            return Err(Failed::Message(format!(
                "{} is in use: stop the server, and wait for other commands",
                self.database.display()
            )));
        }
        let mut partial = Partial::beside(&self.database).map_err(Failed::Message)?;
        io::copy(&mut File::open(from)?, partial.file())
            .map_err(|error| Failed::Message(files::explain(partial.path(), &error)))?;
        let unusable = |why: &dyn std::fmt::Display| {
            Failed::Message(format!("{} cannot be restored: {why}", from.display()))
        };
        let migration = db::check_integrity(partial.path())
            .await
            .map_err(|error| unusable(&error))?;
        writeln!(out, "{}: whole, of migration {migration}.", from.display())?;
        let instance = self.open(partial.path()).await?;
        verified(&instance, None, &unusable, out).await?;
        if check {
            instance.db.close().await;
            writeln!(out, "Nothing was changed.")?;
            return Ok(());
        }
        let raised = raise(&instance).await?;
        let marks = marks_of(&instance).await?;
        instance.db.close().await;
        if let Some(wal) = beside(partial.path(), "-wal") {
            return Err(Failed::Message(format!(
                "{} was not taken up",
                wal.display()
            )));
        }
        let aside = self.keep_what_is_there().await?;
        let cannot = |error: io::Error| Failed::Message(files::explain(&self.database, &error));
        partial.replace().map_err(cannot)?;
        renew_marks(self.config, &marks, &self.keys, out)?;
        drop(held);
        said(&raised, out)?;
        if let Some(aside) = aside {
            writeln!(out, "The database that was there is {}.", aside.display())?;
        }
        Ok(())
    }

    /// The copy, migrated.
    async fn open(&self, path: &Path) -> Result<Instance, Failed> {
        let url = format!("sqlite://{}", path.display());
        // One that was moved may be restored: everything in it ends.
        let db = Db::open_though_moved(&url)
            .await
            .map_err(|error| Failed::Message(error.to_string()))?;
        instance(self.config, db, self.keys.clone())
    }

    /// Gives the database that is there a second name. Until it is replaced it has its own as well, so there is one at any
    /// moment.
    async fn keep_what_is_there(&self) -> Result<Option<PathBuf>, Failed> {
        if !self.database.exists() {
            return Ok(None);
        }
        // What is in the files beside it goes into it. One that is broken stays in two parts.
        let _ = db::check_point(&self.database).await;
        let seconds = Moment::now().at.0 / 1_000;
        let aside = named(&self.database, &format!(".before-restore-{seconds}"));
        let cannot = |error: io::Error| Failed::Message(files::explain(&aside, &error));
        fs::hard_link(&self.database, &aside).map_err(cannot)?;
        if let Some(wal) = beside(&self.database, "-wal") {
            fs::rename(wal, named(&aside, "-wal")).map_err(cannot)?;
        }
        let _ = fs::remove_file(named(&self.database, "-shm"));
        let _ = fs::remove_file(named(&self.database, "-wal"));
        Ok(Some(aside))
    }
}

fn named(path: &Path, ending: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(ending);
    path.into()
}

/// A file beside it that has something in it.
fn beside(path: &Path, ending: &str) -> Option<PathBuf> {
    let path = named(path, ending);
    fs::metadata(&path)
        .is_ok_and(|about| about.len() > 0)
        .then_some(path)
}

fn instance(config: &Config, db: Db, keys: Keys) -> Result<Instance, Failed> {
    Ok(Instance {
        db,
        hasher: Hasher::new(1)?,
        keys,
        limits: config.limits,
    })
}

/// The operator has restored a dump, and names the file that was written beside it.
async fn postgres(
    config: &Config,
    keys: Keys,
    from: &Path,
    check: bool,
    out: &mut impl Write,
) -> Result<(), Failed> {
    let text = fs::read_to_string(from)?;
    let unusable = |why: &dyn std::fmt::Display| {
        Failed::Message(format!(
            "{} does not fit this database: {why}",
            from.display()
        ))
    };
    let marks = text
        .strip_prefix(POSTGRES_HEAD)
        .and_then(|rest| rest.trim_start().split_once('\n'))
        .ok_or_else(|| unusable(&"`curfew backup` did not write it for PostgreSQL"))?
        .1;
    let marks = Marks::parse(marks, &keys).map_err(|error| unusable(&error))?;
    let why = |error: &dyn std::fmt::Display| Failed::Message(config.cannot_open_database(&error));
    if !check {
        let servers = db::postgres_servers(&config.database_url)
            .await
            .map_err(|error| why(&error))?;
        if servers > 0 {
            return Err(Failed::Message(format!(
                "the database is in use: stop every server first ({servers} still there)"
            )));
        }
    }
    let db = if check {
        Db::open_as_it_is(&config.database_url).await
    } else {
        Db::open_though_moved(&config.database_url).await
    };
    let instance = instance(config, db.map_err(|error| why(&error))?, keys)?;
    verified(&instance, Some(&marks), &unusable, out).await?;
    if check {
        writeln!(out, "Nothing was changed.")?;
        return Ok(());
    }
    let raised = raise(&instance).await?;
    let marks = marks_of(&instance).await?;
    instance.db.close().await;
    renew_marks(config, &marks, &instance.keys, out)?;
    said(&raised, out)
}

/// Every hash and signature of the audit log.
async fn verified(
    instance: &Instance,
    marks: Option<&Marks>,
    unusable: &impl Fn(&dyn std::fmt::Display) -> Failed,
    out: &mut impl Write,
) -> Result<(), Failed> {
    let mut reader = instance.read(Moment::now()).await?;
    let Verified { whole, .. } = audit::verify_all(&mut reader, marks)
        .await?
        .map_err(|broken| {
            unusable(&format!(
                "{broken}. Where that is known and accepted, put the file in the database's place by hand: the next start \
                 notices"
            ))
        })?;
    writeln!(
        out,
        "Its audit log: {} in {}, all as they were written.",
        count(whole.events, "event"),
        count(whole.chains as u64, "chain")
    )?;
    Ok(())
}

async fn raise(instance: &Instance) -> Result<InstanceRaise, Failed> {
    let mut op = Operation::begin(instance, &Client::default(), Moment::now()).await?;
    let raised = raise_instance_epoch(&mut op, RaiseReason::Restored).await?;
    op.commit().await?;
    Ok(raised)
}

/// Where the chains are now.
async fn marks_of(instance: &Instance) -> Result<Marks, Failed> {
    let mut reader = instance.read(Moment::now()).await?;
    let mut marks = Marks::default();
    marks.raise(&mut reader).await?;
    Ok(marks)
}

/// The marks have seen more than the restored database holds. The old ones are kept under another name.
fn renew_marks(
    config: &Config,
    marks: &Marks,
    keys: &Keys,
    out: &mut impl Write,
) -> Result<(), Failed> {
    let file = MarksFile::at(config.audit_marks_file());
    let cannot = |error: io::Error| Failed::Message(files::explain(file.path(), &error));
    if file.path().exists() {
        let aside = file.keep_as("before-restore.txt").map_err(cannot)?;
        writeln!(
            out,
            "The audit log's high-water marks begin anew; the old ones are in {}.",
            aside.display()
        )?;
    }
    file.write(marks, keys).map_err(cannot)
}

fn said(raised: &InstanceRaise, out: &mut impl Write) -> Result<(), Failed> {
    super::instance::ended(raised, out)?;
    writeln!(
        out,
        "Passwords, second factors, API and MCP tokens, roles and disabled users are as they were when the backup was \
         taken: what was changed or revoked since has to be changed again."
    )?;
    Ok(())
}
