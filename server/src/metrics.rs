//! What is counted for `/metrics`. Nothing of a user is in it: a request is counted under its address as the list has it,
//! never under what was typed. Names and labels are in `docs/OPERATING.md`.
//!
//! Where metrics are off, nothing is counted and nothing is kept.

use std::{
    sync::OnceLock,
    time::{Duration, Instant},
};

use metrics::{counter, describe_counter, describe_histogram, histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

const REQUESTS: &str = "curfew_http_request_duration_seconds";
const SIGN_INS: &str = "curfew_sign_ins_total";
const REMOTE_LOGOUTS: &str = "curfew_remote_logout_duration_seconds";
const EMAILS: &str = "curfew_emails_total";
const WEBHOOKS: &str = "curfew_webhook_answers_total";
const NOTICES: &str = "curfew_logout_notice_answers_total";

/// Seconds. From a read of a session to a request that is cut off.
const BUCKETS: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0,
];

/// How often what was measured is put into its buckets, scraped or not: until then each value is kept.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Begins to count, once a process. Until then every count is a branch that is not taken.
pub(crate) fn begin() {
    HANDLE.get_or_init(|| match installed() {
        Ok(handle) => Some(handle),
        Err(error) => {
            tracing::error!(error, "metrics cannot be collected");
            None
        }
    });
}

fn installed() -> Result<PrometheusHandle, String> {
    let builder = PrometheusBuilder::new().set_buckets(&BUCKETS);
    let builder = builder.map_err(|error| error.to_string())?;
    let handle = builder
        .install_recorder()
        .map_err(|error| error.to_string())?;
    describe_histogram!(
        REQUESTS,
        "Requests by route and status, with how long they took."
    );
    describe_histogram!(
        REMOTE_LOGOUTS,
        "Remote logouts that were carried out, with how long until the answer."
    );
    describe_counter!(
        SIGN_INS,
        "Answers to a password or a code at sign-in, by outcome."
    );
    describe_counter!(EMAILS, "Tries to send an email, by outcome.");
    describe_counter!(WEBHOOKS, "Tries to deliver to a webhook, by outcome.");
    describe_counter!(NOTICES, "Answers to logout notices, by outcome.");
    Ok(handle)
}

/// What the counts are read from, where they are on.
pub(crate) fn handle() -> Option<&'static PrometheusHandle> {
    HANDLE.get()?.as_ref()
}

/// Keeps what was measured small, for as long as the program runs.
pub(crate) async fn keep_up() {
    let Some(handle) = handle() else {
        return;
    };
    let mut tick = tokio::time::interval(UPKEEP_EVERY);
    loop {
        tick.tick().await;
        handle.run_upkeep();
    }
}

/// A request was answered.
pub(crate) fn request(route: &'static str, status: u16, start: Instant) {
    if handle().is_none() {
        return;
    }
    let (took, status) = (start.elapsed(), status.to_string());
    histogram!(REQUESTS, "route" => route, "status" => status).record(took);
}

/// A remote logout was carried out: `by` says on which way.
pub(crate) fn remote_logout(by: &'static str, start: Instant) {
    histogram!(REMOTE_LOGOUTS, "by" => by).record(start.elapsed());
}

/// A password or a code was answered: `signed_in`, `code_required`, or the code of the error.
pub(crate) fn sign_in(outcome: String) {
    counter!(SIGN_INS, "outcome" => outcome).increment(1);
}

/// What came of a try to send something.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sent {
    Arrived,
    TriedAgain,
    GivenUp,
}

impl Sent {
    /// A try that failed.
    pub(crate) fn failed(given_up: bool) -> Self {
        if given_up {
            Self::GivenUp
        } else {
            Self::TriedAgain
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Arrived => "arrived",
            Self::TriedAgain => "tried_again",
            Self::GivenUp => "given_up",
        }
    }
}

pub(crate) fn email(sent: Sent) {
    counter!(EMAILS, "outcome" => sent.name()).increment(1);
}

pub(crate) fn webhook(sent: Sent) {
    counter!(WEBHOOKS, "outcome" => sent.name()).increment(1);
}

pub(crate) fn notice(outcome: &'static str) {
    counter!(NOTICES, "outcome" => outcome).increment(1);
}
