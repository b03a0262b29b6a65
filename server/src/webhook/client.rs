//! One delivery: one request on a connection of its own, to an address that was looked at, and no further.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use accounts::webhook::{Failure, Payload};
use app::context::{Pending, WebhookClient};
use http::{Request, header};
use http_body_util::Full;
use hyper::{body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, IpAddr as TlsIp, ServerName},
    },
};
use url::{Host, Position, Url};

use super::addresses::Addresses;

/// Longest a delivery may take, the look-up of its name included.
const LONGEST: Duration = Duration::from_secs(10);

const USER_AGENT: &str = concat!("Curfew/", env!("CARGO_PKG_VERSION"), " (webhook)");

/// Brings deliveries over HTTP.
pub struct HttpWebhookClient {
    addresses: Addresses,
    tls: Option<TlsConnector>,
}

impl HttpWebhookClient {
    /// `public_url` is where users find this install, which is never sent to; `authorities` are trusted besides
    /// those that browsers trust.
    #[must_use]
    pub fn new(
        allow_private: bool,
        public_url: &str,
        authorities: &[CertificateDer<'static>],
    ) -> Self {
        Self {
            addresses: Addresses::new(allow_private, public_url),
            tls: tls(authorities),
        }
    }

    async fn deliver(&self, payload: &Payload) -> Result<u16, Failure> {
        // Again at every delivery: what a name leads to may have changed since it was saved.
        let url = self.addresses.read(&payload.url).map_err(without_answer)?;
        let found = self.addresses.look_up(&url).await.map_err(without_answer)?;
        let stream = connect(&found).await?;
        let answered = if url.scheme() == "https" {
            let tls = self
                .tls
                .as_ref()
                .ok_or_else(|| without_answer("TLS is not to be had here."))?;
            let name = name_of(&url).ok_or_else(|| without_answer("Its host is no name."))?;
            let stream = tls.connect(name, stream).await.map_err(|error| {
                tracing::debug!(%error, "a receiver’s certificate or TLS was not accepted");
                without_answer("No trusted TLS connection could be made. Check its certificate.")
            })?;
            post(stream, &url, payload).await
        } else {
            post(stream, &url, payload).await
        };
        let status = answered.map_err(|error| {
            tracing::debug!(%error, "a receiver broke off");
            without_answer("The connection was closed without an answer.")
        })?;
        match status {
            200..=299 => Ok(status),
            300..=399 => Err(Failure {
                status: Some(status),
                why: format!(
                    "It answered {status}. Curfew follows no redirects: enter the address it leads to."
                ),
            }),
            _ => Err(Failure {
                status: Some(status),
                why: format!("It answered {status}."),
            }),
        }
    }
}

impl WebhookClient for HttpWebhookClient {
    fn refuses<'a>(&'a self, url: &'a str) -> Pending<'a, Option<String>> {
        Box::pin(async move {
            match self.addresses.read(url) {
                Err(why) => Some(why.to_owned()),
                Ok(url) => self.addresses.look_up(&url).await.err().map(str::to_owned),
            }
        })
    }

    fn deliver<'a>(&'a self, payload: &'a Payload) -> Pending<'a, Result<u16, Failure>> {
        Box::pin(async move {
            let late = || without_answer("There was no answer within ten seconds.");
            timeout(LONGEST, self.deliver(payload))
                .await
                .unwrap_or_else(|_| Err(late()))
        })
    }
}

fn without_answer(why: &str) -> Failure {
    Failure {
        status: None,
        why: why.to_owned(),
    }
}

/// The certificates that browsers trust and those that whoever runs this does, with the one provider of cryptography that this program has.
fn tls(authorities: &[CertificateDer<'static>]) -> Option<TlsConnector> {
    let mut roots: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
    roots.add_parsable_certificates(authorities.iter().cloned());
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .inspect_err(|error| tracing::error!(%error, "TLS for webhooks could not be set up"))
        .ok()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Some(TlsConnector::from(Arc::new(config)))
}

/// The first of the addresses that answers.
async fn connect(found: &[SocketAddr]) -> Result<TcpStream, Failure> {
    for address in found {
        // Each gets its share of the time, so that a dead one does not stand in for all.
        let share = LONGEST / u32::try_from(found.len() + 1).unwrap_or(u32::MAX);
        if let Ok(Ok(stream)) = timeout(share, TcpStream::connect(address)).await {
            return Ok(stream);
        }
    }
    Err(without_answer("Nobody answers at this address."))
}

fn name_of(url: &Url) -> Option<ServerName<'static>> {
    match url.host()? {
        Host::Domain(name) => ServerName::try_from(name.to_owned()).ok(),
        Host::Ipv4(ip) => Some(ServerName::IpAddress(TlsIp::from(std::net::IpAddr::V4(ip)))),
        Host::Ipv6(ip) => Some(ServerName::IpAddress(TlsIp::from(std::net::IpAddr::V6(ip)))),
    }
}

/// Sends the request and gives the status. What else is answered nobody reads: the connection is dropped.
async fn post<S>(
    stream: S,
    url: &Url,
    payload: &Payload,
) -> Result<u16, Box<dyn std::error::Error + Send + Sync>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let request = Request::post(&url[Position::BeforePath..Position::AfterQuery])
        .header(
            header::HOST,
            &url[Position::BeforeHost..Position::AfterPort],
        )
        .header(header::USER_AGENT, USER_AGENT)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CONNECTION, "close")
        .header("x-webhook-id", &payload.id)
        .header("x-webhook-timestamp", &payload.timestamp)
        .header("x-webhook-signature", &payload.signature)
        .body(Full::new(Bytes::from(payload.body.clone())))?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let sent = sender.send_request(request);
    tokio::pin!(connection, sent);
    let answer = tokio::select! {
        answer = &mut sent => answer,
        // Over as soon as the head of the answer is there, or because there is none.
        _ = &mut connection => sent.await,
    };
    Ok(answer?.status().as_u16())
}
