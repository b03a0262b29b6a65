//! Emails: what a user is told by email. They are written in the transaction of the operation they tell of, so that
//! neither exists without the other; they are sent afterwards, and again when that failed.

mod recipient;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use crate::{
    client::Client,
    db::Tx,
    execute,
    ids::{EventId, TokenId, UserId},
    instance::Reader,
    keys::{CannotOpen, Keys, Purpose, Sealed},
    live::keeps_remote_logout,
    on,
    plans::{Available, Feature, Plan},
    retry::next_try,
    secret::Token,
    time::{Moment, UnixMillis},
};

pub(crate) use recipient::Recipient;

/// How long one node has an email to itself while it sends it.
const LEASE: Duration = Duration::from_mins(2);

/// What an email tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "snake_case")]
pub enum EmailTemplate {
    /// Carries a link.
    ResetPassword,
    /// Carries a link; goes to the new address.
    ConfirmEmail,
    /// A user wanted to change to the address of another user, who is told so.
    EmailTaken,
    /// To the old address and to the new one.
    EmailChanged {
        email: String,
    },
    /// To the old address, before it is confirmed.
    EmailChangeRequested {
        email: String,
    },
    PasswordChanged,
    PasswordReset,
    TwoFactorOn,
    TwoFactorOff,
    RecoveryCodesReplaced,
    RecoveryCodeUsed {
        left: i64,
    },
    AuthenticatorOff,
    /// The key that its secret was sealed with is lost.
    AuthenticatorLost,
    /// As above, of the account's webhook; to its owners and admins.
    WebhookSecretLost,
    TokenMade {
        /// "API" or "MCP".
        kind: String,
        name: String,
    },
    /// Carries a link with which everything is logged out, unless the plan has no remote logout.
    NewDevice,
    /// Carries a link; goes to a visitor who wants to sign up.
    ConfirmSignUp,
    /// A visitor wanted to sign up with the address of a user, who is told so.
    AlreadyHere,
    /// Carries a link; goes to a stranger who is no user yet.
    Invitation {
        /// The name of the user who invites.
        by: String,
        account: String,
        /// The role's name.
        role: String,
    },
    RememberedDeviceReused,
    RemoteLogout {
        sessions: i64,
        remembered_devices: i64,
        asked_by: AskedBy,
    },
}

/// Who asked for a remote logout, as its email tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "who", rename_all = "snake_case")]
pub enum AskedBy {
    /// The user who is told.
    You,
    /// An owner or admin of the account.
    Member {
        name: String,
        /// The role's name.
        role: String,
    },
    Operator,
    /// A program, with a token of the user who is told.
    Token {
        id: TokenId,
        /// "API" or "MCP".
        kind: String,
        name: String,
    },
}

impl EmailTemplate {
    /// Whether it advises remote logout, which its reader's plan may lack. Asked for these alone, because an email that a
    /// visitor asks for takes as long for an unknown address as for a known one.
    fn advises_remote_logout(&self) -> bool {
        matches!(
            self,
            Self::EmailChangeRequested { .. }
                | Self::TwoFactorOn
                | Self::TwoFactorOff
                | Self::RecoveryCodesReplaced
                | Self::RecoveryCodeUsed { .. }
                | Self::TokenMade { .. }
                | Self::RememberedDeviceReused
        )
    }

    /// Its name, as the log has it: `remote_logout`.
    #[must_use]
    pub fn name(&self) -> String {
        let fields = serde_json::to_value(self).unwrap_or_default();
        fields["about"].as_str().unwrap_or_default().to_owned()
    }
}

/// An email: what it tells, and where the operation came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Email {
    pub template: EmailTemplate,
    /// The hash of the audit event that the email tells of, where it quotes one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<String>,
    /// That event: what applications were told of it is looked up when the email is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<EventId>,
    /// The plan of its reader has no remote logout: what the email advises is something else.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub without_remote_logout: bool,
    /// Empty when unknown.
    pub ip: String,
    pub user_agent: String,
}

impl Email {
    /// An email to a stranger, who is not told from which browser the operation came.
    #[must_use]
    pub fn to_stranger(template: EmailTemplate) -> Self {
        Self {
            template,
            proof: None,
            event: None,
            without_remote_logout: false,
            ip: String::new(),
            user_agent: String::new(),
        }
    }

    /// An email about an operation of that browser.
    #[must_use]
    pub fn new(template: EmailTemplate, client: &Client) -> Self {
        Self {
            template,
            proof: None,
            event: None,
            without_remote_logout: false,
            ip: client.ip_text(),
            user_agent: client.user_agent.clone(),
        }
    }
}

/// The one-time link inside an email.
#[derive(Debug)]
pub(crate) struct Link {
    pub token: Token,
    pub expires_at: UnixMillis,
}

/// An email that an operation has written and its commit puts into the outbox.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub to: Recipient,
    pub email: Email,
    pub link: Option<Link>,
    /// The event whose hash the email quotes.
    pub proof: Option<EventId>,
}

/// Writes an email into the outbox. Once its link has expired it is not sent any more.
pub(crate) async fn insert(reader: &mut Reader, outgoing: &Outgoing) -> Result<(), sqlx::Error> {
    let now = reader.now;
    let id = now.id();
    let email = Email {
        without_remote_logout: is_without_remote_logout(reader, outgoing).await?,
        ..outgoing.email.clone()
    };
    let details = serde_json::to_string(&email).unwrap_or_default();
    let sealed = outgoing.link.as_ref().map(|link| {
        let sealed = reader
            .keys()
            .seal(Purpose::Email, &id, link.token.expose().as_bytes());
        (sealed.key_id, sealed.text)
    });
    let (key_id, sealed) = sealed.unzip();
    // To an empty address: written, and never due.
    let Recipient { address, user } = &outgoing.to;
    let given_up_at = address.is_empty().then_some(now.at);
    execute!(
        reader,
        "insert into emails (id, recipient, details, key_id, sealed, created_at, next_try_at, tries, given_up_at,
                             good_until, user_id)
         values ($1, $2, $3, $4, $5, $6, $6, 0, $7, $8, coalesce($9, (select id from users where email = $2)))",
        &id,
        address,
        &details,
        &key_id,
        &sealed,
        now.at,
        given_up_at,
        outgoing.link.as_ref().map(|link| link.expires_at),
        user
    )?;
    Ok(())
}

/// Whether the email would advise its reader what their plan lacks.
async fn is_without_remote_logout(
    reader: &mut Reader,
    outgoing: &Outgoing,
) -> Result<bool, sqlx::Error> {
    let Recipient { address, user } = &outgoing.to;
    if !outgoing.email.template.advises_remote_logout() {
        return Ok(false);
    }
    let (now, idle) = (reader.now.at, reader.idle_since());
    let found: Option<(Plan, bool)> = on!(reader, c => sqlx::query_as(concat!(
        "select a.plan, ", keeps_remote_logout!("$3", "$4"), "
         from users u join accounts a on a.id = u.account_id
         where u.id = coalesce($1, (select id from users where email = $2))"))
        .bind(user)
        .bind(address)
        .bind(now)
        .bind(idle)
        .fetch_optional(c)
        .await)?;
    Ok(found.is_some_and(|(plan, keeps_remote_logout)| {
        let available = Available {
            keeps_remote_logout,
            ..plan.into()
        };
        !available.has(Feature::RemoteLogout)
    }))
}

/// An email that is due, for the node that has claimed it.
#[derive(Debug)]
pub struct Due {
    pub id: String,
    pub to: String,
    /// The user it is about; none for a stranger.
    pub user: Option<UserId>,
    pub email: Email,
    /// The token of its link.
    pub token: Option<Token>,
    /// When the operation was.
    pub at: UnixMillis,
    /// The time zone of its reader, where it is known: that of their curfew, or of their account's.
    pub zone: Option<String>,
    tries: i64,
}

#[derive(FromRow)]
struct Row {
    id: String,
    recipient: String,
    user_id: Option<UserId>,
    details: String,
    key_id: Option<String>,
    sealed: Option<String>,
    created_at: UnixMillis,
    tries: i64,
}

/// Why an email that is due cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum EmailError {
    #[error(transparent)]
    Sealed(#[from] CannotOpen),
    #[error("the database is unavailable")]
    Database(#[from] sqlx::Error),
}

/// Takes the email that has been due the longest; no other node gets it for two minutes. Commit before
/// sending.
///
/// # Errors
/// When the database is unavailable, or the key that its link was sealed with is missing; the email is
/// tried again then.
pub async fn lease(tx: &mut Tx, keys: &Keys, now: Moment) -> Result<Option<Due>, EmailError> {
    let row: Option<Row> = on!(tx, c => sqlx::query_as(
        "update emails set next_try_at = $2, tries = tries + 1
         where id = (select id from emails
                     where sent_at is null and given_up_at is null and next_try_at <= $1
                       and (good_until is null or good_until > $1)
                     order by next_try_at, id limit 1)
           and next_try_at <= $1
         returning id, recipient, user_id, details, key_id, sealed, created_at, tries")
        .bind(now.at)
        .bind(now.at + LEASE)
        .fetch_optional(c)
        .await)?;
    let Some(row) = row else {
        return Ok(None);
    };
    let token = match (row.key_id, row.sealed) {
        (Some(key_id), Some(text)) => {
            let sealed = Sealed { key_id, text };
            let opened = keys.open(Purpose::Email, &row.id, &sealed)?;
            Token::presented(&String::from_utf8_lossy(&opened))
        }
        _ => None,
    };
    let zone = match &row.user_id {
        Some(user) => zone_of(tx, user).await?,
        None => None,
    };
    let email = serde_json::from_str(&row.details).map_err(|e| sqlx::Error::Decode(e.into()))?;
    Ok(Some(Due {
        id: row.id,
        to: row.recipient,
        user: row.user_id,
        email,
        token,
        at: row.created_at,
        zone,
        tries: row.tries,
    }))
}

async fn zone_of(tx: &mut Tx, user: &UserId) -> Result<Option<String>, sqlx::Error> {
    let zone: Option<Option<String>> = on!(tx, c => sqlx::query_scalar(
        "select coalesce(u.curfew_zone, a.curfew_zone) from users u join accounts a on a.id = u.account_id
         where u.id = $1")
        .bind(user)
        .fetch_optional(c)
        .await)?;
    Ok(zone.flatten())
}

/// Marks it as sent, and forgets the token of its link.
///
/// # Errors
/// When the database is unavailable; it may be sent a second time then.
pub async fn sent(tx: &mut Tx, due: &Due, now: Moment) -> Result<(), sqlx::Error> {
    execute!(
        tx,
        "update emails set sent_at = $2, sealed = null, key_id = null where id = $1",
        &due.id,
        now.at
    )?;
    Ok(())
}

/// Marks a try as failed: the email is tried again later, or given up. Returns when the next try is.
///
/// # Errors
/// When the database is unavailable; it is tried again in two minutes then.
pub async fn failed(
    tx: &mut Tx,
    due: &Due,
    now: Moment,
) -> Result<Option<UnixMillis>, sqlx::Error> {
    let next = next_try(due.tries, now.at);
    execute!(
        tx,
        "update emails set next_try_at = coalesce($2, next_try_at),
                given_up_at = case when $2 is null then $3 else given_up_at end
         where id = $1",
        &due.id,
        next,
        now.at
    )?;
    Ok(next)
}
