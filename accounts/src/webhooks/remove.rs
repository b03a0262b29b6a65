//! What is left of a webhook that is removed, until its receiver has been told.

use crate::{audit::Action, db::Conn, execute, ids::AccountId};

/// Forgets a webhook that is removed and has nothing more to be told.
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

/// The account is gone, and its webhook with it.
pub(crate) async fn forget(conn: &mut Conn, account: &AccountId) -> Result<(), sqlx::Error> {
    delete(conn, account).await?;
    drop_pending(conn, account).await
}

/// Forgets the webhook, told or not.
pub(crate) async fn delete(conn: &mut Conn, account: &AccountId) -> Result<(), sqlx::Error> {
    execute!(conn, "delete from webhooks where account_id = $1", account)?;
    Ok(())
}

/// Drops what is on its way.
pub(crate) async fn drop_pending(conn: &mut Conn, account: &AccountId) -> Result<(), sqlx::Error> {
    execute!(
        conn,
        "delete from webhook_deliveries
         where account_id = $1 and delivered_at is null and given_up_at is null",
        account
    )?;
    Ok(())
}
