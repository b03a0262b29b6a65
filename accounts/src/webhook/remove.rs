//! Removing a webhook, and what is left of it until its receiver has been told so.

use serde_json::json;

use super::{
    WebhookError,
    change::{host_of, tell},
    find,
};
use crate::{
    audit::{Action, Client},
    db::Tx,
    limits::Limits,
    members::begin,
    on,
    sessions::SignedIn,
    time::Moment,
    users::AccountId,
};

/// Sends nothing any more, what is on its way included, but the last word: that it is removed. So a receiver that
/// watches over the account hears of it from the account, and not by its silence.
///
/// # Errors
/// See [`WebhookError`]; nothing has changed then.
pub async fn remove(
    tx: &mut Tx,
    who: &SignedIn,
    client: &Client,
    limits: &Limits,
    now: Moment,
) -> Result<(), WebhookError> {
    let me = begin(tx, who, "/api/fn/remove_webhook", limits, now).await?;
    let account = &me.account_id;
    let webhook = find(tx, account).await?.ok_or(WebhookError::None)?;
    let details = json!({ "from": host_of(&webhook.url) });
    let last = tell(tx, Action::WebhookRemoved, &me, details, client, now).await?;
    // Behind the chain's lock nobody writes one that would be left over.
    drop_pending_but(tx, account, &last).await?;
    on!(tx, c => sqlx::query("update webhooks set removed_at = $2 where account_id = $1")
        .bind(account)
        .bind(now.at)
        .execute(c)
        .await
        .map(|_| ()))?;
    forget_removed(tx, account).await?;
    Ok(())
}

/// Forgets a webhook that is removed and has nothing more to be told.
pub(super) async fn forget_removed(tx: &mut Tx, account: &AccountId) -> Result<(), sqlx::Error> {
    on!(tx, c => sqlx::query(
        "delete from webhooks where account_id = $1 and removed_at is not null
         and not exists (select 1 from webhook_deliveries d
                         where d.account_id = $1 and d.delivered_at is null and d.given_up_at is null)")
        .bind(account)
        .execute(c)
        .await
        .map(|_| ()))
}

/// The account is gone, and its webhook with it.
pub(crate) async fn forget(tx: &mut Tx, account: &AccountId) -> Result<(), sqlx::Error> {
    delete(tx, account).await?;
    drop_pending(tx, account).await
}

pub(super) async fn delete(tx: &mut Tx, account: &AccountId) -> Result<(), sqlx::Error> {
    on!(tx, c => sqlx::query("delete from webhooks where account_id = $1")
        .bind(account)
        .execute(c)
        .await
        .map(|_| ()))
}

pub(super) async fn drop_pending(tx: &mut Tx, account: &AccountId) -> Result<(), sqlx::Error> {
    drop_pending_but(tx, account, "").await
}

async fn drop_pending_but(
    tx: &mut Tx,
    account: &AccountId,
    event: &str,
) -> Result<(), sqlx::Error> {
    on!(tx, c => sqlx::query(
        "delete from webhook_deliveries
         where account_id = $1 and delivered_at is null and given_up_at is null and event_id <> $2")
        .bind(account)
        .bind(event)
        .execute(c)
        .await
        .map(|_| ()))
}
