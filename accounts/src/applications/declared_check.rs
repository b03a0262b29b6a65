//! What is wrong with declared applications whatever the database holds: `curfew config check` asks it, and every start.

use std::collections::{HashMap, HashSet};

use super::{
    Access, ApplicationError, Declared, DeclaredError, Details, OwnHost, Wanted, WantedApplication,
    declared::check_secrets, register::MOST,
};

/// Checks each application by itself, and that no two of them want the same host, client id or secret.
///
/// # Errors
/// What is wrong with the first that is, in the order of the list.
pub fn check_declared(declared: &[Declared], own_host: &OwnHost) -> Result<(), DeclaredError> {
    let mut taken = Taken::default();
    for one in declared {
        if let Wanted::Registered(wanted) = &one.wanted {
            let checked = taken.check(wanted, own_host);
            checked.map_err(|why| DeclaredError {
                key: one.key.clone(),
                why,
            })?;
        }
    }
    Ok(())
}

/// What the applications of the list have, up to now.
#[derive(Default)]
struct Taken<'a> {
    applications: i64,
    /// With the kind that has each.
    hosts: HashSet<(String, &'static str)>,
    client_ids: HashSet<&'a str>,
    /// With the number of the application that has each: it may name one twice.
    secrets: HashMap<String, i64>,
}

impl<'a> Taken<'a> {
    fn check(
        &mut self,
        wanted: &'a WantedApplication,
        own_host: &OwnHost,
    ) -> Result<(), ApplicationError> {
        self.applications += 1;
        if self.applications > MOST {
            return Err(ApplicationError::LimitReached);
        }
        check_secrets(&wanted.details, &wanted.secrets)?;
        let details = as_if_members_were_there(wanted);
        let checked = details
            .checked(own_host)
            .map_err(ApplicationError::Fields)?;
        for host in checked.hosts {
            if !self.hosts.insert((host.clone(), details.kind.key())) {
                return Err(ApplicationError::host_taken(details.kind, &host));
            }
        }
        if let Some(id) = &wanted.client_id
            && !self.client_ids.insert(id.as_str())
        {
            return Err(ApplicationError::client_id_taken());
        }
        for secret in &wanted.secrets {
            let of = self.secrets.entry(secret.as_str().to_owned());
            if *of.or_insert(self.applications) != self.applications {
                return Err(ApplicationError::secret_taken());
            }
        }
        Ok(())
    }
}

/// Which members there are, the database knows: naming one is enough here.
fn as_if_members_were_there(wanted: &WantedApplication) -> Details {
    let mut details = wanted.details.clone();
    if !wanted.members.is_empty() {
        details.access = Access::All;
    }
    details
}
