//! What is left of a removed webhook, until its receiver has been told.

use crate::{audit::Action, db::Conn, execute, ids::AccountId};

/// Deletes a removed webhook that has no delivery left.
pub(super) async fn forget_removed(
    conn: &mut Conn,
    account: &AccountId,
) -> Result<(), sqlx::Error> {
    execute!(
        conn,
        "delete from webhooks where account_id = $1 and removed_at is not null
         and not exists (select 1 from webhook_deliveries d
                         where d.account_id = $1 and d.action = $2
                           and d.delivered_at is null and d.given_up_at is null)",
        account,
        Action::WebhookRemoved.name()
    )?;
    Ok(())
}

/// Deletes the webhook of an account that is closed.
pub(crate) async fn forget(conn: &mut Conn, account: &AccountId) -> Result<(), sqlx::Error> {
    delete(conn, account).await?;
    drop_pending(conn, account).await
}

/// Deletes the webhook, whether its receiver has been told or not.
pub(crate) async fn delete(conn: &mut Conn, account: &AccountId) -> Result<(), sqlx::Error> {
    execute!(conn, "delete from webhooks where account_id = $1", account)?;
    Ok(())
}

/// Deletes its pending deliveries.
pub(crate) async fn drop_pending(conn: &mut Conn, account: &AccountId) -> Result<(), sqlx::Error> {
    execute!(
        conn,
        "delete from webhook_deliveries
         where account_id = $1 and delivered_at is null and given_up_at is null",
        account
    )?;
    Ok(())
}
