//! Applications that the operator declares in a file: applied as a whole, and again without a change or an event.
//!
//! Each has a key of its own there, so that another name or address is a change of the same application. It is checked
//! by what the page and the command line are checked by. What the file does not name is left alone.

use crate::{
    audit::{Action, Actor},
    ids::{AccountId, ApplicationId, UserId},
    on,
    operation::Operation,
    secret::TokenHash,
    users::{account_of, id_of_email},
};

use super::{
    Access, Application, ApplicationError, Details, Kind, OwnHost,
    change::change_as,
    details::Checked,
    find::{find, redirects},
    manage::{end_and_remove, tell},
    register::{By, Declaration, insert},
    secrets::{good_secrets, put_secret, revoke_secret},
    who_may::access,
};

/// An application as the file declares it.
#[derive(Debug, Clone)]
pub struct Declared {
    /// Which one it is, whatever else about it changes.
    pub key: String,
    pub wanted: Wanted,
}

/// What the file wants of it.
#[derive(Debug, Clone)]
pub enum Wanted {
    Registered(Box<WantedApplication>),
    Removed,
}

/// How it is to be registered.
#[derive(Debug, Clone)]
pub struct WantedApplication {
    pub details: Details,
    /// A client id that its deployment knows already.
    pub client_id: Option<ApplicationId>,
    /// The emails of members who may use it, besides those of the details.
    pub members: Vec<String>,
    /// The secrets that are good, and no others: one, or the one in use and its successor. None of one that keeps no secret.
    pub secrets: Vec<TokenHash>,
}

/// What applying the file did: keys with client ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    pub registered: Vec<(String, ApplicationId)>,
    pub changed: Vec<(String, ApplicationId)>,
    pub removed: Vec<(String, ApplicationId)>,
    /// Keys with emails that no member of the account has, now: members leave, and that must not stop a start.
    pub unknown: Vec<(String, String)>,
}

/// Why the file was not applied: nothing of it was.
#[derive(Debug, thiserror::Error)]
#[error("{key}: {why}")]
pub struct DeclaredError {
    /// Of the application that is wrong.
    pub key: String,
    pub why: ApplicationError,
}

/// Applies what is declared to an account, in the order of the list; what is to be removed goes first, because a host that it
/// had may be another's now. Nodes that apply the same at once do it once.
///
/// # Errors
/// What is wrong with the first that is; nothing has changed then, if the caller drops the operation.
pub async fn apply_declared(
    op: &mut Operation,
    account: &AccountId,
    declared: &[Declared],
    own_host: &OwnHost,
) -> Result<Applied, DeclaredError> {
    let mut applied = Applied::default();
    let (removed, kept): (Vec<_>, Vec<_>) = declared
        .iter()
        .partition(|one| matches!(one.wanted, Wanted::Removed));
    for one in removed.into_iter().chain(kept) {
        let done = apply(op, account, one, own_host, &mut applied.unknown).await;
        let done = done.map_err(|why| DeclaredError {
            key: one.key.clone(),
            why,
        })?;
        let of_key = |id| (one.key.clone(), id);
        match done {
            Done::Nothing => {}
            Done::Registered(id) => applied.registered.push(of_key(id)),
            Done::Changed(id) => applied.changed.push(of_key(id)),
            Done::Removed(id) => applied.removed.push(of_key(id)),
        }
    }
    Ok(applied)
}

enum Done {
    Nothing,
    Registered(ApplicationId),
    Changed(ApplicationId),
    Removed(ApplicationId),
}

async fn apply(
    op: &mut Operation,
    account: &AccountId,
    declared: &Declared,
    own_host: &OwnHost,
    unknown: &mut Vec<(String, String)>,
) -> Result<Done, ApplicationError> {
    // Another node that applies the same waits here, and finds it done.
    op.lock_account(account).await?;
    let by = By {
        account,
        actor: Actor::Operator,
        user: None,
    };
    let before = of_key(op, account, &declared.key).await?;
    let wanted = match &declared.wanted {
        Wanted::Registered(wanted) => wanted,
        Wanted::Removed => {
            return Ok(match before {
                Some(before) => {
                    end_and_remove(op, &before, by.actor).await?;
                    Done::Removed(before.id)
                }
                None => Done::Nothing,
            });
        }
    };
    let mut details = wanted.details.clone();
    let gone = name_members(op, account, &mut details, &wanted.members).await?;
    let no_one_may = !gone.is_empty() && may_be_used_by_no_one(&details);
    unknown.extend(gone.into_iter().map(|email| (declared.key.clone(), email)));
    if no_one_may {
        // As it is: no member that the file names is left to use it, and it is opened to no others.
        return Ok(Done::Nothing);
    }
    check_secrets(&details, &wanted.secrets)?;
    let Some(before) = before else {
        let declaration = Declaration {
            key: &declared.key,
            client_id: wanted.client_id.as_ref(),
        };
        let made = insert(op, by, &details, own_host, Some(declaration)).await?;
        for secret in &wanted.secrets {
            put(op, &made.id, secret).await?;
        }
        return Ok(Done::Registered(made.id));
    };
    keeps_what_it_is(&before, &details, wanted.client_id.as_ref())?;
    let checked = details
        .checked(own_host)
        .map_err(ApplicationError::Fields)?;
    let stored = Details::of(
        &before,
        redirects(op, &before.id).await?,
        access(op, &before).await?,
    );
    let same = is_stored(&details, &checked, &stored);
    if !same {
        change_as(op, by, &before.id, &details, own_host).await?;
    }
    let same_secrets = set_secrets(op, by, &before, &wanted.secrets).await?;
    Ok(if same && same_secrets {
        Done::Nothing
    } else {
        Done::Changed(before.id)
    })
}

/// The application of an account that the file knows by that key.
async fn of_key(
    op: &mut Operation,
    account: &AccountId,
    key: &str,
) -> Result<Option<Application>, sqlx::Error> {
    let id: Option<ApplicationId> = on!(&mut *op, c => sqlx::query_scalar(
        "select id from applications where account_id = $1 and declared_as = $2 and removed_at is null")
        .bind(account)
        .bind(key)
        .fetch_optional(c)
        .await)?;
    match id {
        Some(id) => find(op, &id).await,
        None => Ok(None),
    }
}

/// Adds the members of those emails to who may use it. Gives the emails that no member of the account has.
async fn name_members(
    op: &mut Operation,
    account: &AccountId,
    details: &mut Details,
    emails: &[String],
) -> Result<Vec<String>, ApplicationError> {
    let (mut named, mut gone): (Vec<UserId>, Vec<String>) = (Vec::new(), Vec::new());
    for email in emails {
        let found = id_of_email(op, email).await?;
        let of = match &found {
            Some(user) => account_of(op, user).await?,
            None => None,
        };
        match found {
            Some(user) if of.as_ref() == Some(account) => named.push(user),
            _ => gone.push(email.clone()),
        }
    }
    if let Access::Chosen { users, .. } = &mut details.access {
        users.extend(named);
        users.sort_by(|a, b| a.0.cmp(&b.0));
        users.dedup();
    }
    Ok(gone)
}

fn may_be_used_by_no_one(details: &Details) -> bool {
    matches!(&details.access, Access::Chosen { roles, users } if roles.is_empty() && users.is_empty())
}

/// One that keeps a secret has one, because a made one would be shown to no one.
pub(super) fn check_secrets(
    details: &Details,
    secrets: &[TokenHash],
) -> Result<(), ApplicationError> {
    let keeps_one = details.kind == Kind::OpenId && details.is_confidential;
    match (keeps_one, secrets.is_empty()) {
        (true, true) => Err(ApplicationError::field(
            "secret_file",
            "Name the file of its secret, or say public = true for an application that keeps none.",
        )),
        (false, false) => Err(ApplicationError::field(
            "secret_file",
            "A public application and one behind the gate keep no secret.",
        )),
        _ => Ok(()),
    }
}

/// Kind, client id, and whether it keeps a secret, stay: whatever was set up there goes by them.
fn keeps_what_it_is(
    before: &Application,
    details: &Details,
    client_id: Option<&ApplicationId>,
) -> Result<(), ApplicationError> {
    if before.kind != details.kind {
        let why =
            "It was registered as another kind. Remove it, and use another key for the new one.";
        return Err(ApplicationError::field("kind", why));
    }
    if before.kind == Kind::OpenId && before.is_confidential != details.is_confidential {
        let why = "Whether it keeps a secret doesn’t change. Remove it, and use another key for the new one.";
        return Err(ApplicationError::field("public", why));
    }
    if client_id.is_some_and(|id| *id != before.id) {
        let why = format!(
            "It is registered with the client id {}.",
            before.id.as_str()
        );
        return Err(ApplicationError::field("client_id", &why));
    }
    Ok(())
}

/// Whether what is stored is what is wanted.
fn is_stored(wanted: &Details, checked: &Checked, stored: &Details) -> bool {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let is_gate = wanted.kind == Kind::Gate;
    stored.name == checked.name
        && stored.preset == wanted.preset
        && stored.address == text(&checked.address)
        && stored.redirects == checked.redirects
        && (is_gate || stored.is_confidential == wanted.is_confidential)
        && stored.requires_pkce == wanted.requires_pkce
        && stored.signing_algorithm == wanted.signing_algorithm
        && stored.claims_in_id_token == wanted.claims_in_id_token
        && stored.logout_address == text(&checked.logout_address)
        && stored.signed_out_address == text(&checked.signed_out_address)
        && stored.own_session == wanted.own_session
        && stored.open_paths == checked.open_paths
        && stored.passes_preflights == wanted.passes_preflights
        && stored.requires_second_factor == wanted.requires_second_factor
        && is_same_access(&stored.access, &wanted.access)
}

fn is_same_access(stored: &Access, wanted: &Access) -> bool {
    let sorted = |access: &Access| match access {
        Access::All => None,
        Access::Chosen { roles, users } => {
            let mut all: Vec<String> = roles.iter().map(|role| role.key().to_owned()).collect();
            all.extend(users.iter().map(|user| user.0.clone()));
            all.sort();
            all.dedup();
            Some(all)
        }
    };
    sorted(stored) == sorted(wanted)
}

/// Makes those secrets good, and no others. Whether they were so already.
async fn set_secrets(
    op: &mut Operation,
    by: By<'_>,
    application: &Application,
    wanted: &[TokenHash],
) -> Result<bool, ApplicationError> {
    let good = good_secrets(op, &application.id).await?;
    let (mut made, mut revoked) = (false, false);
    for secret in wanted.iter().filter(|secret| !good.contains(secret)) {
        put(op, &application.id, secret).await?;
        made = true;
    }
    for secret in good.iter().filter(|secret| !wanted.contains(secret)) {
        revoke_secret(op, &application.id, secret).await?;
        revoked = true;
    }
    for (done, action) in [
        (made, Action::ApplicationSecretMade),
        (revoked, Action::ApplicationSecretRevoked),
    ] {
        if done {
            tell(op, action, by, application.into(), serde_json::json!({}));
        }
    }
    Ok(!made && !revoked)
}

async fn put(
    op: &mut Operation,
    application: &ApplicationId,
    secret: &TokenHash,
) -> Result<(), ApplicationError> {
    if put_secret(op, application, secret).await? {
        return Ok(());
    }
    Err(ApplicationError::secret_taken())
}
