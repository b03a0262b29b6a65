//! `curfew key rotate` and `curfew key accept-loss`.

use std::io::Write;

use accounts::{
    applications::signing_keys, audit::sign_heads_anew, db::Db, instance::Instance, key_loss,
    key_rotation::seal_anew, time::Moment,
};

use super::{Failed, count, operation};
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
    let why = |error: std::io::Error| Failed::Message(key_file::cannot(path, &error));
    // Before the file is touched: a key that does not fit what is sealed cannot seal it anew.
    key_file::open(path, db).await.map_err(Failed::Message)?;
    key_file::add_key(path).map_err(why)?;
    let keys = key_file::create(path).map_err(Failed::Message)?;
    let mut tx = db.write().await?;
    let rows = seal_anew(&mut tx, &keys, Moment::now())
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

/// New keys for ID tokens and logout tokens.
pub(super) async fn rotate_signing(
    instance: &Instance,
    config: &Config,
    out: &mut impl Write,
) -> Result<(), Failed> {
    let keys = key_file::open(&config.secret_key_file, &instance.db).await;
    let instance = Instance {
        keys: keys.map_err(Failed::Message)?,
        ..instance.clone()
    };
    let from = signing_keys::rotate(&instance, Moment::now())
        .await
        .map_err(|error| Failed::Message(format!("the keys are as they were: {error}")))?;
    let from = jiff::Timestamp::from_millisecond(from.0)
        .map(|at| format!("{at:.0}"))
        .unwrap_or_default();
    writeln!(
        out,
        "New keys are published at /oauth/jwks.json, and sign from {from} on. The old ones stay published for a day after that."
    )?;
    Ok(())
}

/// One transaction: all of it or nothing. What the key opens stays as it is, so it can be run again.
pub(super) async fn accept_loss(
    instance: &Instance,
    config: &Config,
    out: &mut impl Write,
) -> Result<(), Failed> {
    let path = &config.secret_key_file;
    let keys = key_file::create(path).map_err(Failed::Message)?;
    let instance = Instance {
        keys,
        ..instance.clone()
    };
    // With a note in each head that what came before could not be checked.
    while sign_heads_anew(&instance.db, &instance.keys).await? > 0 {}
    begin_marks_anew(&instance, config, out).await?;
    let mut op = operation(&instance).await?;
    let accepted = key_loss::accept_loss(&mut op).await?;
    if accepted == key_loss::AcceptedLoss::default() {
        writeln!(
            out,
            "The key in {} opens all that is sealed: nothing was changed.",
            path.display()
        )?;
        return Ok(());
    }
    op.commit().await?;
    if accepted.key {
        writeln!(
            out,
            "The instance uses the key in {} from now on. The audit log goes on with it: `curfew audit verify` names the \
             events up to which nothing can be checked.",
            path.display()
        )?;
    }
    writeln!(
        out,
        "Authenticator apps off: {}; their users sign in with password and recovery code, and were told by email.",
        accepted.users
    )?;
    for email in &accepted.without_codes {
        writeln!(
            out,
            "  {email} has no recovery code left, and cannot sign in"
        )?;
    }
    writeln!(
        out,
        "Webhooks with a new secret: {}; owners and admins of their accounts were told by email.\n\
         Two-factor set-ups that begin anew: {}. Signing keys made anew: {}. Emails whose link is lost and that are not sent: {}.\n\
         The key is in {}: copy it to every node, and keep a copy with your backups.",
        accepted.webhooks,
        accepted.drafts,
        accepted.signing_keys,
        accepted.emails,
        path.display()
    )?;
    Ok(())
}

/// Marks that were signed with the lost key say nothing any more. They are kept under another name.
async fn begin_marks_anew(
    instance: &Instance,
    config: &Config,
    out: &mut impl Write,
) -> Result<(), Failed> {
    let marks = MarksFile::at(config.audit_marks_file());
    let Err(why) = marks.read(&instance.keys) else {
        return Ok(());
    };
    let aside = marks
        .set_aside()
        .map_err(|error| Failed::Message(format!("{why}; it cannot be set aside: {error}")))?;
    let mut keeper = Keeper::new(instance.db.clone(), instance.keys.clone(), marks);
    keeper.write().await.map_err(Failed::Message)?;
    writeln!(
        out,
        "The audit log's high-water marks begin anew. The old ones are in {}: {why}",
        aside.display()
    )?;
    Ok(())
}
