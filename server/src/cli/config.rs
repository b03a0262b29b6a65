//! `curfew config check`.

use std::io::Write;

use clap::Subcommand;

use super::Failed;
use crate::{
    applications_file,
    config::{self, Config},
};

#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Read the settings as the server does, and print what holds and where it comes from
    #[command(
        after_help = "Ends with 1 when a setting cannot be used, and names every such setting. \
        It opens neither the database nor the network.\n\nExample: curfew config check"
    )]
    Check,
}

/// The settings have been read once already, so what is left is the file of applications, and to say what they are.
pub(super) fn check(config: &Config, out: &mut impl Write) -> Result<(), Failed> {
    applications_file::read(config).map_err(Failed::Message)?;
    let lines = config::lines().map_err(|error| Failed::Message(error.to_string()))?;
    for line in lines {
        writeln!(out, "{line}")?;
    }
    for variable in &config.unknown {
        let nearest = config::nearest(variable);
        writeln!(
            out,
            "# Warning: {variable} is set, and no setting has that name; the nearest is {nearest}"
        )?;
    }
    writeln!(out, "# All settings can be used.")?;
    Ok(())
}
