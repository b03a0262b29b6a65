//! `cargo xtask web`: everything the browser gets, into `target/site`.
//!
//! Each step looks at what its inputs contain, not at their times, and is skipped when it
//! has seen the same before. So `make run`, `make test` and CI can all call it freely.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::mode::Mode;
use crate::{browser, paths, site::Site, styles};

/// Builds the whole of `target/site`.
pub fn build(mode: Mode) -> Result<()> {
    let browser = browser::build(mode)?;
    let css = styles::bundle(&paths::root().join("style/main.css"), mode)?;

    let mut site = Site::new(mode);
    site.add_hashed("js", "curfew.js", &browser.js)?;
    site.add_hashed("wasm", "curfew_bg.wasm", &browser.wasm)?;
    site.add_hashed("css", "curfew.css", css.as_bytes())?;
    add_public(&mut site)?;
    site.finish()
}

/// Scripts of `public/` go among the hashed files, under their stem in the manifest. The rest keep their
/// names, because browsers and robots ask for them by name.
fn add_public(site: &mut Site) -> Result<()> {
    let folder = paths::root().join("public");
    for entry in
        fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?
    {
        let path = entry?.path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .context("a file name is not UTF-8")?;
        if name.starts_with('.') {
            continue;
        }
        if !path.is_file() {
            bail!(
                "{} is not a file; public/ has no subfolders",
                path.display()
            );
        }
        let content = fs::read(&path)?;
        match name.strip_suffix(".js") {
            Some(stem) => site.add_hashed(stem, name, &content)?,
            None => site.add_named(name, &content)?,
        }
    }
    Ok(())
}
