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
    operation::Operation,
    permissions::Permission,
    rate_limits::RateLimited,
    signed_in::SignedIn,
};

/// Most applications of an account.
const MOST: i64 = 200;

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
    let first: Option<AccountId> = on!(conn, c => sqlx::query_scalar(
        "select id from accounts order by created_at, id limit 1").fetch_optional(c).await)?;
    Ok(first.as_ref() == Some(account))
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
    let by = By {
        account: &me.account_id,
        actor: Actor::User(&me.id),
        user: Some(&me.id),
    };
    insert(op, by, details, own_host).await
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
    insert(op, by, details, own_host).await
}

/// Who registers.
#[derive(Clone, Copy)]
struct By<'a> {
    account: &'a AccountId,
    actor: Actor<'a>,
    user: Option<&'a UserId>,
}

async fn insert(
    op: &mut Operation,
    by: By<'_>,
    details: &Details,
    own_host: &OwnHost,
) -> Result<Registered, ApplicationError> {
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
    let id = ApplicationId(op.now.id());
    let now = op.now.at;
    let is_gate = details.kind == Kind::Gate;
    execute!(
        op,
        "insert into applications (id, account_id, kind, name, preset, address, is_confidential, requires_pkce,
            signing_algorithm, claims_in_id_token, logout_address, signed_out_address, own_session_lives, open_paths,
            passes_preflights, who_may, requires_second_factor, created_by, created_at, changed_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $19)",
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
        now
    )?;
    set_addresses(op, by.account, &id, details.kind, &checked).await?;
    check_members(op, by.account, details).await?;
    set_access(op, &id, &details.access).await?;
    let secret = if details.is_confidential && !is_gate {
        Some(make_secret(op, &id).await?)
    } else {
        None
    };
    op.record(
        Event::of(Action::ApplicationRegistered, by.actor)
            .in_account(by.account)
            .with(json!({
                "application": id.as_str(), "name": checked.name, "kind": details.kind.key(),
                "hosts": checked.hosts, "requires_second_factor": details.requires_second_factor,
            })),
    );
    let application = find(op, &id).await?.ok_or(ApplicationError::NotFound)?;
    Ok(Registered {
        application,
        secret,
    })
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
            let field = if kind == Kind::Gate {
                "address"
            } else {
                "redirects"
            };
            return Err(ApplicationError::field(
                field,
                &format!("{host} belongs to another application."),
            ));
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
