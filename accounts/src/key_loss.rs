//! An accepted loss of the key: what no key opens any more is given up, and all who are concerned are told.
//!
//! It never makes a sign-in easier. A user whose authenticator's secret is lost still owes a second factor, which is a
//! recovery code from now on.

use std::collections::BTreeSet;

use serde_json::json;

use crate::{
    audit::{Action, Actor, Event},
    emails::EmailTemplate,
    execute,
    ids::{AccountId, UserId},
    instance_keys,
    keys::Purpose,
    on,
    operation::{LockedUser, Operation},
    second_factor::recovery_codes,
    webhook_settings::{host_of, random_secret},
    webhooks,
};

/// What was given up.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct AcceptedLoss {
    /// Users whose authenticator app is off: they sign in with a recovery code.
    pub users: u64,
    /// Email addresses of those among them who have no recovery code left.
    pub without_codes: Vec<String>,
    /// Two-factor set-ups that begin anew.
    pub drafts: u64,
    /// Emails that are not sent, because their link is lost.
    pub emails: u64,
    /// Webhooks with a new secret.
    pub webhooks: u64,
    /// Keys of ID tokens and logout tokens, made anew when the next is signed.
    pub signing_keys: u64,
    /// Whether the instance used a key that is lost, with which at least the audit log was signed.
    pub key: bool,
}

/// Gives up what the operation's keys do not open.
///
/// # Errors
/// When the database is unavailable; nothing has changed then.
pub async fn accept_loss(op: &mut Operation) -> Result<AcceptedLoss, sqlx::Error> {
    let lost = lost_keys(op).await?;
    let mut accepted = AcceptedLoss::default();
    for user in users_of(op, &lost).await? {
        let Some(user) = op.lock_user(&user).await? else {
            continue;
        };
        if switch_off(op, &user, &lost).await? {
            accepted.users += 1;
            if recovery_codes::left(op, &user.id).await? == 0 {
                accepted.without_codes.push(user.email);
            }
        }
    }
    let now = op.now.at;
    for key in &lost {
        let drafts = "delete from two_factor_drafts where key_id = $1";
        accepted.drafts += execute!(op, drafts, key)?;
        let emails = "update emails set key_id = null, sealed = null, given_up_at = $2
                      where key_id = $1 and given_up_at is null";
        accepted.emails += execute!(op, emails, key, now)?;
        let old = "update emails set key_id = null, sealed = null where key_id = $1";
        execute!(op, old, key)?;
        accepted.webhooks += renew_secrets(op, key).await?;
        // Applications fetch the new one when they meet a token that it has signed.
        accepted.signing_keys += execute!(op, "delete from signing_keys where key_id = $1", key)?;
    }
    let keys = op.keys().clone();
    if instance_keys::lacks_one(op, Some(&keys)).await? {
        instance_keys::use_only_the_newest(op, &keys).await?;
        accepted.key = true;
    }
    Ok(accepted)
}

/// The keys that have sealed something and are not here.
async fn lost_keys(op: &mut Operation) -> Result<BTreeSet<String>, sqlx::Error> {
    let ids: Vec<String> = on!(op, c => sqlx::query_scalar(
        "select key_id from authenticators union select key_id from two_factor_drafts
         union select key_id from webhooks union select key_id from signing_keys union select key_id from emails where key_id is not null")
        .fetch_all(c)
        .await)?;
    let lost = ids.into_iter().filter(|id| !op.keys().has(id));
    Ok(lost.collect())
}

/// In the order of their ids, as they are locked.
async fn users_of(
    op: &mut Operation,
    lost: &BTreeSet<String>,
) -> Result<BTreeSet<UserId>, sqlx::Error> {
    let mut users = BTreeSet::new();
    for key in lost {
        let found: Vec<UserId> = on!(op, c => sqlx::query_scalar(
            "select user_id from authenticators where key_id = $1")
            .bind(key)
            .fetch_all(c)
            .await)?;
        users.extend(found);
    }
    Ok(users)
}

/// Two-factor authentication stays on, so the second factor is still owed. False where the user has a new
/// authenticator by now.
async fn switch_off(
    op: &mut Operation,
    user: &LockedUser,
    lost: &BTreeSet<String>,
) -> Result<bool, sqlx::Error> {
    let mut rows = 0;
    for key in lost {
        let sql = "delete from authenticators where user_id = $1 and key_id = $2";
        rows += execute!(op, sql, &user.id, key)?;
    }
    if rows == 0 {
        return Ok(false);
    }
    let event = Event::of(Action::AuthenticatorOff, Actor::Operator)
        .in_account(&user.account_id)
        .about(&user.id)
        .with(json!({ "why": "key_lost" }));
    op.record(event);
    op.email(&user.email, EmailTemplate::AuthenticatorLost);
    Ok(true)
}

/// Signs with new secrets what was signed with lost ones. Its receiver refuses that until it is given a secret that an
/// owner or admin creates: this one is shown to no user.
async fn renew_secrets(op: &mut Operation, key: &str) -> Result<u64, sqlx::Error> {
    let now = op.now.at;
    let lost: Vec<(AccountId, String, bool)> = on!(op, c => sqlx::query_as(
        "select account_id, url, removed_at is not null from webhooks where key_id = $1 order by account_id")
        .bind(key)
        .fetch_all(c)
        .await)?;
    let mut renewed = 0;
    for (account, url, removed) in lost {
        if removed {
            // Its receiver would refuse the last delivery, which it was kept for.
            webhooks::forget(op, &account).await?;
            continue;
        }
        let secret = random_secret();
        let sealed = op
            .keys()
            .seal(Purpose::Webhook, &account.0, secret.expose().as_bytes());
        execute!(
            op,
            "update webhooks set key_id = $3, secret = $4, changed_at = $5 where account_id = $1 and key_id = $2",
            &account,
            key,
            &sealed.key_id,
            &sealed.text,
            now
        )?;
        let details = json!({ "to": host_of(&url), "new_secret": true, "why": "key_lost" });
        let event = Event::of(Action::WebhookChanged, Actor::Operator).with(details);
        op.record(event.in_account(&account));
        for email in managers_of(op, &account).await? {
            op.email(&email, EmailTemplate::WebhookSecretLost);
        }
        renewed += 1;
    }
    Ok(renewed)
}

async fn managers_of(op: &mut Operation, account: &AccountId) -> Result<Vec<String>, sqlx::Error> {
    on!(op, c => sqlx::query_scalar(
        "select email from users where account_id = $1 and role in ('owner', 'admin') and disabled_at is null
         order by id")
        .bind(account)
        .fetch_all(c)
        .await)
}
