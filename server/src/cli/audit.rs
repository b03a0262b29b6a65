//! `curfew audit verify` and `curfew audit export`.

use std::io::Write;

use accounts::{audit, instance::Instance, time::Moment};

use super::{Failed, count};
use crate::event_lines::Format;

pub(super) async fn verify(instance: &Instance, out: &mut impl Write) -> Result<(), Failed> {
    let mut conn = instance.read(Moment::now()).await?;
    let whole = audit::verify(&mut conn).await??;
    let events = count(whole.events, "event");
    let chains = count(whole.chains as u64, "chain");
    writeln!(out, "{events} in {chains}: all as they were written.")?;
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
        let mut last = 0;
        loop {
            let page = audit::page(&mut conn, &chain, last).await?;
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
