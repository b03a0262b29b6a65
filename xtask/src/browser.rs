//! The browser side: cargo, then wasm-bindgen, then wasm-opt.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

use crate::mode::Mode;
use crate::paths;
use crate::run::{cargo, run};
use crate::site::hash;

/// The two files that make up the browser side.
pub struct Browser {
    pub js: Vec<u8>,
    pub wasm: Vec<u8>,
}

/// Builds them, or takes them from the last time when cargo's result is the same.
pub fn build(mode: Mode) -> Result<Browser> {
    let compiled = compile(mode)?;
    let optimiser = match mode {
        Mode::Release => wasm_opt(),
        Mode::Dev => None,
    };

    let folder = paths::target().join("web").join(folder_name(mode));
    let stamp = folder.join("stamp");
    let inputs = inputs(&compiled, optimiser.as_deref())?;
    if fs::read_to_string(&stamp).is_ok_and(|last| last == inputs) {
        return read(&folder);
    }

    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    eprintln!("xtask: wasm-bindgen");
    bind(&compiled, &folder)?;
    match (mode, optimiser) {
        (_, Some(optimiser)) => optimise(&optimiser, &folder)?,
        (Mode::Release, None) => {
            eprintln!("xtask: no wasm-opt (npm ci brings it): correct all the same, but larger");
        }
        (Mode::Dev, None) => {}
    }
    let browser = read(&folder)?;
    // Last, so that an interrupted build is done again.
    fs::write(&stamp, inputs)?;
    Ok(browser)
}

/// Cargo's part. Cargo knows best when there is nothing to do.
fn compile(mode: Mode) -> Result<PathBuf> {
    let profile = match mode {
        Mode::Release => "wasm-release",
        Mode::Dev => "dev",
    };
    let target = "wasm32-unknown-unknown";
    run(cargo().args([
        "build",
        "-p",
        "frontend",
        "--target",
        target,
        "--profile",
        profile,
    ]))?;
    Ok(paths::target()
        .join(target)
        .join(folder_name(mode))
        .join("frontend.wasm"))
}

/// The name of cargo's output folder, which is the profile's but for dev.
fn folder_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Release => "wasm-release",
        Mode::Dev => "debug",
    }
}

/// npm's binaryen. Debian's is too old: it writes a broken module and says nothing.
fn wasm_opt() -> Option<PathBuf> {
    let program = paths::root().join("node_modules/binaryen/bin/wasm-opt");
    program.exists().then_some(program)
}

/// Everything the result depends on, as one line: the module, this program (which contains wasm-bindgen),
/// and the optimiser's version.
fn inputs(compiled: &Path, optimiser: Option<&Path>) -> Result<String> {
    let module =
        fs::read(compiled).with_context(|| format!("cannot read {}", compiled.display()))?;
    let ourselves = fs::read(std::env::current_exe()?)?;
    let optimiser = match optimiser {
        Some(program) => {
            let package = program.with_file_name("../package.json");
            hash(
                &fs::read(&package)
                    .with_context(|| format!("cannot read {}", package.display()))?,
            )
        }
        None => "none".to_owned(),
    };
    Ok(format!(
        "{} {} {optimiser}",
        hash(&module),
        hash(&ourselves)
    ))
}

/// wasm-bindgen as a library: its version is the one in Cargo.lock, so it can never differ from the
/// one compiled into the module.
fn bind(compiled: &Path, folder: &Path) -> Result<()> {
    Bindgen::new()
        .input_path(compiled)
        .out_name("curfew")
        .web(true)?
        // The page passes the hashed address of the module itself.
        .omit_default_module_path(true)
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(folder)?;
    if folder.join("snippets").exists() {
        bail!(
            "a crate brings JavaScript snippets, which have no hashed names; leave that crate out"
        );
    }
    Ok(())
}

/// No feature flags: the module itself says what it uses, and more than that some browsers refuse.
fn optimise(program: &Path, folder: &Path) -> Result<()> {
    eprintln!("xtask: wasm-opt -Oz (the better part of a minute)");
    let module = folder.join("curfew_bg.wasm");
    let smaller = folder.join("smaller.wasm");
    // Through node, since npm may leave out the executable bit.
    run(Command::new("node")
        .arg(program)
        .arg("-Oz")
        .arg(&module)
        .arg("-o")
        .arg(&smaller))?;
    fs::rename(smaller, module)?;
    Ok(())
}

fn read(folder: &Path) -> Result<Browser> {
    Ok(Browser {
        js: fs::read(folder.join("curfew.js"))?,
        wasm: fs::read(folder.join("curfew_bg.wasm"))?,
    })
}
