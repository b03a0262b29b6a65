//! `curfew audit verify` and `curfew audit export`.

use std::io::{self, Write};

use accounts::{
    audit::{self, Stored},
    db::Db,
};

use super::{Failed, Format, away, count, csv::record, failed};

pub(super) async fn verify(db: &Db, out: &mut impl Write) -> Result<(), Failed> {
    let mut conn = db.read().await.map_err(away)?;
    let whole = audit::verify(&mut conn)
        .await
        .map_err(away)?
        .map_err(failed)?;
    let (events, chains) = (
        count(whole.events, "event"),
        count(whole.chains as u64, "chain"),
    );
    writeln!(out, "{events} in {chains}: all as they were written.")?;
    Ok(())
}

/// Page by page, so that it needs no more memory for a long history than for a short one.
pub(super) async fn export(db: &Db, format: Format, out: &mut impl Write) -> Result<(), Failed> {
    let mut conn = db.read().await.map_err(away)?;
    if format == Format::Csv {
        out.write_all(record(&COLUMNS).as_bytes())?;
    }
    for chain in audit::chains(&mut conn).await.map_err(away)? {
        let mut last = 0;
        loop {
            let page = audit::page(&mut conn, &chain, last).await.map_err(away)?;
            let Some(end) = page.last() else {
                break;
            };
            last = end.seq;
            for event in &page {
                write(event, format, out)?;
            }
        }
    }
    Ok(())
}

const COLUMNS: [&str; 14] = [
    "id",
    "chain",
    "seq",
    "at",
    "action",
    "category",
    "severity",
    "actor",
    "subject",
    "ip",
    "user_agent",
    "details",
    "prev_hash",
    "hash",
];

fn write(event: &Stored, format: Format, out: &mut impl Write) -> io::Result<()> {
    if format == Format::Jsonl {
        serde_json::to_writer(&mut *out, event)?;
        return out.write_all(b"\n");
    }
    let maybe = |text: &Option<String>| text.clone().unwrap_or_default();
    let e = event.clone();
    out.write_all(
        record(&[
            e.id,
            e.chain,
            e.seq.to_string(),
            e.at.0.to_string(),
            e.action,
            e.category,
            e.severity,
            e.actor,
            maybe(&event.subject),
            maybe(&event.ip),
            maybe(&event.user_agent),
            e.details,
            e.prev_hash,
            e.hash,
        ])
        .as_bytes(),
    )
}
