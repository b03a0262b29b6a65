//! Registering an application.

use serde_json::json;

use super::{
    Application, ClientSecret, Details, Kind, OwnHost, details::Checked, find::find,
    secrets::make_secret, who_may::set_access,
};
use crate::{
    audit::{Action, Actor, Event},
    db::Conn,
    execute,
    ids::{AccountId, ApplicationId, UserId},
    limits::ApplicationsFor,
    members::{MemberError, begin},
    on,
    operation::{LockedUser, Operation},
    permissions::Permission,
    rate_limits::RateLimited,
    signed_in::SignedIn,
};

/// Most applications of an account.
pub(super) const MOST: i64 = 200;

/// An application that was registered, and its secret, which is shown this once.
#[derive(Debug)]
pub struct Registered {
    pub application: Application,
    pub secret: Option<ClientSecret>,
}

/// Why an application is not registered, or has not changed.
#[derive(Debug, thiserror::Error)]
pub enum ApplicationError {
    /// Each field that is wrong by its name, with a sentence for the user who typed it.
    #[error("{}", .0.iter().map(|(field, why)| format!("{field}: {why}")).collect::<Vec<_>>().join(" "))]
    Fields(Vec<(&'static str, String)>),
    /// The operator lets the first account alone have applications.
    #[error(
        "applications are for the first account of this Curfew; CURFEW_APPLICATIONS=all lets every account have them"
    )]
    NotForThisAccount,
    #[error("an account has {MOST} applications at most")]
    LimitReached,
    /// A new secret would take away the one in use.
    #[error("two secrets are good already; revoke the old one first")]
    TwoSecrets,
    #[error("tests are sent too fast")]
    RateLimited(RateLimited),
    /// It does not exist, is removed, or is another account's: the same answer.
    #[error("there is no such application")]
    NotFound,
    #[error(transparent)]
    Refused(#[from] MemberError),
}

impl From<sqlx::Error> for ApplicationError {
    fn from(error: sqlx::Error) -> Self {
        Self::Refused(MemberError::Database(error))
    }
}

impl ApplicationError {
    pub(super) fn field(name: &'static str, why: &str) -> Self {
        Self::Fields(vec![(name, why.to_owned())])
    }

    /// One application of a kind has a host.
    pub(super) fn host_taken(kind: Kind, host: &str) -> Self {
        let field = match kind {
            Kind::Gate => "address",
            Kind::OpenId => "redirects",
        };
        Self::field(field, &format!("{host} belongs to another application."))
    }

    pub(super) fn client_id_taken() -> Self {
        let why = "Another application has this client id, or had it: make a new one with uuidgen.";
        Self::field("client_id", why)
    }

    pub(super) fn secret_taken() -> Self {
        let why = "Another application has this secret. Each has one of its own.";
        Self::field("secret_file", why)
    }
}

/// Whether the operator lets the account have applications.
///
/// # Errors
/// When the database is unavailable.
pub async fn may_register(
    conn: &mut Conn,
    allowed: ApplicationsFor,
    account: &AccountId,
) -> Result<bool, sqlx::Error> {
    if allowed == ApplicationsFor::AllAccounts {
        return Ok(true);
    }
    Ok(first_account(conn).await?.as_ref() == Some(account))
}

/// The first account of the install; none on a fresh one.
///
/// # Errors
/// When the database is unavailable.
pub async fn first_account(conn: &mut Conn) -> Result<Option<AccountId>, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar("select id from accounts order by created_at, id limit 1")
        .fetch_optional(c)
        .await)
}

/// Registers an application of the account of the user signed in.
///
/// # Errors
/// See [`ApplicationError`]; nothing has changed then.
pub async fn register(
    op: &mut Operation,
    who: &SignedIn,
    details: &Details,
    own_host: &OwnHost,
) -> Result<Registered, ApplicationError> {
    let me = begin(op, who, Permission::ManageApplications).await?;
    let application = insert(op, By::member(&me), details, own_host, None).await?;
    with_secret(op, application).await
}

/// As [`register`], by the operator on the machine.
///
/// # Errors
/// See [`ApplicationError`]; nothing has changed then.
pub async fn register_by_operator(
    op: &mut Operation,
    account: &AccountId,
    details: &Details,
    own_host: &OwnHost,
) -> Result<Registered, ApplicationError> {
    op.lock_account(account).await?;
    let by = By {
        account,
        actor: Actor::Operator,
        user: None,
    };
    let application = insert(op, by, details, own_host, None).await?;
    with_secret(op, application).await
}

/// Makes the secret of an application that was just registered, if it keeps one.
async fn with_secret(
    op: &mut Operation,
    application: Application,
) -> Result<Registered, ApplicationError> {
    let secret = if application.is_confidential {
        make_secret(op, &application.id).await?
    } else {
        None
    };
    Ok(Registered {
        application,
        secret,
    })
}

/// Who registers or changes.
#[derive(Clone, Copy)]
pub(super) struct By<'a> {
    pub account: &'a AccountId,
    pub actor: Actor<'a>,
    pub user: Option<&'a UserId>,
}

impl<'a> By<'a> {
    /// A member of the account, under their lock.
    pub(super) fn member(me: &'a LockedUser) -> Self {
        Self {
            account: &me.account_id,
            actor: Actor::User(&me.id),
            user: Some(&me.id),
        }
    }
}

/// What the operator's file says of an application besides its details.
#[derive(Clone, Copy)]
pub(super) struct Declaration<'a> {
    pub key: &'a str,
    pub client_id: Option<&'a ApplicationId>,
}

/// Registers an application, without a secret.
pub(super) async fn insert(
    op: &mut Operation,
    by: By<'_>,
    details: &Details,
    own_host: &OwnHost,
    declaration: Option<Declaration<'_>>,
) -> Result<Application, ApplicationError> {
    let allowed = op.limits.applications_for;
    if !may_register(op, allowed, by.account).await? {
        return Err(ApplicationError::NotForThisAccount);
    }
    let checked = details
        .checked(own_host)
        .map_err(ApplicationError::Fields)?;
    if count(op, by.account).await? >= MOST {
        return Err(ApplicationError::LimitReached);
    }
    let chosen = declaration.and_then(|declaration| declaration.client_id);
    if let Some(chosen) = chosen {
        check_unused(op, chosen).await?;
    }
    let id = chosen.map_or_else(|| ApplicationId(op.now.id()), ApplicationId::clone);
    let now = op.now.at;
    let is_gate = details.kind == Kind::Gate;
    execute!(
        op,
        "insert into applications (id, account_id, kind, name, preset, address, is_confidential, requires_pkce,
            signing_algorithm, claims_in_id_token, logout_address, signed_out_address, own_session_lives, open_paths,
            passes_preflights, who_may, requires_second_factor, created_by, created_at, changed_at, declared_as)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $19, $20)",
        &id,
        by.account,
        details.kind,
        &checked.name,
        &details.preset,
        &checked.address,
        details.is_confidential && !is_gate,
        details.requires_pkce,
        details.signing_algorithm,
        details.claims_in_id_token,
        &checked.logout_address,
        &checked.signed_out_address,
        i64::try_from(details.own_session.as_millis()).unwrap_or(i64::MAX),
        json!(checked.open_paths).to_string(),
        details.passes_preflights,
        who_may(details),
        details.requires_second_factor,
        by.user,
        now,
        declaration.map(|declaration| declaration.key)
    )?;
    set_addresses(op, by.account, &id, details.kind, &checked).await?;
    check_members(op, by.account, details).await?;
    set_access(op, &id, &details.access).await?;
    op.record(
        Event::of(Action::ApplicationRegistered, by.actor)
            .in_account(by.account)
            .with(json!({
                "application": id.as_str(), "name": checked.name, "kind": details.kind.key(),
                "hosts": checked.hosts, "requires_second_factor": details.requires_second_factor,
            })),
    );
    find(op, &id).await?.ok_or(ApplicationError::NotFound)
}

/// Refuses a client id that an application has or had: notices and events of that one go by it.
async fn check_unused(op: &mut Operation, id: &ApplicationId) -> Result<(), ApplicationError> {
    let used: i64 = on!(op, c => sqlx::query_scalar("select count(*) from applications where id = $1")
        .bind(id)
        .fetch_one(c)
        .await)?;
    if used > 0 {
        return Err(ApplicationError::client_id_taken());
    }
    Ok(())
}

/// As the column has it.
pub(super) fn who_may(details: &Details) -> &'static str {
    match details.access {
        super::Access::All => "all",
        super::Access::Chosen { .. } => "chosen",
    }
}

/// Writes an application's redirect addresses and takes its hosts, in place of those it had. One application of a kind
/// has a host, and no application of another account.
pub(super) async fn set_addresses(
    op: &mut Operation,
    account: &AccountId,
    id: &ApplicationId,
    kind: Kind,
    checked: &Checked,
) -> Result<(), ApplicationError> {
    lock_hosts(op).await?;
    for sql in [
        "delete from application_redirects where application_id = $1",
        "delete from application_hosts where application_id = $1",
    ] {
        execute!(op, sql, id)?;
    }
    for address in &checked.redirects {
        execute!(
            op,
            "insert into application_redirects (application_id, address) values ($1, $2)",
            id,
            address
        )?;
    }
    for host in &checked.hosts {
        let taken: i64 = on!(op, c => sqlx::query_scalar(
            "select count(*) from application_hosts h join applications a on a.id = h.application_id
             where h.host = $1 and (h.kind = $2 or a.account_id <> $3)")
            .bind(host)
            .bind(kind)
            .bind(account)
            .fetch_one(c)
            .await)?;
        if taken > 0 {
            return Err(ApplicationError::host_taken(kind, host));
        }
        execute!(
            op,
            "insert into application_hosts (host, kind, application_id) values ($1, $2, $3)",
            host,
            kind,
            id
        )?;
    }
    Ok(())
}

/// Registers one application at a time: two accounts that take one host at once would both find it free. Taken before
/// audit chains, and by nothing that holds another account's lock.
async fn lock_hosts(op: &mut Operation) -> Result<(), sqlx::Error> {
    // SQLite has one writer.
    if let Conn::Postgres(held) = &mut op.reader.conn {
        sqlx::query("lock table application_hosts in share row exclusive mode")
            .execute(&mut **held)
            .await?;
    }
    Ok(())
}

/// Refuses a member who is chosen and is not of the account.
pub(super) async fn check_members(
    op: &mut Operation,
    account: &AccountId,
    details: &Details,
) -> Result<(), ApplicationError> {
    let super::Access::Chosen { users, .. } = &details.access else {
        return Ok(());
    };
    for user in users {
        let found: i64 = on!(op, c => sqlx::query_scalar(
            "select count(*) from users where id = $1 and account_id = $2 and removed_at is null")
            .bind(user)
            .bind(account)
            .fetch_one(c)
            .await)?;
        if found == 0 {
            return Err(ApplicationError::field(
                "access",
                "One of the members isn’t there any more.",
            ));
        }
    }
    Ok(())
}

async fn count(conn: &mut Conn, account: &AccountId) -> Result<i64, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar(
        "select count(*) from applications where account_id = $1 and removed_at is null")
        .bind(account)
        .fetch_one(c)
        .await)
}
