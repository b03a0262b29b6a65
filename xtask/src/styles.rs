//! The styles: one file out of `style/main.css` and what it imports.

use std::path::Path;

use anyhow::{Result, anyhow};
use lightningcss::bundler::{Bundler, FileProvider};
use lightningcss::stylesheet::{MinifyOptions, ParserOptions, PrinterOptions};

use crate::mode::Mode;

/// Puts every `@import` in its place, in its layer. Minified for release. Syntax is left as modern as it
/// was written: we name no old browsers.
pub fn bundle(entry: &Path, mode: Mode) -> Result<String> {
    let files = FileProvider::new();
    let mut sheet = Bundler::new(&files, None, ParserOptions::default())
        .bundle(entry)
        .map_err(|error| anyhow!("styles: {error}"))?;
    let minify = mode == Mode::Release;
    if minify {
        sheet
            .minify(MinifyOptions::default())
            .map_err(|error| anyhow!("styles: {error}"))?;
    }
    let printed = sheet
        .to_css(PrinterOptions {
            minify,
            ..PrinterOptions::default()
        })
        .map_err(|error| anyhow!("styles: {error}"))?;
    Ok(printed.code)
}
