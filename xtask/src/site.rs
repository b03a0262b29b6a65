//! `target/site`: hashed names, compressed neighbours, and the manifest that leads to them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use brotli::enc::BrotliEncoderParams;
use data_encoding::HEXLOWER;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use crate::mode::Mode;
use crate::paths;

/// The files of one build. What is not added does not survive [`Site::finish`].
pub struct Site {
    folder: PathBuf,
    mode: Mode,
    manifest: BTreeMap<String, String>,
    files: BTreeSet<PathBuf>,
}

impl Site {
    pub fn new(mode: Mode) -> Self {
        Self {
            folder: paths::site(),
            mode,
            manifest: BTreeMap::new(),
            files: BTreeSet::new(),
        }
    }

    /// Adds `pkg/name.<hash>.ext`, which may be cached for ever, and leads the logical name to it.
    pub fn add_hashed(&mut self, logical: &str, name: &str, content: &[u8]) -> Result<()> {
        let (stem, extension) = name.rsplit_once('.').context("a file without extension")?;
        let hashed = format!("pkg/{stem}.{}.{extension}", hash(content));
        let path = self.folder.join(&hashed);
        if self
            .manifest
            .insert(logical.to_owned(), format!("/{hashed}"))
            .is_some()
        {
            bail!("two files want to be \"{logical}\" in the manifest");
        }
        self.add(path, content)
    }

    /// Adds a file under the very name it has.
    pub fn add_named(&mut self, name: &str, content: &[u8]) -> Result<()> {
        self.add(self.folder.join(name), content)
    }

    /// Writes the manifest and removes what earlier builds have left.
    pub fn finish(mut self) -> Result<()> {
        let manifest = serde_json::to_vec_pretty(&self.manifest)?;
        let path = self.folder.join("manifest.json");
        write_if_changed(&path, &manifest)?;
        self.files.insert(path);
        for folder in [self.folder.clone(), self.folder.join("pkg")] {
            for entry in fs::read_dir(folder)? {
                let path = entry?.path();
                if path.is_file() && !self.files.contains(&path) {
                    fs::remove_file(path)?;
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, path: PathBuf, content: &[u8]) -> Result<()> {
        let changed = write_if_changed(&path, content)?;
        if self.mode == Mode::Release && worth_compressing(&path) {
            for (extension, compress) in [("br", brotli as Compress), ("gz", gzip as Compress)] {
                let compressed = neighbour(&path, extension);
                if changed || !compressed.exists() {
                    write_if_changed(&compressed, &compress(content)?)?;
                }
                self.files.insert(compressed);
            }
        }
        self.files.insert(path);
        Ok(())
    }
}

/// The first 16 hex digits of the SHA-256, which is plenty to tell our own files apart.
pub fn hash(content: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(content)[..8])
}

/// `name.js` and `br` give `name.js.br`.
pub fn neighbour(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    name.into()
}

/// Leaves equal files alone, so that cargo does not rebuild what embeds them; whether it wrote. By
/// renaming, so that an interrupted build leaves no half file behind.
fn write_if_changed(path: &Path, content: &[u8]) -> Result<bool> {
    if fs::read(path).is_ok_and(|old| old == content) {
        return Ok(false);
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let half = neighbour(path, "half");
    fs::write(&half, content).with_context(|| format!("cannot write {}", half.display()))?;
    fs::rename(half, path)?;
    Ok(true)
}

/// Pictures and fonts are compressed already.
fn worth_compressing(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    matches!(
        extension,
        Some("css" | "js" | "json" | "svg" | "txt" | "wasm" | "webmanifest" | "xml")
    )
}

type Compress = fn(&[u8]) -> Result<Vec<u8>>;

/// Quality 11. The large window stays off, as browsers do not take it.
fn brotli(content: &[u8]) -> Result<Vec<u8>> {
    let settings = BrotliEncoderParams {
        quality: 11,
        size_hint: content.len(),
        ..BrotliEncoderParams::default()
    };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &content[..], &mut compressed, &settings)?;
    Ok(compressed)
}

fn gzip(content: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    Ok(encoder.finish()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_has_sixteen_hex_digits() {
        assert_eq!(hash(b"curfew").len(), 16);
        assert_ne!(hash(b"curfew"), hash(b"Curfew"));
    }

    #[test]
    fn what_is_compressed_comes_back() -> Result<()> {
        let content = b"the quick brown fox ".repeat(500);
        let mut back = Vec::new();
        brotli::BrotliDecompress(&mut brotli(&content)?.as_slice(), &mut back)?;
        assert_eq!(back, content);
        assert!(gzip(&content)?.len() < content.len());
        Ok(())
    }
}
