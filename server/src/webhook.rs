//! Sending webhook deliveries from the outbox, for as long as the program runs.

mod addresses;
mod client;
mod lookup;
mod reserved;
mod resolver;
pub(crate) mod tls;

use std::{sync::Arc, time::Duration};

use accounts::{
    db::{DatabaseError, Db},
    keys::Keys,
    time::Moment,
    webhooks::{self, Due, Failure, Payload},
};
use app::context::WebhookClient;
use tokio::{task::JoinSet, time::MissedTickBehavior};

pub use client::HttpWebhookClient;

use crate::metrics::{self, Sent};

/// How often the outbox is read.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Deliveries under way at once; each account has one at most.
const AT_ONCE: usize = 16;

/// Sends the deliveries that are due. Cheap to clone.
#[derive(Clone)]
pub struct Deliveries {
    db: Db,
    keys: Keys,
    webhook_client: Arc<dyn WebhookClient>,
}

impl Deliveries {
    #[must_use]
    pub fn new(db: Db, keys: Keys, webhook_client: Arc<dyn WebhookClient>) -> Self {
        Self {
            db,
            keys,
            webhook_client,
        }
    }

    /// Reads the outbox every second and sends what is due. What is under way when the program stops is sent
    /// again by the next one, with the same id.
    pub async fn keep_sending(self) {
        let mut tick = tokio::time::interval(LOOK_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut under_way = JoinSet::new();
        loop {
            // An account's next delivery starts as soon as the one before it has arrived.
            tokio::select! {
                _ = tick.tick() => {}
                Some(_) = under_way.join_next() => {}
            }
            while under_way.len() < AT_ONCE {
                match self.lease().await {
                    Ok(Some(due)) => {
                        let sender = self.clone();
                        under_way.spawn(async move { sender.send(due).await });
                    }
                    Ok(None) => break,
                    Err(error) => {
                        let error = self.db.explain(&error);
                        tracing::warn!(
                            error,
                            "the database is unavailable: webhook deliveries wait"
                        );
                        break;
                    }
                }
            }
        }
    }

    /// Sends the delivery that has been due the longest. False when none is.
    ///
    /// # Errors
    /// When the database is unavailable.
    pub async fn send_one(&self) -> Result<bool, DatabaseError> {
        let Some(due) = self.lease().await? else {
            return Ok(false);
        };
        self.send(due).await;
        Ok(true)
    }

    async fn lease(&self) -> Result<Option<Due>, DatabaseError> {
        let mut tx = self.db.write().await?;
        let due = webhooks::lease(&mut tx, Moment::now()).await?;
        tx.commit().await?;
        Ok(due)
    }

    async fn send(&self, due: Due) {
        let outcome = self.try_once(&due).await;
        if let Err(error) = self.record(&due, outcome).await {
            tracing::warn!(%error, event = due.event.id, "the outcome of a webhook delivery was not recorded: it is sent again");
        }
    }

    async fn try_once(&self, due: &Due) -> Result<u16, Failure> {
        let secret = due
            .webhook
            .secret(&due.account, &self.keys)
            .map_err(|error| {
                tracing::error!(%error, "the secret of a webhook cannot be opened");
                Failure {
                    status: None,
                    why: "Its secret cannot be opened. Make a new one.".into(),
                }
            })?;
        let payload = Payload::of(&due.webhook.url, &secret, &due.event, Moment::now());
        self.webhook_client.deliver(&payload).await
    }

    async fn record(&self, due: &Due, outcome: Result<u16, Failure>) -> Result<(), DatabaseError> {
        let mut tx = self.db.write().await?;
        match outcome {
            Ok(status) => {
                webhooks::delivered(&mut tx, due, status, Moment::now()).await?;
                metrics::webhook(Sent::Arrived);
            }
            Err(failure) => {
                let next = webhooks::failed(&mut tx, due, &failure, Moment::now()).await?;
                let (event, why, given_up) = (&due.event.id, failure.why, next.is_none());
                tracing::info!(event, why, given_up, "a webhook delivery failed");
                metrics::webhook(Sent::failed(given_up));
            }
        }
        tx.commit().await
    }
}
