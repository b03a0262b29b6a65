//! Changing an application, and adding a redirect address to it: the one that a sign-in was refused at.

use serde_json::json;

use super::{
    Application, ApplicationError, Details, OwnHost,
    find::{find, redirects},
    manage::{of_account, tell},
    notices::drop_waiting,
    register::{By, check_members, set_addresses, who_may},
    who_may::{access, set_access},
};
use crate::{
    application_endings::follow,
    audit::Action,
    execute,
    ids::{ApplicationId, UserId},
    members::begin,
    on,
    operation::Operation,
    permissions::Permission,
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
    change_as(op, By::member(&me), id, details, own_host).await
}

/// As [`change`], under a lock that was taken already.
pub(super) async fn change_as(
    op: &mut Operation,
    by: By<'_>,
    id: &ApplicationId,
    details: &Details,
    own_host: &OwnHost,
) -> Result<Application, ApplicationError> {
    let before = of_account(op, by.account, id).await?;
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
    set_addresses(op, by.account, id, details.kind, &checked).await?;
    check_members(op, by.account, &details).await?;
    set_access(op, id, &details.access).await?;
    let dropped = if checked.logout_address.is_none() {
        drop_waiting(op, id).await?
    } else {
        0
    };
    let mut ended = 0;
    for user in users_at(op, id).await? {
        for there in follow(op, &user).await? {
            op.record(there.event(by.actor));
            ended += 1;
        }
    }
    let details = json!({ "hosts": checked.hosts, "ended": ended, "dropped": dropped });
    tell(
        op,
        Action::ApplicationChanged,
        by,
        (&before).into(),
        details,
    );
    find(op, id).await?.ok_or(ApplicationError::NotFound)
}

/// Adds a redirect address, and changes nothing else. One that is there already is no error: a form may be sent twice.
///
/// # Errors
/// See [`ApplicationError`]; nothing has changed then.
pub async fn add_redirect(
    op: &mut Operation,
    who: &SignedIn,
    id: &ApplicationId,
    address: &str,
    own_host: &OwnHost,
) -> Result<Application, ApplicationError> {
    let me = begin(op, who, Permission::ManageApplications).await?;
    // Under the lock: what another owner changes meanwhile must not be undone.
    let application = of_account(op, &me.account_id, id).await?;
    let access = access(op, &application).await?;
    let addresses = redirects(op, id).await?;
    // Plain http is allowed where it was before: the address itself does not tick that box.
    let mut details = Details::of(&application, addresses, access);
    details.redirects.push(address.to_owned());
    change_as(op, By::member(&me), id, &details, own_host).await
}

/// Who is signed in to it.
async fn users_at(op: &mut Operation, id: &ApplicationId) -> Result<Vec<UserId>, sqlx::Error> {
    on!(op, c => sqlx::query_scalar(
        "select distinct user_id from application_sessions where application_id = $1 and ended_at is null")
        .bind(id)
        .fetch_all(c)
        .await)
}
