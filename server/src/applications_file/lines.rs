//! Where in the file something stands, for messages: the operator has an editor open, and goes to a line.

use std::path::Path;

/// The setting that names the file.
pub(super) const SETTING: &str = "CURFEW_APPLICATIONS_FILE";

/// The file's text and its name.
pub(super) struct Lines {
    path: String,
    text: String,
}

impl Lines {
    pub(super) fn of(path: &Path, text: &str) -> Self {
        Self {
            path: path.display().to_string(),
            text: text.to_owned(),
        }
    }

    /// A message about the place of that byte.
    pub(super) fn at(&self, byte: usize, why: &str) -> String {
        let before = self.text.get(..byte).unwrap_or(&self.text);
        let line = before.matches('\n').count() + 1;
        // A parser's message may have lines of its own.
        let why = why.replace('\n', " ");
        self.message(line, &format!("{why}. Example: [applications.wiki] with kind = \"gate\", name = \"Wiki\" and address = \"https://wiki.example.com\""))
    }

    /// A message about a field of an application, or about the whole of it where the field is empty.
    pub(super) fn of_field(&self, key: &str, field: &str, why: &str) -> String {
        let line = self.line_of(key, field);
        let named = if field.is_empty() {
            key.to_owned()
        } else {
            format!("{key}: {field}")
        };
        let why = format!("{named}: {why}");
        match example(field) {
            "" => self.message(line, &why),
            example => self.message(line, &format!("{why} Example: {example}")),
        }
    }

    /// A message about a key that stands above the applications.
    pub(super) fn of_file(&self, key: &str, why: &str) -> String {
        let heading = format!("[{key}");
        let mut lines = self.text.lines().map(str::trim);
        let found = lines.position(|line| is_set(line, key) || line.starts_with(&heading));
        self.message(found.unwrap_or(0) + 1, &format!("{key}: {why}"))
    }

    fn message(&self, line: usize, why: &str) -> String {
        format!("{SETTING}: {}, line {line}: {why}", self.path)
    }

    /// The line of a field of an application, or else of its heading, or else the first.
    fn line_of(&self, key: &str, field: &str) -> usize {
        let headings = [
            format!("[applications.{key}]"),
            format!("[applications.\"{key}\"]"),
        ];
        let mut lines = self.text.lines().map(str::trim).enumerate();
        let is_heading = |line: &str| headings.iter().any(|heading| line.starts_with(heading));
        let Some((heading, _)) = lines.by_ref().find(|(_, line)| is_heading(line)) else {
            // Not under a heading of its own.
            let whole = format!("applications.{key}");
            let mut lines = self.text.lines().map(str::trim);
            let found = lines.position(|line| is_set(line, key) || line.starts_with(&whole));
            return found.unwrap_or(0) + 1;
        };
        let set = lines
            .take_while(|(_, line)| !line.starts_with('['))
            .find(|(_, line)| is_set(line, field));
        set.map_or(heading, |(n, _)| n) + 1
    }
}

/// Whether a line sets the field.
fn is_set(line: &str, field: &str) -> bool {
    let rest = line.strip_prefix(field).map(str::trim_start);
    !field.is_empty() && rest.is_some_and(|rest| rest.starts_with('='))
}

/// How a field is written.
fn example(field: &str) -> &'static str {
    match field {
        "kind" => "kind = \"gate\"",
        "name" => "name = \"Wiki\"",
        "preset" => "preset = \"nextcloud\"",
        "address" => "address = \"https://wiki.example.com\"",
        "redirects" => "redirects = [\"https://files.example.com/callback\"]",
        "logout_address" => "logout_address = \"https://files.example.com/backchannel-logout\"",
        "signed_out_address" => "signed_out_address = \"https://files.example.com/\"",
        "own_session" => "own_session = \"30d\"",
        "open_paths" => "open_paths = [\"/robots.txt\", \"/public/\"]",
        "signing_algorithm" => "signing_algorithm = \"RS256\"",
        "roles" => "roles = [\"owner\", \"admin\"]",
        "members" => "members = [\"ada@example.com\"]",
        "client_id" => "client_id = \"5f0c7a52-3f0e-4a57-9d0a-6f1f5e2f9f11\", as uuidgen makes one",
        "secret_file" | "old_secret_file" => {
            "secret_file = \"/run/secrets/files\", made with: printf 'cfw_app_%s' \"$(openssl rand -base64 32 | tr '+/' '-_' | tr -d '=')\""
        }
        "secret_hash" | "old_secret_hash" => {
            "secret_hash = \"64 digits\", made with: printf %s \"$SECRET\" | sha256sum"
        }
        _ => "",
    }
}
