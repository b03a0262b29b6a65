//! `curfew audit verify` and `curfew audit export`.

use std::io::Write;

use accounts::{
    audit::{self, Cut, Filter, Verified},
    ids::AccountId,
    instance::{Instance, Reader},
    time::Moment,
};

use super::{Failed, count};
use crate::{
    audit_marks::{Keeper, MarksFile},
    config::Config,
    event_lines::Format,
    key_file,
};

/// Events read at a time.
const PAGE: i64 = 1_000;

/// What a log that verifies does not prove.
const CANNOT_SEE: &str = "This cannot see a whole data folder that was put back with its marks, events cut within a second of being written, \
                          what a holder of the key wrote, or what was never recorded.";

/// Verifies everything; with `expect` also says which event has that hash.
pub(super) async fn verify(
    instance: &Instance,
    config: &Config,
    expect: Option<&str>,
    out: &mut impl Write,
) -> Result<(), Failed> {
    let path = &config.secret_key_file;
    if !path.exists() {
        return Err(Failed::Message(format!(
            "CURFEW_SECRET_KEY_FILE: there is no key at {}, so no signature can be checked: set it as the server has it",
            path.display()
        )));
    }
    key_file::is_of_the_instance(path, &instance.db, &instance.keys)
        .await
        .map_err(Failed::Message)?;
    let file = MarksFile::at(config.audit_marks_file());
    // Before the chains, which are never older then.
    let read = file.read(&instance.keys);
    let marks = read.as_ref().ok().and_then(Option::as_ref);
    let mut reader = instance.read(Moment::now()).await?;
    let Verified { whole, unverified } = audit::verify_all(&mut reader, marks).await??;
    let events = count(whole.events, "event");
    let chains = count(whole.chains as u64, "chain");
    writeln!(out, "{events} in {chains}: all as they were written.")?;
    for (chain, seq) in unverified {
        writeln!(
            out,
            "Event {seq} of chain {chain} was signed with a key that was missing where the next event was written. \
             That happens after `curfew key rotate` on another node and after `curfew key accept-loss`; otherwise find out who can \
             write to the database."
        )?;
    }
    match read.map_err(Failed::Message)? {
        Some(marks) => {
            let chains = count(marks.len() as u64, "chain");
            writeln!(
                out,
                "Nothing is missing that the high-water marks of {chains} have seen."
            )?;
        }
        None => writeln!(
            out,
            "There were no high-water marks in {}: whether newest events were cut before now cannot be said.",
            file.path().display()
        )?,
    }
    writeln!(out, "{CANNOT_SEE}")?;
    if let Some(hash) = expect {
        find(&mut reader, hash, out).await?;
    }
    drop(reader);
    if let Err(error) = Keeper::new(instance.db.clone(), instance.keys.clone(), file)
        .write()
        .await
    {
        writeln!(out, "The high-water marks are as they were: {error}")?;
    }
    Ok(())
}

/// In a chain that was just verified.
async fn find(reader: &mut Reader, hash: &str, out: &mut impl Write) -> Result<(), Failed> {
    let hash = hash.trim().to_ascii_lowercase();
    if hash.len() != 64 || !hash.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(Failed::Message(
            "--expect takes a hash: 64 hex digits".into(),
        ));
    }
    let Some(event) = audit::with_hash(reader, &hash).await? else {
        return Err(Failed::Message(format!(
            "no event has the hash {hash}: it was removed, unless it was old enough for the account's retention, or it is not of this instance"
        )));
    };
    let (seq, chain, action, id) = (event.seq, event.chain, event.action, event.id);
    writeln!(
        out,
        "The hash is that of event {seq} of chain {chain}: {action}, {id}."
    )?;
    Ok(())
}

/// Page by page, so that it needs no more memory for a long history than for a short one.
pub(super) async fn export(
    instance: &Instance,
    format: Format,
    out: &mut impl Write,
) -> Result<(), Failed> {
    let mut conn = instance.read(Moment::now()).await?;
    out.write_all(format.head().as_bytes())?;
    for chain in audit::chains(&mut conn).await? {
        let (chain, mut last) = (AccountId(chain), 0);
        loop {
            let (all, after) = (Filter::default(), Cut::After(last));
            let page = audit::search(&mut conn, &chain, &all, after, PAGE)
                .await?
                .events;
            let Some(end) = page.last() else {
                break;
            };
            last = end.event.seq;
            for shown in &page {
                out.write_all(format.line(shown).as_bytes())?;
            }
        }
    }
    Ok(())
}
