//! What a file says, and what is said of it.

use std::path::Path;

use accounts::applications::OwnHost;

use super::{file::ApplicationsFile, lines::SETTING};

fn own_host() -> OwnHost {
    OwnHost::of("https://curfew.example.com")
}

fn refused(text: &str) -> String {
    let path = Path::new("/etc/curfew/applications.toml");
    match ApplicationsFile::parse(path, text, &own_host()) {
        Ok(_) => panic!("it was read: {text}"),
        Err(why) => why,
    }
}

#[test]
fn what_cannot_be_read_names_the_line_and_an_example() {
    for (text, line, says) in [
        (
            "[applications.wiki]\nkind = \"gate\"\nname = \"Wiki\"\nadress = \"https://wiki.example.com\"\n",
            4,
            "adress",
        ),
        (
            "\n[applications.wiki]\nkind = \"proxy\"\nname = \"Wiki\"\n",
            3,
            "Example: kind = \"gate\"",
        ),
        (
            "[applications.files]\nname = \"Files\"\nredirects = \"https://files.example.com/\"\n",
            3,
            "list of texts",
        ),
        (
            "[applications.files]\nname = \"Files\"\npreset = \"nextclown\"\n",
            3,
            "Example: preset = \"nextcloud\"",
        ),
        (
            "[applications.files]\nname = \"Files\"\nroles = [\"boss\"]\n",
            3,
            "Example: roles = ",
        ),
        (
            "[applications.files]\nname = \"Files\"\nsecret_hash = \"abc\"\n",
            3,
            "sha256sum",
        ),
        (
            "[applications.files]\nname = \"Files\"\nsecret_file = \"/nowhere/at/all\"\n",
            3,
            "the file that it names: ",
        ),
        (
            "[applications.files]\nname = \"Files\"\nclient_id = \"files\"\n",
            3,
            "uuidgen",
        ),
        (
            "[applications.files]\nname = \"Files\"\nown_session = \"long\"\n",
            3,
            "Example: own_session = \"30d\"",
        ),
        (
            "[applications.files]\nremove = true\nname = \"Files\"\n",
            2,
            "remove",
        ),
        (
            "[applications.files]\nname = \"Files\"\n[applications.files]\n",
            3,
            "line 3",
        ),
        ("[applications.\"Ä\"]\nname = \"Files\"\n", 1, "a to z"),
        ("applications = 3\n", 1, "[applications.wiki]"),
        ("\naccount_of = 3\n", 2, "A text"),
        (
            "\n[aplications.wiki]\n",
            2,
            "aplications: There is no such key",
        ),
        ("[applications]\nwiki = 3\n", 2, "wiki: A table"),
    ] {
        let why = refused(text);
        let place = format!("{SETTING}: /etc/curfew/applications.toml, line {line}: ");
        assert!(why.starts_with(&place), "{text}: {why}");
        assert!(why.contains(says), "{text}: {why}");
    }
}

#[test]
fn a_secret_that_stands_in_the_file_itself_is_not_shown() {
    let why = refused("[applications.files]\nname = \"Files\"\nsecret = \"hunter2hunter2\"\n");
    assert!(!why.contains("hunter2"), "{why}");
    assert!(why.contains("line 3"), "{why}");
    let why = refused("[applications.files]\nsecret_file = hunter2\n");
    assert!(!why.contains("hunter2"), "{why}");
}

#[test]
fn the_example_of_the_docs_is_read() {
    let page = include_str!("../../../docs/APPLICATIONS.md");
    let (_, rest) = page.split_once("```toml\n# applications.toml").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    // Its secret is nowhere here.
    let hash = format!("secret_hash = \"{}\"", "a".repeat(64));
    let example = example.replace("secret_file = \"/run/secrets/files\"", &hash);
    let read = ApplicationsFile::parse(Path::new("applications.toml"), &example, &own_host());
    let keys: Vec<String> = match read {
        Ok(read) => read.declared.into_iter().map(|one| one.key).collect(),
        Err(why) => panic!("{why}"),
    };
    assert_eq!(keys, ["files", "old", "wiki"]);
}

/// A gate and what is behind it, by key.
fn gate(key: &str, host: &str) -> String {
    format!(
        "[applications.{key}]\nkind = \"gate\"\nname = \"{key}\"\naddress = \"https://{host}\"\n"
    )
}

fn open_id(key: &str, rest: &str) -> String {
    format!(
        "[applications.{key}]\nname = \"{key}\"\nredirects = [\"https://{key}.example.com/callback\"]\n{rest}\n"
    )
}

#[test]
fn all_that_needs_no_database_is_checked_without_one() {
    let secret = "a".repeat(64);
    let hash = format!("secret_hash = \"{secret}\"");
    let id = "public = true\nclient_id = \"5f0c7a52-3f0e-4a57-9d0a-6f1f5e2f9f11\"";
    let at_own_host = gate("wiki", "curfew.example.com");
    let many: String = (0..201)
        .map(|n| gate(&format!("a{n:03}"), &format!("a{n}.example.com")))
        .collect();
    for (text, line, says) in [
        (open_id("files", ""), 1, "openssl rand"),
        (
            gate("wiki", "wiki.example.com/path"),
            4,
            "Enter its host alone",
        ),
        (gate("wiki", "x y"), 4, "Example: address"),
        (at_own_host, 4, "Curfew’s own host"),
        (
            gate("a", "wiki.example.com") + &gate("b", "wiki.example.com"),
            8,
            "belongs to another application",
        ),
        (
            open_id("a", &hash) + &open_id("b", &hash),
            5,
            "Another application has this secret",
        ),
        (open_id("a", id) + &open_id("b", id), 10, "uuidgen"),
        (
            open_id("files", "public = true\nroles = []"),
            5,
            "at least one role",
        ),
        (many, 801, "200 applications at most"),
    ] {
        let why = refused(&text);
        assert!(why.contains(&format!("line {line}: ")), "{why}");
        assert!(why.contains(says), "{why}");
    }
    // A gate may stand in front of an application that signs in by itself, members are looked for later, and what is removed
    // leaves its host to another.
    let wiki =
        "name = \"Wiki\"\npublic = true\nredirects = [\"https://wiki.example.com/callback\"]\n";
    let good = format!(
        "{}[applications.too]\n{wiki}members = [\"ada@example.com\"]\n[applications.old]\nremove = true\n",
        gate("wiki", "wiki.example.com")
    );
    let read = ApplicationsFile::parse(Path::new("applications.toml"), &good, &own_host());
    assert_eq!(read.map(|read| read.declared.len()), Ok(3));
}

#[test]
fn no_value_of_the_file_is_ever_shown() {
    let hidden = "hunter2hunter2";
    let mut wrong = Vec::new();
    let address = format!("https://ada:{hidden}@wiki.example.com");
    let text = |lines: &str| format!("[applications.files]\nname = \"Files\"\n{lines}\n");
    for (lines, field, says) in [
        (
            format!("redirects = \"{hidden}\""),
            "redirects",
            "list of texts",
        ),
        (
            format!("redirects = [\"{hidden}\", 3]"),
            "redirects",
            "list of texts",
        ),
        (
            format!("plain_http = \"{hidden}\""),
            "plain_http",
            "true or false",
        ),
        (
            format!("secret_file = [\"{hidden}\"]"),
            "secret_file",
            "A text",
        ),
        (
            format!("secret_hash = {{ x = \"{hidden}\" }}"),
            "secret_hash",
            "A text",
        ),
        (
            format!("secret = \"{hidden}\""),
            "secret",
            "The keys are remove, kind",
        ),
        (
            format!("secret_file = \"{hidden}\""),
            "secret_file",
            "the file that it names",
        ),
        (
            format!("secret_file = \"cfw_app_{hidden}\""),
            "secret_file",
            "itself",
        ),
        (
            format!("secret_hash = \"{hidden}\""),
            "secret_hash",
            "sha256sum",
        ),
        (format!("client_id = \"{hidden}\""), "client_id", "uuidgen"),
        (format!("kind = \"{hidden}\""), "kind", "gate"),
        (format!("preset = \"{hidden}\""), "preset", "no such preset"),
        (format!("roles = [\"{hidden}\"]"), "roles", "no such role"),
        (
            format!("signing_algorithm = \"{hidden}\""),
            "signing_algorithm",
            "RS256",
        ),
        (format!("own_session = \"{hidden}\""), "own_session", "30d"),
        (
            format!("public = true\nredirects = [\"https://ok.example.com/\", \"{address}\"]"),
            "redirects",
            "Number 2 of the list",
        ),
        (
            format!("kind = \"gate\"\naddress = \"{address}\""),
            "address",
            "Example: address",
        ),
        (
            format!(
                "kind = \"gate\"\naddress = \"https://wiki.example.com\"\nopen_paths = [\"/?{hidden}\"]"
            ),
            "open_paths",
            "Number 1 of the list",
        ),
    ] {
        let why = refused(&text(&lines));
        let is_named = why.contains(&format!("files: {field}: ")) && why.contains(says);
        if why.contains("hunter2") || !is_named {
            wrong.push(why);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    // What is no TOML has no field yet.
    for lines in [
        format!("secret_file = {hidden}"),
        format!("secret_file = \"{hidden}"),
        format!("secret_file = \"{hidden}\" {hidden}"),
        format!("secret_file = \"\\h{hidden}\""),
        format!("secret_file = \"a\"\nsecret_file = \"{hidden}\""),
        hidden.to_owned(),
        format!("[{hidden}"),
        format!("x = 0x{hidden}"),
        format!("secret_file.x = \"a\"\nsecret_file = \"{hidden}\""),
    ] {
        let why = refused(&text(&lines));
        assert!(!why.contains("hunter2"), "{lines}: {why}");
        assert!(why.contains(" line "), "{why}");
    }
}
