//! The webhook client: one request to an address that has been checked, and no further.

use std::{
    error::Error,
    io::{self, ErrorKind},
    net::SocketAddr,
    time::Duration,
};

use accounts::{
    db::TRACES,
    webhooks::{Failure, Payload},
};
use app::context::{Pending, WebhookClient};
use http::{Method, header};
use reqwest::{Client, RequestBuilder, Response, redirect, retry};
use tokio::time::timeout;
use tokio_rustls::rustls::{self, ClientConfig, pki_types::CertificateDer};
use tracing::instrument;

use super::{addresses::Addresses, resolver::Checked, tls};

/// Longest that connecting may take, TLS included.
const CONNECT: Duration = Duration::from_secs(5);

/// Longest that a delivery may take, the look-up of its host included.
const LONGEST: Duration = Duration::from_secs(10);

const USER_AGENT: &str = concat!("Curfew/", env!("CARGO_PKG_VERSION"), " (webhook)");

const LATE: &str = "There was no answer within ten seconds.";
const NO_ANSWER: &str = "Nothing answers at this address.";
const UNTRUSTED: &str = "No trusted TLS connection could be made. Check its certificate.";
const CLOSED: &str = "The connection was closed without an answer.";
const NO_TLS: &str = "TLS is not to be had here.";

/// Sends deliveries over HTTP.
pub struct HttpWebhookClient {
    addresses: Addresses,
    /// None when TLS could not be set up, which the log says.
    tls: Option<ClientConfig>,
}

impl HttpWebhookClient {
    /// `public_url` is where users find this instance and `listeners` where it listens: none of them is ever sent to.
    /// `authorities` are trusted besides those that browsers trust.
    #[must_use]
    pub fn new(
        allow_private: bool,
        public_url: &str,
        listeners: &[SocketAddr],
        authorities: &[CertificateDer<'static>],
    ) -> Self {
        Self {
            addresses: Addresses::new(allow_private, public_url, listeners),
            tls: tls::trusting(authorities)
                .inspect_err(
                    |error| tracing::error!(%error, "TLS for webhooks could not be set up"),
                )
                .ok(),
        }
    }

    async fn send(&self, payload: &Payload) -> Result<u16, Failure> {
        let write = |request| with_headers(request, payload).body(payload.body.clone());
        let answer = self.post(&payload.url, write).await?;
        // The body is not read: dropping the answer closes the connection.
        taken(answer.status().as_u16())
    }

    /// Posts what `write` makes of a request to an address that is checked now. The answer's body has not been read.
    pub(crate) async fn post(
        &self,
        address: &str,
        write: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<Response, Failure> {
        self.request(Method::POST, address, write).await
    }

    /// As [`Self::post`], with another method.
    #[instrument(target = TRACES, level = "trace", name = "delivery", skip_all)]
    pub(crate) async fn request(
        &self,
        method: Method,
        address: &str,
        write: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<Response, Failure> {
        // Again at every delivery, because a name may lead elsewhere than when it was saved.
        let url = self.addresses.read(address).map_err(without_answer)?;
        let checked = self.addresses.look_up(&url).await.map_err(without_answer)?;
        let https = url.scheme() == "https";
        let request = write(self.client_to(checked)?.request(method, url));
        request.send().await.map_err(|error| {
            // An address often carries a secret of the receiver's.
            let error = error.without_url();
            let why = why(&error, https);
            let error: &dyn Error = &error;
            tracing::debug!(error, why, "a delivery failed");
            without_answer(why)
        })
    }

    /// Why an address may not be sent to.
    pub(crate) async fn refusal(&self, address: &str) -> Option<&'static str> {
        match self.addresses.read(address) {
            Err(why) => Some(why),
            Ok(url) => self.addresses.look_up(&url).await.err(),
        }
    }

    /// A client for one delivery, which connects to `checked` and to nothing else. A client for all of them would
    /// have to check in its resolver, which reqwest tells the name and not the port, and asks for no address that
    /// stands in place of a name. Creating one takes microseconds: TLS is set up already, and no connection outlives
    /// its delivery anyway.
    fn client_to(&self, checked: Vec<SocketAddr>) -> Result<Client, Failure> {
        let tls = self.tls.clone().ok_or_else(|| without_answer(NO_TLS))?;
        Client::builder()
            .tls_backend_preconfigured(tls)
            .dns_resolver(Checked(checked))
            .no_proxy()
            .redirect(redirect::Policy::none())
            // The outbox does that, later and counted.
            .retry(retry::never())
            .pool_max_idle_per_host(0)
            .connect_timeout(CONNECT)
            .user_agent(USER_AGENT)
            .build()
            .map_err(|error| {
                tracing::error!(%error, "the webhook client could not be made");
                without_answer(NO_TLS)
            })
    }
}

impl WebhookClient for HttpWebhookClient {
    fn refuses<'a>(&'a self, url: &'a str) -> Pending<'a, Option<String>> {
        Box::pin(async move { self.refusal(url).await.map(str::to_owned) })
    }

    fn deliver<'a>(&'a self, payload: &'a Payload) -> Pending<'a, Result<u16, Failure>> {
        Box::pin(async move {
            timeout(LONGEST, self.send(payload))
                .await
                .unwrap_or_else(|_| Err(without_answer(LATE)))
        })
    }
}

/// The headers of `docs/WEBHOOK.md`: those of Standard Webhooks, and Curfew's own.
fn with_headers(request: reqwest::RequestBuilder, payload: &Payload) -> reqwest::RequestBuilder {
    request
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CONNECTION, "close")
        .header("webhook-id", &payload.id)
        .header("webhook-timestamp", &payload.timestamp)
        .header("webhook-signature", &payload.standard_signature)
        .header("x-webhook-id", &payload.id)
        .header("x-webhook-timestamp", &payload.timestamp)
        .header("x-webhook-signature", &payload.signature)
}

/// Whether the receiver took it, by its status.
fn taken(status: u16) -> Result<u16, Failure> {
    let why = match status {
        200..=299 => return Ok(status),
        300..=399 => format!(
            "It answered {status}. Curfew follows no redirects: enter the address it leads to."
        ),
        _ => format!("It answered {status}."),
    };
    Err(Failure {
        status: Some(status),
        why,
    })
}

fn without_answer(why: &str) -> Failure {
    Failure {
        status: None,
        why: why.to_owned(),
    }
}

fn why(error: &reqwest::Error, https: bool) -> &'static str {
    if !error.is_connect() {
        CLOSED
    } else if https && is_of_tls(error) {
        UNTRUSTED
    } else {
        NO_ANSWER
    }
}

/// Whether a connection was there and TLS failed on it. A refused certificate is an error of rustls; a peer that hangs
/// up in the middle is one of these kinds, which connecting itself does not have.
fn is_of_tls(error: &(dyn Error + 'static)) -> bool {
    if error.is::<rustls::Error>() {
        return true;
    }
    if let Some(io) = error.downcast_ref::<io::Error>() {
        let hung_up = matches!(
            io.kind(),
            ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe
        );
        // What an `io::Error` wraps is not among its sources.
        return hung_up || io.get_ref().is_some_and(|inner| is_of_tls(inner));
    }
    error.source().is_some_and(is_of_tls)
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    #[tokio::test]
    async fn the_connection_is_made_to_the_checked_address_whatever_the_name_leads_to() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let checked = listener.local_addr().unwrap();
        let receiver = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = [0; 512];
            let length = stream.read(&mut head).await.unwrap();
            let answer = b"HTTP/1.1 204 No Content\r\n\r\n";
            stream.write_all(answer).await.unwrap();
            String::from_utf8_lossy(&head[..length]).into_owned()
        });
        let webhooks = HttpWebhookClient::new(true, "", &[checked], &[]);
        let client = webhooks.client_to(vec![checked]).unwrap();
        let url = format!("http://hooks.invalid:{}/x", checked.port());
        let answer = client.post(url).send().await.unwrap();
        assert_eq!(answer.status(), 204);
        let head = receiver.await.unwrap();
        assert!(head.starts_with("POST /x HTTP/1.1"), "{head}");
        assert!(head.contains("host: hooks.invalid:"), "{head}");
    }

    #[test]
    fn only_a_status_from_200_to_299_counts_as_taken() {
        for status in [200, 204, 299] {
            assert_eq!(taken(status), Ok(status));
        }
        for status in [101, 300, 307, 404, 500] {
            assert_eq!(taken(status).unwrap_err().status, Some(status));
        }
    }
}
