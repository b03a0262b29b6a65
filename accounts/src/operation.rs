//! One change, from permission check to commit.
//!
//! An operation holds the transaction, who asks, the limits, the keys and the moment, and collects what the
//! commit writes: audit events, emails, and change notifications. [`Operation::commit`] is the one place where
//! events are chained, outboxes filled and notifiers called, in that order. An operation that is dropped
//! instead is rolled back, and nothing was sent. A refusal that counts (a wrong password, a rate limit) is an `Ok` that commits; only
//! errors roll back.

mod locks;

use std::{
    collections::HashMap,
    ops::{Deref, DerefMut},
    sync::atomic::{AtomicU64, Ordering},
};

use crate::{
    application_endings,
    audit::{self, Actor, Event, Unchained},
    client::Client,
    db::{Change, Notifier},
    emails::{self, Email, EmailTemplate, Link, Outgoing, Recipient},
    ids::EventId,
    instance::{Instance, Reader},
    secret::Token,
    time::{Moment, UnixMillis},
    webhooks,
};

use locks::LockOrder;
pub use locks::{LiveSession, LockedAccount, LockedUser};

/// See the module. Derefs to the [`Reader`] that reads take.
#[derive(Debug)]
pub struct Operation {
    pub(crate) reader: Reader,
    /// Told what has changed, once that is durable.
    notifier: Notifier,
    /// Tells the proofs of this operation from those of others.
    pub(crate) number: u64,
    pub(crate) locks: LockOrder,
    client: Client,
    events: Vec<Unchained>,
    emails: Vec<Outgoing>,
    changes: Vec<Change>,
}

/// What a commit wrote: the events, with the hashes that the audit log's chains hold of them.
#[derive(Debug, Default)]
pub struct Receipts(HashMap<EventId, String>);

impl Receipts {
    /// The hash of an event that this operation recorded; empty for any other.
    #[must_use]
    pub fn hash(&self, event: &EventId) -> &str {
        self.0.get(event).map_or("", String::as_str)
    }
}

impl Operation {
    /// Begins an operation that `client` asks for at `now`.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub async fn begin(
        instance: &Instance,
        client: &Client,
        now: Moment,
    ) -> Result<Self, sqlx::Error> {
        static NUMBER: AtomicU64 = AtomicU64::new(1);
        Ok(Self {
            reader: instance.reader(instance.db.begin().await?, now),
            notifier: instance.db.notifier().clone(),
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
            locks: LockOrder::default(),
            client: client.clone(),
            events: Vec::new(),
            emails: Vec::new(),
            changes: Vec::new(),
        })
    }

    /// Who asks.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Goes on as another client at another moment: for sample histories only.
    pub(crate) fn go_to(&mut self, client: Client, now: Moment) {
        self.client = client;
        self.reader.now = now;
    }

    /// Records an event; the commit puts it into its chain. Returns the id it will have.
    pub fn record(&mut self, event: Event<'_>) -> EventId {
        let event = event.unchained(&self.client, self.now);
        let id = event.id.clone();
        self.events.push(event);
        id
    }

    /// Writes an email to an address, sent once this is committed.
    pub(crate) fn email(&mut self, to: impl Into<Recipient>, template: EmailTemplate) {
        let email = Email::new(template, &self.client);
        self.enqueue(to, email, None, None);
    }

    /// As [`Operation::email`]; the email quotes the hash of that event.
    pub(crate) fn email_with_proof(
        &mut self,
        to: impl Into<Recipient>,
        template: EmailTemplate,
        event: &EventId,
    ) {
        let email = Email::new(template, &self.client);
        self.enqueue(to, email, None, Some(event.clone()));
    }

    /// As [`Operation::email`], with a one-time link that carries `token`. It is not sent after the link has
    /// expired. To an empty address it is written too, and never sent, because asking for an unknown address
    /// has to take as long as for a known one.
    pub(crate) fn email_with_link(
        &mut self,
        to: impl Into<Recipient>,
        template: EmailTemplate,
        token: &Token,
        expires_at: UnixMillis,
    ) {
        // An invitation goes to a stranger, who is not told from which browser it was sent.
        let email = match template {
            EmailTemplate::Invitation { .. } => Email::to_stranger(template),
            template => Email::new(template, &self.client),
        };
        let link = Link {
            token: token.clone(),
            expires_at,
        };
        self.enqueue(to, email, Some(link), None);
    }

    fn enqueue(
        &mut self,
        to: impl Into<Recipient>,
        email: Email,
        link: Option<Link>,
        proof: Option<EventId>,
    ) {
        self.emails.push(Outgoing {
            to: to.into(),
            email,
            link,
            proof,
        });
    }

    /// Says whose sessions this changes, where no event says it.
    pub(crate) fn notify(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// Commits durably: when this returns, the change survives a power cut.
    ///
    /// # Errors
    /// When the database is unavailable; then nothing has happened.
    pub async fn commit(mut self) -> Result<Receipts, sqlx::Error> {
        // Whatever ended a user's session had to lock the user: what came from it at applications ends in the same commit.
        for user in self.locks.users() {
            for ended in application_endings::follow(&mut self.reader, &user).await? {
                self.record(ended.event(Actor::System));
            }
        }
        let mut receipts = Receipts::default();
        let mut later = Vec::new();
        for event in std::mem::take(&mut self.events) {
            match event.change() {
                Some(change) => self.changes.push(change),
                None => later.extend(event.change_later()),
            }
            let chained = audit::append(&mut self.reader, event).await?;
            // Written here, so that what an account is sent is what it has recorded, even when this process stops
            // in between.
            webhooks::enqueue(&mut self.reader.conn, &chained).await?;
            receipts.0.insert(EventId(chained.id), chained.hash);
        }
        for mut outgoing in std::mem::take(&mut self.emails) {
            let proof = outgoing.proof.as_ref().map(|event| receipts.hash(event));
            outgoing.email.proof = proof.map(str::to_owned);
            outgoing.email.event = outgoing.proof.clone();
            emails::insert(&mut self.reader, &outgoing).await?;
        }
        self.notifier.commit(self.reader.conn, self.changes).await?;
        self.notifier.notify_later(later);
        audit::note_appended(receipts.0.len() as u64);
        Ok(receipts)
    }
}

impl Deref for Operation {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.reader
    }
}

impl DerefMut for Operation {
    fn deref_mut(&mut self) -> &mut Reader {
        &mut self.reader
    }
}
