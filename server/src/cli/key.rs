//! `curfew key rotate`.

use std::io::Write;

use accounts::{audit::sign_heads_anew, db::Db, key_rotation::seal_anew};

use super::{Failed, count};
use crate::{
    audit_marks::{Keeper, MarksFile},
    config::Config,
    key_file,
};

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
    // A running server may sign with the old key until it meets the new one, so until none is left.
    while sign_heads_anew(db, &keys).await? > 0 {}
    let marks = MarksFile::at(config.audit_marks_file());
    if let Err(error) = Keeper::new(db.clone(), keys, marks).write().await {
        writeln!(
            out,
            "The audit log's high-water marks are signed with the old key: {error}"
        )?;
    }
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
