//! The licences of all that is linked in, with their texts: each text once, under the packages that it came with.

use std::{collections::BTreeMap, fmt::Write, fs};

use anyhow::Result;

use super::packages::{Package, Packages};

/// How files with the text of a licence begin.
const NAMES: [&str; 5] = ["license", "licence", "copying", "notice", "unlicense"];

pub fn text(packages: &Packages) -> Result<String> {
    let mut text = "Curfew contains these packages. Their licences follow the list.\n\n".to_owned();
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in &packages.0 {
        let name = format!("{} {}", package.name, package.version);
        let licence = package.licence.as_deref().unwrap_or("see its text below");
        writeln!(text, "{name}: {licence}")?;
        for licence in of(package)? {
            texts.entry(licence).or_default().push(name.clone());
        }
    }
    for (licence, names) in texts {
        let line = "-".repeat(72);
        write!(text, "\n{line}\n{}\n\n{licence}\n", names.join(", "))?;
    }
    Ok(text)
}

/// The texts that lie in the package's source, in the order of their names.
fn of(package: &Package) -> Result<Vec<String>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(&package.folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().to_lowercase();
        if entry.file_type()?.is_file() && NAMES.iter().any(|start| name.starts_with(start)) {
            files.push(entry.path());
        }
    }
    files.sort();
    let read = |path| {
        Ok(String::from_utf8_lossy(&fs::read(path)?)
            .trim_end()
            .to_owned())
    };
    files.into_iter().map(read).collect()
}
