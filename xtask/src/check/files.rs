//! Which files the checks look at: what git tracks, and what it would track.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::paths;

/// Every file below one of the prefixes that is tracked or new and not ignored; without a prefix every file
/// of the repository. Paths count from the top of the repository, with slashes.
pub fn listed(prefixes: &[&str]) -> Result<Vec<String>> {
    let root = paths::root();
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others"])
        .args(["--exclude-standard", "--deduplicate"])
        .current_dir(&root)
        .output()
        .context("cannot start git")?;
    if !output.status.success() {
        bail!("git ls-files: {}", String::from_utf8_lossy(&output.stderr));
    }
    let output = String::from_utf8(output.stdout).context("a file name is not UTF-8")?;
    let mut files: Vec<String> = output
        .split_terminator('\0')
        .filter(|path| is_below(path, prefixes))
        // Git still lists a file that has been deleted or moved and not yet committed.
        .filter(|path| root.join(path).is_file())
        .map(str::to_owned)
        .collect();
    files.sort();
    Ok(files)
}

/// The text of one of these files; `None` when it is not text, as pictures are not.
pub fn read(path: &str) -> Result<Option<String>> {
    let bytes =
        fs::read(paths::root().join(path)).with_context(|| format!("cannot read {path}"))?;
    Ok(String::from_utf8(bytes).ok())
}

/// Whether it is a Rust source.
pub fn is_rust(path: &str) -> bool {
    Path::new(path)
        .extension()
        .is_some_and(|extension| extension == "rs")
}

/// Whether the path is one of these files or lies in one of these folders.
pub fn is_below(path: &str, prefixes: &[&str]) -> bool {
    prefixes.is_empty()
        || prefixes.iter().any(|prefix| {
            let prefix = prefix.trim_start_matches("./").trim_end_matches('/');
            path.strip_prefix(prefix)
                .is_some_and(|rest| prefix.is_empty() || rest.is_empty() || rest.starts_with('/'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_a_whole_folder_or_file() {
        assert!(is_below("app/src/lib.rs", &[]));
        assert!(is_below("app/src/lib.rs", &["server", "app/src/"]));
        assert!(is_below("app/src/lib.rs", &["./app"]));
        assert!(is_below("app/src/lib.rs", &["app/src/lib.rs"]));
        assert!(!is_below("apps/src/lib.rs", &["app"]));
        assert!(!is_below("app/src/lib.rs", &["src"]));
    }

    #[test]
    fn this_file_is_listed_and_the_target_folder_is_not() -> Result<()> {
        let all = listed(&[])?;
        assert!(all.iter().any(|path| path == "xtask/src/check/files.rs"));
        assert!(!all.iter().any(|path| path.starts_with("target/")));
        let some = listed(&["xtask/src/check"])?;
        assert!(some.len() < all.len());
        Ok(())
    }
}
