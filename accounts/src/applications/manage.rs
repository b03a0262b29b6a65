//! Changing and removing applications, and their secrets.

use serde_json::{Value, json};

use super::{
    Application, ApplicationError, ClientSecret, Details, Kind, OwnHost,
    find::find,
    notices::drop_waiting,
    register::{check_members, set_addresses, who_may},
    secrets::{make_secret, revoke_but, revoke_old_secrets},
    who_may::set_access,
};
use crate::{
    application_endings::{Cause, EndedBy, Open, end, follow, open},
    audit::{Action, Actor, Event},
    execute,
    ids::{AccountId, ApplicationId, UserId},
    members::begin,
    on,
    operation::{LockedUser, Operation},
    permissions::Permission,
    rate_limits::permit_webhook_test,
    signed_in::SignedIn,
};

/// Changes an application; its kind stays. Who may use it no longer is signed out of it in the same commit. What waits to be
/// told follows to a changed address, and is dropped where there is none any more.
///
/// # Errors
/// See [`ApplicationError`]; nothing has changed then.
pub async fn change(
    op: &mut Operation,
    who: &SignedIn,
    id: &ApplicationId,
    details: &Details,
    own_host: &OwnHost,
) -> Result<Application, ApplicationError> {
    let me = begin(op, who, Permission::ManageApplications).await?;
    let before = of_account(op, &me.account_id, id).await?;
    let details = Details {
        kind: before.kind,
        is_confidential: before.is_confidential,
        ..details.clone()
    };
    let checked = details
        .checked(own_host)
        .map_err(ApplicationError::Fields)?;
    let now = op.now.at;
    execute!(
        op,
        "update applications set name = $2, preset = $3, address = $4, requires_pkce = $5, signing_algorithm = $6,
                claims_in_id_token = $7, logout_address = $8, signed_out_address = $9, own_session_lives = $10,
                open_paths = $11, passes_preflights = $12, who_may = $13, requires_second_factor = $14, changed_at = $15
         where id = $1",
        id,
        &checked.name,
        &details.preset,
        &checked.address,
        details.requires_pkce,
        details.signing_algorithm,
        details.claims_in_id_token,
        &checked.logout_address,
        &checked.signed_out_address,
        i64::try_from(details.own_session.as_millis()).unwrap_or(i64::MAX),
        json!(checked.open_paths).to_string(),
        details.passes_preflights,
        who_may(&details),
        details.requires_second_factor,
        now
    )?;
    set_addresses(op, &me.account_id, id, details.kind, &checked).await?;
    check_members(op, &me.account_id, &details).await?;
    set_access(op, id, &details.access).await?;
    let dropped = if checked.logout_address.is_none() {
        drop_waiting(op, id).await?
    } else {
        0
    };
    let mut ended = 0;
    for user in users_at(op, id).await? {
        for there in follow(op, &user).await? {
            op.record(there.event(Actor::User(&me.id)));
            ended += 1;
        }
    }
    let details = json!({ "hosts": checked.hosts, "ended": ended, "dropped": dropped });
    tell(
        op,
        Action::ApplicationChanged,
        &me,
        (&before).into(),
        details,
    );
    find(op, id).await?.ok_or(ApplicationError::NotFound)
}

/// Removes an application. Every session there ends, and is told of once more; what waited for an answer is dropped.
///
/// # Errors
/// See [`ApplicationError`]; nothing has changed then.
pub async fn remove(
    op: &mut Operation,
    who: &SignedIn,
    id: &ApplicationId,
) -> Result<String, ApplicationError> {
    let me = begin(op, who, Permission::ManageApplications).await?;
    let application = of_account(op, &me.account_id, id).await?;
    end_and_remove(op, &application, Actor::User(&me.id)).await?;
    Ok(application.name)
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

async fn end_and_remove(
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
/// See [`ApplicationError`]; nothing has changed then.
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
    let secret = make_secret(op, id).await?;
    tell(
        op,
        Action::ApplicationSecretMade,
        &me,
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
            &me,
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

async fn of_account(
    op: &mut Operation,
    account: &AccountId,
    id: &ApplicationId,
) -> Result<Application, ApplicationError> {
    find(op, id)
        .await?
        .filter(|application| application.account_id == *account)
        .ok_or(ApplicationError::NotFound)
}

/// Who is signed in to it.
async fn users_at(op: &mut Operation, id: &ApplicationId) -> Result<Vec<UserId>, sqlx::Error> {
    on!(op, c => sqlx::query_scalar(
        "select distinct user_id from application_sessions where application_id = $1 and ended_at is null")
        .bind(id)
        .fetch_all(c)
        .await)
}

/// Of an application, for its events.
struct Named<'a> {
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

fn tell(op: &mut Operation, action: Action, me: &LockedUser, named: Named<'_>, details: Value) {
    let event = Event::of(action, Actor::User(&me.id))
        .in_account(&me.account_id)
        .with(json!({ "application": named.id, "name": named.name, "kind": named.kind.key() }))
        .and(&details);
    op.record(event);
}
