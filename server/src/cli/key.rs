//! `curfew key rotate`.

use std::io::Write;

use accounts::{db::Db, key_rotation::seal_anew};

use super::{Failed, count};
use crate::{config::Config, key_file};

pub(super) async fn rotate(
    db: &Db,
    config: &Config,
    forget_old: bool,
    out: &mut impl Write,
) -> Result<(), Failed> {
    let path = &config.secret_key_file;
    let why = |error: std::io::Error| {
        Failed::Message(format!(
            "CURFEW_SECRET_KEY_FILE: {}: {error}",
            path.display()
        ))
    };
    key_file::open(path).map_err(Failed::Message)?;
    key_file::add_key(path).map_err(why)?;
    let keys = key_file::open(path).map_err(Failed::Message)?;
    let mut tx = db.write().await?;
    let rows = seal_anew(&mut tx, &keys)
        .await
        .map_err(|error| Failed::Message(format!("nothing was sealed anew: {error}")))?;
    tx.commit().await?;
    writeln!(
        out,
        "A new key is first in {}, and {} sealed with it.",
        path.display(),
        match rows {
            1 => "1 secret is".into(),
            n => format!("{} are", count(n, "secret")),
        }
    )?;
    if forget_old {
        key_file::forget_old_keys(path).map_err(why)?;
        writeln!(out, "The old keys are forgotten.")?;
    } else {
        writeln!(
            out,
            "The old keys are still in it, for backups and other nodes: copy the file to every node."
        )?;
    }
    Ok(())
}
