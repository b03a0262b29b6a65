//! `curfew copy-to`: an install moves from SQLite to PostgreSQL, or back.

use std::{
    io::{self, BufRead, Write},
    path::Path,
};

use accounts::{
    copy_to::{Move, copy_to},
    time::Moment,
};

use super::{Failed, backup::no_key, count};
use crate::{
    config::{self, Config},
    key_file,
};

/// The address that stands for the first line of standard input.
const STANDARD_INPUT: &str = "-";

pub(super) async fn copy(config: &Config, to: &str, out: &mut impl Write) -> Result<(), Failed> {
    let read;
    let to = if to == STANDARD_INPUT {
        read = first_line()?;
        &read
    } else {
        to
    };
    let to = config::database_url(to)
        .map_err(|why| Failed::Message(format!("the new address: {why}")))?;
    let keys = key_file::read(&config.secret_key_file).map_err(Failed::Message)?;
    let keys = keys.ok_or_else(|| no_key(config))?;
    let moving = Move {
        from: &config.database_url,
        to: &to,
        keys: &keys,
        limits: config.limits,
        now: Moment::now(),
    };
    let moved = copy_to(&moving).await.map_err(|error| {
        let error = hidden(&error.to_string(), &to);
        Failed::Message(hidden(&error, &config.database_url))
    })?;
    let mut rows = 0;
    for (table, copied) in &moved.tables {
        writeln!(out, "{table:<24} {copied:>10}")?;
        rows += copied;
    }
    writeln!(
        out,
        "{} in {}, counted on both sides. The audit log: {} in {}, all as they were written.",
        count(rows, "row"),
        count(moved.tables.len() as u64, "table"),
        count(moved.events, "event"),
        count(moved.chains as u64, "chain")
    )?;
    writeln!(
        out,
        "The install is at {} now, with all that is signed in. The database that it was in serves no more.\n\
         Before you start: set CURFEW_DATABASE_URL to the new address, and CURFEW_SECRET_KEY_FILE to {}, for the key is not copied. \
         {} marks how far the audit log has come: copy it into the new data folder.",
        moved.to,
        whole(&config.secret_key_file),
        whole(&config.audit_marks_file())
    )?;
    Ok(())
}

/// An address in which nothing can be secret stays, because the message is about it.
fn hidden(message: &str, url: &str) -> String {
    if url.contains(['@', '?']) {
        config::without_url(&message, url)
    } else {
        message.to_owned()
    }
}

/// Seen from every folder.
fn whole(path: &Path) -> String {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    whole.display().to_string()
}

/// So that a password is in no list of processes.
fn first_line() -> Result<String, Failed> {
    let mut line = String::new();
    io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|error| Failed::Message(format!("the new address on standard input: {error}")))?;
    Ok(line.trim().to_owned())
}
