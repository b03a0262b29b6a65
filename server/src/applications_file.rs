//! The operator's file of applications (`CURFEW_APPLICATIONS_FILE`): read as a whole at the start, and applied before the
//! server listens. Applied again it changes nothing.

mod entry;
mod lines;

use std::{collections::BTreeMap, fs, path::Path, time::Duration};

use accounts::{
    applications::{
        ApplicationError, Applied, Declared, DeclaredError, OwnHost, apply_declared, first_account,
    },
    client::Client,
    db::DatabaseError,
    files,
    ids::AccountId,
    instance::Instance,
    operation::Operation,
    time::Moment,
    users,
};
use serde::Deserialize;

use self::{
    entry::Entry,
    lines::{Lines, SETTING},
};
use crate::config::Config;

/// How often a fresh install is asked whether it has an account.
const AGAIN: Duration = Duration::from_secs(1);

/// The file, read and checked as far as it can be without the database.
pub(crate) struct ApplicationsFile {
    lines: Lines,
    account_of: Option<String>,
    declared: Vec<Declared>,
}

/// As it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// The email of a member of the account that has them. Without: the first account.
    account_of: Option<String>,
    #[serde(default)]
    applications: BTreeMap<String, Entry>,
}

/// Why it was not applied.
enum NotApplied {
    /// A sentence that names the line.
    Wrong(String),
    Database(DatabaseError),
}

impl From<DatabaseError> for NotApplied {
    fn from(error: DatabaseError) -> Self {
        Self::Database(error)
    }
}

/// Reads the file; none where the setting names none.
///
/// # Errors
/// One plain sentence that names the setting, the file, the line and an example.
pub(crate) fn read(config: &Config) -> Result<Option<ApplicationsFile>, String> {
    let Some(path) = &config.applications_file else {
        return Ok(None);
    };
    let text = fs::read_to_string(path)
        .map_err(|error| format!("{SETTING}: {}", files::explain(path, &error)))?;
    ApplicationsFile::parse(path, &text).map(Some)
}

impl ApplicationsFile {
    fn parse(path: &Path, text: &str) -> Result<Self, String> {
        let lines = Lines::of(path, text);
        let written: Written = toml::from_str(text).map_err(|error| {
            // Not the error's own text, which quotes the line: that may hold a secret.
            lines.at(error.span().map_or(0, |span| span.start), error.message())
        })?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut declared = Vec::new();
        for (key, entry) in written.applications {
            if !is_key(&key) {
                let why = "Name applications with a to z, 0 to 9, - and _, 64 characters at most.";
                return Err(lines.of_field(&key, "", why));
            }
            let wanted = entry
                .wanted(folder)
                .map_err(|(field, why)| lines.of_field(&key, field, &why))?;
            declared.push(Declared { key, wanted });
        }
        Ok(Self {
            lines,
            account_of: written.account_of,
            declared,
        })
    }

    /// Applies it whole, or nothing of it. None where there is no account yet.
    async fn apply(
        &self,
        instance: &Instance,
        own_host: &OwnHost,
    ) -> Result<Option<Applied>, NotApplied> {
        let now = Moment::now();
        let mut op = Operation::begin(instance, &Client::default(), now).await?;
        let Some(account) = self.account(&mut op).await? else {
            return Ok(None);
        };
        let applied = apply_declared(&mut op, &account, &self.declared, own_host).await;
        let applied = applied.map_err(|error| self.wrong(error))?;
        op.commit().await?;
        Ok(Some(applied))
    }

    /// Whose the applications are.
    async fn account(&self, op: &mut Operation) -> Result<Option<AccountId>, NotApplied> {
        let first = first_account(op).await?;
        let (Some(email), true) = (&self.account_of, first.is_some()) else {
            return Ok(first);
        };
        let user = match users::id_of_email(op, email).await? {
            Some(id) => users::find(op, &id).await?,
            None => None,
        };
        // A user who leaves must not stop the next start: then the file waits.
        Ok(user.map(|user| user.account_id))
    }

    fn wrong(&self, error: DeclaredError) -> NotApplied {
        let DeclaredError { key, why } = error;
        match why {
            ApplicationError::Refused(accounts::members::MemberError::Database(error)) => {
                NotApplied::Database(error)
            }
            ApplicationError::Fields(wrong) => {
                let (field, why) = wrong.into_iter().next().unwrap_or_default();
                NotApplied::Wrong(self.lines.of_field(&key, in_the_file(field), &why))
            }
            other => NotApplied::Wrong(self.lines.of_field(&key, "", &other.to_string())),
        }
    }
}

/// The rules' name of a field as the file has it.
fn in_the_file(field: &str) -> &str {
    match field {
        "requires_pkce" => "without_pkce",
        "access" => "roles",
        other => other,
    }
}

/// Whether it may be a key: it stands in the log and in events of the operator.
fn is_key(key: &str) -> bool {
    let fits =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    (1..=64).contains(&key.len()) && key.bytes().all(fits)
}

/// Applies the file at the start. What is returned waits for the first account.
///
/// # Errors
/// One plain sentence: what is wrong, on which line, or that the database is unavailable.
pub(crate) async fn at_start(
    file: Option<ApplicationsFile>,
    instance: &Instance,
    config: &Config,
) -> Result<Option<Waiting>, String> {
    let Some(file) = file else {
        return Ok(None);
    };
    let waiting = Waiting {
        file,
        instance: instance.clone(),
        own_host: OwnHost::of(&config.public_url()),
    };
    match waiting
        .file
        .apply(&waiting.instance, &waiting.own_host)
        .await
    {
        Ok(Some(applied)) => {
            tell(&applied);
            Ok(None)
        }
        Ok(None) => {
            tracing::info!(
                "the file of applications waits: it is applied as soon as there is the first user, or the one whom account_of names"
            );
            Ok(Some(waiting))
        }
        Err(NotApplied::Wrong(why)) => Err(why),
        Err(NotApplied::Database(error)) => {
            Err(config.cannot_open_database(&instance.db.explain(&error)))
        }
    }
}

/// A file that waits for the first account.
pub(crate) struct Waiting {
    file: ApplicationsFile,
    instance: Instance,
    own_host: OwnHost,
}

impl Waiting {
    /// Applies it as soon as there is one. What is wrong with it then is logged, and stops the next start.
    pub(crate) async fn keep_trying(self) {
        loop {
            tokio::time::sleep(AGAIN).await;
            match self.file.apply(&self.instance, &self.own_host).await {
                Ok(None) => {}
                Ok(Some(applied)) => return tell(&applied),
                Err(NotApplied::Wrong(why)) => {
                    tracing::error!(why, "the file of applications was not applied");
                    return;
                }
                Err(NotApplied::Database(error)) => {
                    let error = self.instance.db.explain(&error);
                    tracing::warn!(
                        error,
                        "the database is unavailable: the file of applications waits"
                    );
                }
            }
        }
    }
}

/// Says what was done; nothing where all was so already.
fn tell(applied: &Applied) {
    for (done, all) in [
        ("registered", &applied.registered),
        ("changed", &applied.changed),
        ("removed", &applied.removed),
    ] {
        for (key, id) in all {
            let client_id = id.as_str();
            tracing::info!(key, client_id, "an application of the file was {done}");
        }
    }
    for (key, _) in &applied.unknown {
        tracing::warn!(
            key,
            "the file of applications names an email among the members that no member of the account has: it was left out"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        match ApplicationsFile::parse(Path::new("/etc/curfew/applications.toml"), text) {
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
                "sequence",
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
                "/nowhere/at/all",
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
            ("applications = 3\n", 1, "line 1"),
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
        let page = include_str!("../../docs/APPLICATIONS.md");
        let (_, rest) = page.split_once("```toml\n# applications.toml").unwrap();
        let (example, _) = rest.split_once("```").unwrap();
        // Its secrets are nowhere here.
        let example = example.replace("secret_file = \"/run/secrets/", "# ");
        let read = ApplicationsFile::parse(Path::new("applications.toml"), &example);
        let keys: Vec<String> = match read {
            Ok(read) => read.declared.into_iter().map(|one| one.key).collect(),
            Err(why) => panic!("{why}"),
        };
        assert_eq!(keys, ["files", "old", "wiki"]);
    }
}
