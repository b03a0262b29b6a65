//! The operator's file of applications (`CURFEW_APPLICATIONS_FILE`): read as a whole at the start, and applied before the
//! server listens. Applied again it changes nothing.

mod entry;
mod file;
mod lines;
mod shapes;
#[cfg(test)]
mod tests;

use std::{fs, time::Duration};

use accounts::{
    applications::{
        ApplicationError, Applied, DeclaredError, OwnHost, apply_declared, first_account,
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

use self::{file::ApplicationsFile, lines::SETTING};
use crate::config::Config;

/// How often a fresh install is asked whether it has an account.
const AGAIN: Duration = Duration::from_secs(1);

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

/// Reads the file and checks all of it that needs no database; none where the setting names none.
///
/// # Errors
/// One plain sentence that names the setting, the file, the line and an example.
pub(crate) fn read(config: &Config) -> Result<Option<ApplicationsFile>, String> {
    let Some(path) = &config.applications_file else {
        return Ok(None);
    };
    let text = fs::read_to_string(path)
        .map_err(|error| format!("{SETTING}: {}", files::explain(path, &error)))?;
    let own_host = OwnHost::of(&config.public_url());
    ApplicationsFile::parse(path, &text, &own_host).map(Some)
}

impl ApplicationsFile {
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
        match error.why {
            ApplicationError::Refused(accounts::members::MemberError::Database(error)) => {
                NotApplied::Database(error)
            }
            why => NotApplied::Wrong(self.said(&error.key, why)),
        }
    }
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
