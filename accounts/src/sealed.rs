//! Where sealed texts are: the one list that a key's rotation, the check of the key at the start and an accepted loss
//! go by.

use std::fmt;

use crate::{
    db::Conn,
    keys::{Keys, Purpose},
    on,
    time::Moment,
};

/// A table that holds sealed texts.
pub(crate) struct Place {
    pub purpose: Purpose,
    /// How many rows that are still of use each key has sealed. `$1` is the moment.
    pub count: &'static str,
    /// Owner, key and text of those that another key than `$2` has sealed. `$1` is the moment.
    pub select: &'static str,
    /// Puts the text `$3`, sealed with `$2`, in place of `$4`, for the owner `$1`.
    pub update: &'static str,
}

macro_rules! place {
    ($purpose:ident, $owner:literal, $text:literal, $rows:literal, $update:literal) => {
        Place {
            purpose: Purpose::$purpose,
            count: concat!(
                "select key_id, count(*) as how_many from ",
                $rows,
                " group by key_id"
            ),
            select: concat!(
                "select ",
                $owner,
                " as owner, key_id, ",
                $text,
                " as text from ",
                $rows,
                " and key_id <> $2"
            ),
            update: $update,
        }
    };
}

/// All of them. A new one is added here, and to [`Unopened`] and `key_loss`.
pub(crate) static PLACES: [Place; 5] = [
    place!(
        Authenticator,
        "user_id",
        "secret",
        "authenticators where $1 >= 0",
        "update authenticators set key_id = $2, secret = $3 where user_id = $1 and secret = $4"
    ),
    place!(
        TwoFactorDraft,
        "user_id",
        "sealed",
        "two_factor_drafts where expires_at > $1",
        "update two_factor_drafts set key_id = $2, sealed = $3 where user_id = $1 and sealed = $4"
    ),
    place!(
        Email,
        "id",
        "sealed",
        "emails where sealed is not null and sent_at is null and given_up_at is null
             and (good_until is null or good_until > $1)",
        "update emails set key_id = $2, sealed = $3 where id = $1 and sealed = $4"
    ),
    place!(
        Webhook,
        "account_id",
        "secret",
        "webhooks where $1 >= 0",
        "update webhooks set key_id = $2, secret = $3 where account_id = $1 and secret = $4"
    ),
    place!(
        SigningKey,
        "id",
        "sealed",
        "signing_keys where (signs_until is null or signs_until > $1)",
        "update signing_keys set key_id = $2, sealed = $3 where id = $1 and sealed = $4"
    ),
];

/// What keys do not open of all that is sealed and still of use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unopened {
    /// Users whose authenticator app no longer works.
    pub users: i64,
    /// Two-factor set-ups under way.
    pub drafts: i64,
    /// Links in emails that wait to be sent.
    pub emails: i64,
    /// Secrets that webhooks are signed with.
    pub webhooks: i64,
    /// Keys that ID tokens and logout tokens are signed with.
    pub signing_keys: i64,
    /// Chains of the audit log whose newest event another key has signed. Nothing is lost with them but that it can be
    /// checked.
    pub chains: i64,
}

impl Unopened {
    /// Whether the keys open everything that is sealed.
    #[must_use]
    pub fn is_none(&self) -> bool {
        let unsigned = Self { chains: 0, ..*self };
        unsigned == Self::default()
    }
}

/// "the authenticator apps of 3 users, 1 webhook secret": with the users first, and even where they are none.
impl fmt::Display for Unopened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let s = |n: i64| if n == 1 { "" } else { "s" };
        let users = self.users;
        write!(f, "the authenticator apps of {users} user{}", s(users))?;
        for (n, what) in [
            (self.drafts, "two-factor set-up"),
            (self.webhooks, "webhook secret"),
            (self.signing_keys, "signing key"),
            (self.emails, "link"),
        ] {
            if n > 0 {
                write!(f, ", {n} {what}{}", s(n))?;
            }
        }
        if self.emails > 0 {
            f.write_str(" in emails that wait")?;
        }
        if self.chains > 0 {
            let chains = self.chains;
            write!(
                f,
                ", the signatures of {chains} chain{} of the audit log",
                s(chains)
            )?;
        }
        Ok(())
    }
}

/// Counts what these keys do not open; without keys, all that is sealed.
///
/// # Errors
/// When the database is unavailable.
pub async fn unopened(
    conn: &mut Conn,
    keys: Option<&Keys>,
    now: Moment,
) -> Result<Unopened, sqlx::Error> {
    let mut counted = Unopened::default();
    for place in &PLACES {
        let by_key: Vec<(String, i64)> = on!(conn, c => sqlx::query_as(place.count)
            .bind(now.at)
            .fetch_all(c)
            .await)?;
        let sum = of_other_keys(keys, by_key);
        match place.purpose {
            Purpose::Authenticator => counted.users = sum,
            Purpose::TwoFactorDraft => counted.drafts = sum,
            Purpose::Email => counted.emails = sum,
            Purpose::Webhook => counted.webhooks = sum,
            Purpose::SigningKey => counted.signing_keys = sum,
            // Nothing is sealed for it.
            Purpose::Form => {}
        }
    }
    let by_key: Vec<(String, i64)> = on!(conn, c => sqlx::query_as(
        "select key_id, count(*) as how_many from audit_chains where key_id <> '' group by key_id")
        .fetch_all(c)
        .await)?;
    counted.chains = of_other_keys(keys, by_key);
    Ok(counted)
}

/// How many rows it is that none of these keys has written.
fn of_other_keys(keys: Option<&Keys>, by_key: Vec<(String, i64)>) -> i64 {
    let others = by_key.into_iter();
    others
        .filter(|(id, _)| keys.is_none_or(|keys| !keys.has(id)))
        .map(|(_, rows)| rows)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_opened_is_said_with_the_users_first() {
        let mut all = Unopened {
            users: 3,
            drafts: 1,
            emails: 2,
            webhooks: 1,
            signing_keys: 2,
            chains: 2,
        };
        assert_eq!(
            all.to_string(),
            "the authenticator apps of 3 users, 1 two-factor set-up, 1 webhook secret, 2 signing keys, \
             2 links in emails that wait, the signatures of 2 chains of the audit log"
        );
        all = Unopened {
            users: 1,
            ..Unopened::default()
        };
        assert_eq!(all.to_string(), "the authenticator apps of 1 user");
        assert!(!all.is_none() && Unopened::default().is_none());
    }
}
