//! Sending logout notices (OpenID Connect Back-Channel Logout 1.0) from the outbox, for as long as the program runs.
//!
//! Two lanes side by side: applications that answer, and those whose last try failed. So what is down delays nothing else.

mod client;

use std::{sync::Arc, time::Duration};

use accounts::{
    applications::{
        Answer, Application, DueNotice, LOGOUT_TOKEN_TYPE, Lane, LogoutClaims, Outcome,
        SigningAlgorithm, lease_notice, note_answer,
        signing_keys::{self, SigningError, Unsigned},
    },
    client::Client,
    db::DatabaseError,
    ids::{ApplicationId, ApplicationSessionId, UserId},
    instance::Instance,
    operation::Operation,
    time::Moment,
};
use app::context::{NoticeSender, Opened, Pending};
use tokio::{
    sync::{Mutex, Notify},
    task::JoinSet,
    time::MissedTickBehavior,
};

use crate::metrics;

pub use client::NoticeClient;

/// How often the outbox is read where nothing wakes its reader: what other processes have committed.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Notices under way at once in each lane. An application that answers has four of them at most, one that fails a single
/// one.
const ANSWERING: usize = 128;
const FAILING: usize = 64;

/// What is said of a token that could not be signed.
const NOT_SIGNED: &str = "The logout token couldn’t be signed.";

/// Whom a notice is about, and to whom it goes.
#[derive(Debug, Clone, Copy)]
pub struct Notice<'a> {
    pub application: &'a ApplicationId,
    pub user: &'a UserId,
    pub session: &'a ApplicationSessionId,
    pub algorithm: SigningAlgorithm,
    pub address: &'a str,
}

/// Sends the notices that are due. Cheap to clone.
#[derive(Clone)]
pub struct Notices {
    instance: Instance,
    /// The issuer of our tokens.
    public_url: Arc<str>,
    client: Arc<NoticeClient>,
    wake: Arc<Notify>,
    making_keys: Arc<Mutex<()>>,
}

impl Notices {
    #[must_use]
    pub fn new(instance: Instance, public_url: &str, client: NoticeClient) -> Self {
        Self {
            instance,
            public_url: public_url.into(),
            client: Arc::new(client),
            wake: Arc::default(),
            making_keys: Arc::default(),
        }
    }

    /// What has just been committed may owe notices.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Sends what is due, as soon as it is. What is under way when the program stops is sent again by the next one, signed
    /// anew.
    pub async fn keep_sending(self) {
        tokio::join!(
            self.keep_sending_in(Lane::Answering, ANSWERING),
            self.keep_sending_in(Lane::Failing, FAILING)
        );
    }

    async fn keep_sending_in(&self, lane: Lane, at_once: usize) {
        let mut tick = tokio::time::interval(LOOK_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut under_way = JoinSet::new();
        loop {
            tokio::select! {
                _ = tick.tick() => {}
                () = self.wake.notified(), if lane == Lane::Answering => {}
                Some(_) = under_way.join_next() => {}
            }
            while under_way.len() < at_once {
                match self.lease(lane).await {
                    Ok(Some(due)) => {
                        let sender = self.clone();
                        under_way.spawn(async move { sender.send(due).await });
                    }
                    Ok(None) => break,
                    Err(error) => {
                        let error = self.instance.db.explain(&error);
                        tracing::warn!(error, "the database is unavailable: logout notices wait");
                        break;
                    }
                }
            }
        }
    }

    async fn lease(&self, lane: Lane) -> Result<Option<DueNotice>, DatabaseError> {
        if !self.any_due().await? {
            return Ok(None);
        }
        let mut tx = self.instance.db.write().await?;
        let due = lease_notice(&mut tx, lane, Moment::now()).await?;
        tx.commit().await?;
        Ok(due)
    }

    /// Reads first, so that an outbox with nothing in it takes no turn of the database's writer.
    async fn any_due(&self) -> Result<bool, DatabaseError> {
        let now = Moment::now();
        let mut conn = self.instance.read(now).await?;
        accounts::applications::any_notice_due(&mut conn, now).await
    }

    async fn send(&self, due: DueNotice) {
        let answer = self.try_once(Notice {
            application: &due.application_id,
            user: &due.user_id,
            session: &due.application_session_id,
            algorithm: due.signing_algorithm,
            address: &due.logout_address,
        });
        let answer = answer.await;
        match self.record(&due, &answer).await {
            Ok(outcome) => {
                metrics::notice(outcome_name(outcome));
                let (application, session) = (
                    due.application_id.as_str(),
                    due.application_session_id.as_str(),
                );
                match outcome {
                    Some(Outcome::LoggedOut | Outcome::HadNoSession) => {
                        tracing::info!(application, session, "an application was told of a logout");
                    }
                    outcome => {
                        let given_up = outcome.is_some();
                        tracing::warn!(
                            application,
                            session,
                            ?answer,
                            given_up,
                            "a logout notice failed"
                        );
                    }
                }
            }
            Err(error) => {
                let application = due.application_id.as_str();
                tracing::warn!(%error, application, "what came of a logout notice was not recorded: it is sent again");
            }
        }
    }

    /// Signs a logout token and posts it once.
    pub async fn try_once(&self, notice: Notice<'_>) -> Answer {
        let now = Moment::now();
        let Notice {
            application,
            user,
            session,
            ..
        } = notice;
        let claims = LogoutClaims::new(&self.public_url, application, user, session, now);
        let token = match self.signed(&claims, notice.algorithm, now).await {
            Ok(token) => token,
            Err(why) => {
                tracing::error!(why, "a logout token could not be signed");
                return Answer::None(NOT_SIGNED.into());
            }
        };
        self.client.post(notice.address, &token).await
    }

    async fn signed(
        &self,
        claims: &LogoutClaims,
        algorithm: SigningAlgorithm,
        now: Moment,
    ) -> Result<String, String> {
        let unsigned = Unsigned {
            kind: LOGOUT_TOKEN_TYPE,
            claims: serde_json::to_value(claims).map_err(|e| e.to_string())?,
        };
        match self.sign(&unsigned, algorithm, now).await {
            // The first token of an install. One task makes the keys, because an RSA key takes its time.
            Err(SigningError::NoKey) => {
                let _making = self.making_keys.lock().await;
                signing_keys::ready(&self.instance, now)
                    .await
                    .map_err(|e| e.to_string())?;
                // Another task may have made them a moment after this one began.
                self.sign(&unsigned, algorithm, Moment::now())
                    .await
                    .map_err(|e| e.to_string())
            }
            signed => signed.map_err(|e| e.to_string()),
        }
    }

    async fn sign(
        &self,
        token: &Unsigned,
        algorithm: SigningAlgorithm,
        now: Moment,
    ) -> Result<String, SigningError> {
        let mut conn = self.instance.read(now).await?;
        signing_keys::sign(&mut conn, algorithm, token).await
    }

    /// A notice of a session that never was.
    async fn send_test(&self, application: &Application, user: &UserId) -> Answer {
        let Some(address) = &application.logout_address else {
            return Answer::None("It has no address for logout notices.".into());
        };
        let session = ApplicationSessionId(Moment::now().id());
        let notice = Notice {
            application: &application.id,
            user,
            session: &session,
            algorithm: application.signing_algorithm,
            address,
        };
        self.try_once(notice).await
    }

    async fn record(
        &self,
        due: &DueNotice,
        answer: &Answer,
    ) -> Result<Option<Outcome>, DatabaseError> {
        let mut op = Operation::begin(&self.instance, &Client::default(), Moment::now()).await?;
        let outcome = note_answer(&mut op, due, answer).await?;
        op.commit().await?;
        Ok(outcome)
    }
}

/// For the metrics.
fn outcome_name(outcome: Option<Outcome>) -> &'static str {
    match outcome {
        Some(Outcome::LoggedOut) => "logged_out",
        Some(Outcome::HadNoSession) => "had_no_session",
        Some(Outcome::Refused) => "refused",
        Some(Outcome::GivenUp) => "given_up",
        Some(Outcome::Dropped) => "dropped",
        None => "tried_again",
    }
}

impl NoticeSender for Notices {
    fn refuses<'a>(&'a self, url: &'a str) -> Pending<'a, Option<String>> {
        Box::pin(async move { self.client.refusal(url).await.map(str::to_owned) })
    }

    fn open<'a>(&'a self, address: &'a str) -> Pending<'a, Opened> {
        Box::pin(self.client.open(address))
    }

    fn test<'a>(&'a self, application: &'a Application, user: &'a UserId) -> Pending<'a, Answer> {
        Box::pin(self.send_test(application, user))
    }
}
