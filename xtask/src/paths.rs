//! Where things lie. One place, so that nothing depends on the folder a command was called from.

use std::env;
use std::path::PathBuf;

/// The top of the repository.
pub fn root() -> PathBuf {
    // Cargo says where it runs us. What it said when it compiled us may be another checkout, if the two
    // share a target folder.
    let xtask = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    xtask.parent().map(PathBuf::from).unwrap_or(xtask)
}

/// Cargo's target folder. A relative `CARGO_TARGET_DIR` counts from the top of the repository,
/// since that is where we call cargo.
pub fn target() -> PathBuf {
    let chosen = env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    root().join(chosen)
}

/// What the server embeds. Fixed, wherever cargo's target folder is: the server names it when it
/// is compiled.
pub fn site() -> PathBuf {
    root().join("target/site")
}
