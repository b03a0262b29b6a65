//! `curfew key rotate`.

use std::io::Write;

use accounts::{db::Db, key_rotation::seal_anew};

use super::{Failed, away, count};
use crate::{config::Config, key_file};

pub(super) async fn rotate(
    db: &Db,
    config: &Config,
    forget_old: bool,
    out: &mut impl Write,
) -> Result<(), Failed> {
    let path = &config.secret_key_file;
    let end_reason = |e: &dyn std::fmt::Display| {
        Failed::Message(format!("CURFEW_SECRET_KEY_FILE: {}: {e}", path.display()))
    };
    key_file::open(path).map_err(Failed::Message)?;
    key_file::add_key(path).map_err(|e| end_reason(&e))?;
    let keys = key_file::open(path).map_err(Failed::Message)?;
    let mut tx = db.write().await.map_err(away)?;
    let rows = seal_anew(&mut tx, &keys)
        .await
        .map_err(|e| Failed::Message(format!("nothing was sealed anew: {e}")))?;
    tx.commit().await.map_err(away)?;
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
        key_file::forget_old_keys(path).map_err(|e| end_reason(&e))?;
        writeln!(out, "The old keys are forgotten.")?;
    } else {
        writeln!(
            out,
            "The old keys are still in it, for backups and other nodes: copy the file to every node."
        )?;
    }
    Ok(())
}
