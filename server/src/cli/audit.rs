//! `curfew audit verify` and `curfew audit export`.

use std::io::Write;

use accounts::{audit, db::Db};

use super::{Failed, away, count, failed};
use crate::event_lines::Format;

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
    out.write_all(format.head().as_bytes())?;
    for chain in audit::chains(&mut conn).await.map_err(away)? {
        let mut last = 0;
        loop {
            let page = audit::page(&mut conn, &chain, last).await.map_err(away)?;
            let Some(end) = page.last() else {
                break;
            };
            last = end.seq;
            for event in &page {
                out.write_all(format.line(event).as_bytes())?;
            }
        }
    }
    Ok(())
}
