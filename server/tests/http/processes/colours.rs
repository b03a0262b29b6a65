//! Colours in the log: on a terminal, unless `NO_COLOR` is set (<https://no-color.org>), and nowhere else.

use std::process::{Command, Stdio};

use super::program::curfew;

/// What a start logs that comes to nothing: a name that no setting has, and a database that is not there.
fn logs(on_a_terminal: bool, no_color: Option<&str>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let like = curfew(folder.path(), "postgres://curfew@127.0.0.1:1/curfew");
    let mut command = if on_a_terminal {
        // Gives the program a terminal of its own, and passes on what it writes there.
        let mut script = Command::new("script");
        let serve = format!("'{}' serve", like.get_program().display());
        script.args(["--quiet", "--return", "--command", &serve, "/dev/null"]);
        script
    } else {
        let mut plain = Command::new(like.get_program());
        plain.arg("serve");
        plain
    };
    for (name, value) in like.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
        .current_dir(folder.path())
        .env("CURFEW_LOG", "text")
        .env("CURFEW_LISTN", "x")
        .env("TERM", "xterm")
        .stdin(Stdio::null());
    match no_color {
        Some(value) => command.env("NO_COLOR", value),
        None => command.env_remove("NO_COLOR"),
    };
    let output = command.output().unwrap();
    assert!(!output.status.success(), "{output:?}");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    assert!(said.contains("no setting has that name"), "{said}");
    said
}

#[test]
fn the_log_has_colours_on_a_terminal_unless_no_color_is_set() {
    const COLOUR: &str = "\u{1b}[";
    assert!(logs(true, None).contains(COLOUR));
    // Set to nothing is not set.
    assert!(logs(true, Some("")).contains(COLOUR));
    for (on_a_terminal, no_color) in [(true, Some("1")), (false, None), (false, Some("1"))] {
        let said = logs(on_a_terminal, no_color);
        assert!(
            !said.contains(COLOUR),
            "{on_a_terminal} {no_color:?}: {said}"
        );
    }
}
