//! Emails that an operation has written: its commit puts them into the outbox.

use super::{recipient::Recipient, template::Email};
use crate::{
    execute,
    ids::EventId,
    instance::Reader,
    keys::Purpose,
    live::keeps_remote_logout,
    on,
    plans::{Available, Feature, Plan},
    secret::Token,
    time::UnixMillis,
};

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
