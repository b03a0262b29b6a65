//! Removing applications, their secrets, and testing them.

use serde_json::{Value, json};

use super::{
    Application, ApplicationError, ClientSecret, Kind,
    find::find,
    notices::drop_waiting,
    register::By,
    secrets::{make_secret, revoke_but, revoke_old_secrets},
};
use crate::{
    application_endings::{Cause, EndedBy, Open, end, open},
    audit::{Action, Actor, Event},
    db::Conn,
    execute,
    ids::{AccountId, ApplicationId},
    members::begin,
    on,
    operation::Operation,
    permissions::Permission,
    rate_limits::permit_webhook_test,
    signed_in::SignedIn,
};

/// Removes an application, and returns what it was. Every session there ends, and is told of once more; what waited for an
/// answer is dropped.
///
/// # Errors
/// See [`ApplicationError`]; nothing has changed then.
pub async fn remove(
    op: &mut Operation,
    who: &SignedIn,
    id: &ApplicationId,
) -> Result<Application, ApplicationError> {
    let me = begin(op, who, Permission::ManageApplications).await?;
    let application = of_account(op, &me.account_id, id).await?;
    end_and_remove(op, &application, Actor::User(&me.id)).await?;
    Ok(application)
}

/// As [`remove`], by the operator on the machine.
///
/// # Errors
/// See [`ApplicationError`]; nothing has changed then.
pub async fn remove_by_operator(
    op: &mut Operation,
    id: &ApplicationId,
) -> Result<String, ApplicationError> {
    let application = find(op, id).await?.ok_or(ApplicationError::NotFound)?;
    op.lock_account(&application.account_id).await?;
    end_and_remove(op, &application, Actor::Operator).await?;
    Ok(application.name)
}

pub(super) async fn end_and_remove(
    op: &mut Operation,
    application: &Application,
    actor: Actor<'_>,
) -> Result<(), sqlx::Error> {
    let (id, now) = (&application.id, op.now.at);
    let dropped = drop_waiting(op, id).await?;
    let open: Vec<Open> = on!(op, c => sqlx::query_as(concat!(
        "select ", open!(), " from application_sessions x join applications a on a.id = x.application_id
         where x.application_id = $1 and x.ended_at is null order by x.id"))
        .bind(id)
        .fetch_all(c)
        .await)?;
    let event = Event::of(Action::ApplicationRemoved, actor)
        .in_account(&application.account_id)
        .with(json!({
            "application": id.as_str(), "name": application.name, "sessions": open.len(), "dropped": dropped,
        }));
    let event = op.record(event);
    let reason = Cause::ApplicationRemoved.name();
    for session in open {
        let how = EndedBy {
            reason: &reason,
            at: now,
            by: Some(&event),
        };
        if let Some(there) = end(op, session, how).await? {
            op.record(there.event(actor));
        }
    }
    revoke_but(op, id, None).await?;
    for sql in [
        "delete from application_hosts where application_id = $1",
        "delete from application_redirects where application_id = $1",
    ] {
        execute!(op, sql, id)?;
    }
    execute!(
        op,
        "update applications set removed_at = $2, changed_at = $2 where id = $1",
        id,
        now
    )?;
    Ok(())
}

/// Makes a new secret, shown this once, beside the one in use.
///
/// # Errors
/// [`ApplicationError::TwoSecrets`] while an old one is still good, and see [`ApplicationError`]; nothing has changed then.
pub async fn change_secret(
    op: &mut Operation,
    who: &SignedIn,
    id: &ApplicationId,
) -> Result<ClientSecret, ApplicationError> {
    let me = begin(op, who, Permission::ManageApplications).await?;
    let application = of_account(op, &me.account_id, id).await?;
    if !application.is_confidential {
        return Err(ApplicationError::NotFound);
    }
    let secret = make_secret(op, id)
        .await?
        .ok_or(ApplicationError::TwoSecrets)?;
    tell(
        op,
        Action::ApplicationSecretMade,
        By::member(&me),
        (&application).into(),
        json!({}),
    );
    Ok(secret)
}

/// Revokes the secret that was in use before the newest.
///
/// # Errors
/// See [`ApplicationError`]; nothing has changed then.
pub async fn revoke_old_secret(
    op: &mut Operation,
    who: &SignedIn,
    id: &ApplicationId,
) -> Result<(), ApplicationError> {
    let me = begin(op, who, Permission::ManageApplications).await?;
    let application = of_account(op, &me.account_id, id).await?;
    if revoke_old_secrets(op, id).await? > 0 {
        tell(
            op,
            Action::ApplicationSecretRevoked,
            By::member(&me),
            (&application).into(),
            json!({}),
        );
    }
    Ok(())
}

/// The application, to be sent a notice of a session that it does not have. Takes a permit of the account's tests; commit
/// before sending.
///
/// # Errors
/// See [`ApplicationError`]; nothing has changed then.
pub async fn for_test(
    op: &mut Operation,
    who: &SignedIn,
    id: &ApplicationId,
) -> Result<Application, ApplicationError> {
    let me = begin(op, who, Permission::ManageApplications).await?;
    let application = of_account(op, &me.account_id, id).await?;
    permit_webhook_test(op, &me.account_id)
        .await?
        .map_err(ApplicationError::RateLimited)?;
    Ok(application)
}

/// The application with that client id, if it is registered in that account alone.
///
/// # Errors
/// [`ApplicationError::NotFound`], also of one of another account, or that the database is unavailable.
pub async fn of_account(
    conn: &mut Conn,
    account: &AccountId,
    id: &ApplicationId,
) -> Result<Application, ApplicationError> {
    find(conn, id)
        .await?
        .filter(|application| application.account_id == *account)
        .ok_or(ApplicationError::NotFound)
}

/// Of an application, for its events.
pub(super) struct Named<'a> {
    id: &'a str,
    name: &'a str,
    kind: Kind,
}

impl<'a> From<&'a Application> for Named<'a> {
    fn from(application: &'a Application) -> Self {
        Self {
            id: application.id.as_str(),
            name: &application.name,
            kind: application.kind,
        }
    }
}

pub(super) fn tell(
    op: &mut Operation,
    action: Action,
    by: By<'_>,
    named: Named<'_>,
    details: Value,
) {
    let event = Event::of(action, by.actor)
        .in_account(by.account)
        .with(json!({ "application": named.id, "name": named.name, "kind": named.kind.key() }))
        .and(&details);
    op.record(event);
}
