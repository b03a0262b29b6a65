//! `curfew mail test`.

use std::io::Write;

use super::Failed;
use crate::{config::Config, emails::EmailSender};

pub(super) async fn test(
    config: &Config,
    address: &str,
    out: &mut impl Write,
) -> Result<(), Failed> {
    let said = EmailSender::test(config, address).await;
    let said = said.map_err(|why| Failed::Message(format!("the email was not sent: {why}")))?;
    writeln!(out, "{said}")?;
    Ok(())
}
