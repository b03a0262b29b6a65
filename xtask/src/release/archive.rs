//! The archive: a tar file in which nothing depends on when, where and by whom it was made.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use data_encoding::HEXLOWER;
use flate2::{Compression, GzBuilder};
use sha2::{Digest, Sha256};

use crate::paths;

const BLOCK: usize = 512;

/// The fields of a header (POSIX.1-1988, "ustar"): where each begins.
const MODE: usize = 100;
const OWNER: usize = 108;
const GROUP: usize = 116;
const SIZE: usize = 124;
const TIME: usize = 136;
const CHECKSUM: usize = 148;
const KIND: usize = 156;
const MAGIC: usize = 257;

/// A file of the archive.
struct File {
    bytes: Vec<u8>,
    mode: u64,
}

/// Files below one folder, in the order of their names.
pub struct Archive {
    name: String,
    files: BTreeMap<String, File>,
}

impl Archive {
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            files: BTreeMap::new(),
        }
    }

    pub fn add(&mut self, path: &str, bytes: Vec<u8>) {
        let file = File { bytes, mode: 0o644 };
        self.files.insert(path.to_owned(), file);
    }

    pub fn add_program(&mut self, path: &str, bytes: Vec<u8>) {
        let file = File { bytes, mode: 0o755 };
        self.files.insert(path.to_owned(), file);
    }

    /// Every text of a folder and of those in it. Pictures stay out.
    pub fn add_folder(&mut self, root: &Path, folder: &str) -> Result<()> {
        let entries = fs::read_dir(root.join(folder)).with_context(|| folder.to_owned())?;
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_str().context("a file name is not UTF-8")?;
            let path = format!("{folder}/{name}");
            if entry.file_type()?.is_dir() {
                self.add_folder(root, &path)?;
            } else if !name.starts_with('.') && entry.path().extension() != Some("webp".as_ref()) {
                self.add(&path, fs::read(entry.path())?);
            }
        }
        Ok(())
    }

    /// Writes the archive and its checksum into a folder. What was written.
    pub fn write(&self, folder: &Path) -> Result<Vec<PathBuf>> {
        fs::create_dir_all(folder)?;
        let name = format!("{}.tar.gz", self.name);
        let archive = folder.join(&name);
        let bytes = self.compressed(commit_time()?)?;
        fs::write(&archive, &bytes)?;
        let sums = folder.join("SHA256SUMS");
        let sum = HEXLOWER.encode(&Sha256::digest(&bytes));
        fs::write(&sums, format!("{sum}  {name}\n"))?;
        Ok(vec![archive, sums])
    }

    fn compressed(&self, time: u64) -> Result<Vec<u8>> {
        // No name and no time in the header of gzip either.
        let mut gzip = GzBuilder::new().write(Vec::new(), Compression::best());
        for (path, file) in &self.files {
            gzip.write_all(&header(&format!("{}/{path}", self.name), file, time)?)?;
            gzip.write_all(&file.bytes)?;
            let rest = file.bytes.len().next_multiple_of(BLOCK) - file.bytes.len();
            gzip.write_all(&[0; BLOCK][..rest])?;
        }
        gzip.write_all(&[0; 2 * BLOCK])?;
        Ok(gzip.finish()?)
    }
}

fn header(path: &str, file: &File, time: u64) -> Result<[u8; BLOCK]> {
    if path.len() >= MODE {
        bail!("{path} is too long a name for the archive");
    }
    let mut header = [0; BLOCK];
    header[..path.len()].copy_from_slice(path.as_bytes());
    let mut number = |at: usize, digits: usize, value: u64| {
        let text = format!("{value:0digits$o}");
        header[at..at + digits].copy_from_slice(text.as_bytes());
    };
    number(MODE, 7, file.mode);
    number(OWNER, 7, 0);
    number(GROUP, 7, 0);
    number(SIZE, 11, file.bytes.len() as u64);
    number(TIME, 11, time);
    header[KIND] = b'0';
    header[MAGIC..MAGIC + 8].copy_from_slice(b"ustar\x0000");
    // It counts itself as spaces.
    header[CHECKSUM..CHECKSUM + 8].fill(b' ');
    let sum: u64 = header.iter().copied().map(u64::from).sum();
    header[CHECKSUM..CHECKSUM + 7].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    Ok(header)
}

/// The moment of the commit that is packed, in seconds. 0 outside a checkout.
pub fn commit_time() -> Result<u64> {
    let mut git = Command::new("git");
    git.current_dir(paths::root())
        .args(["log", "-1", "--format=%ct"]);
    match git.output() {
        Ok(output) if output.status.success() => {
            let text = String::from_utf8(output.stdout)?;
            Ok(text.trim().parse()?)
        }
        _ => Ok(0),
    }
}
