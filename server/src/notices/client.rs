//! One logout token posted to one application, and the beginning of what it answers.

use std::{net::SocketAddr, time::Duration};

use accounts::applications::Answer;
use app::context::Opened;
use http::{Method, header};
use tokio::time::timeout;
use tokio_rustls::rustls::pki_types::CertificateDer;

use crate::webhook::HttpWebhookClient;

/// Longest that a try may take, the look-up of the host and the answer included.
const LONGEST: Duration = Duration::from_secs(5);

/// Longest part of an answer that is read.
const READ: usize = 4_096;

const LATE: &str = "There was no answer within five seconds.";

/// Reaches applications. They are on private networks as often as not, so those are allowed; link-local and metadata
/// addresses and our own listeners never are.
pub struct NoticeClient(HttpWebhookClient);

impl NoticeClient {
    /// `public_url` is where users find this instance and `listeners` where it listens.
    #[must_use]
    pub fn new(
        public_url: &str,
        listeners: &[SocketAddr],
        authorities: &[CertificateDer<'static>],
    ) -> Self {
        Self(HttpWebhookClient::new(
            true,
            public_url,
            listeners,
            authorities,
        ))
    }

    /// Why an address may not be sent to.
    pub async fn refusal(&self, address: &str) -> Option<&'static str> {
        self.0.refusal(address).await
    }

    /// Posts a logout token (Back-Channel Logout 1.0, 2.5).
    pub async fn post(&self, address: &str, token: &str) -> Answer {
        timeout(LONGEST, self.send(address, token))
            .await
            .unwrap_or_else(|_| Answer::None(LATE.into()))
    }

    /// Opens an address as a browser's window does, without a cookie (Fetch standard, 3.1.7; Fetch Metadata).
    pub async fn open(&self, address: &str) -> Opened {
        let opened = self.0.request(Method::GET, address, |request| {
            request
                .header(header::ACCEPT, "text/html")
                .header("sec-fetch-mode", "navigate")
                .header("sec-fetch-dest", "document")
                .header("sec-fetch-site", "none")
                .header(header::CONNECTION, "close")
        });
        match timeout(LONGEST, opened).await {
            Ok(Ok(answer)) => {
                let location = answer.headers().get(header::LOCATION);
                Opened::Answered {
                    status: answer.status().as_u16(),
                    location: location.and_then(|to| to.to_str().ok()).map(str::to_owned),
                }
            }
            Ok(Err(failure)) => Opened::Nothing(failure.why),
            Err(_) => Opened::Nothing(LATE.into()),
        }
    }

    async fn send(&self, address: &str, token: &str) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("logout_token", token)
            .finish();
        let posted = self.0.post(address, |request| {
            request
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header(header::ACCEPT, "application/json")
                .header(header::CONNECTION, "close")
                .body(body)
        });
        let mut answer = match posted.await {
            Ok(answer) => answer,
            Err(failure) => return Answer::None(failure.why),
        };
        let status = answer.status().as_u16();
        if matches!(status, 200 | 204) {
            // What it says beside that does not count.
            return Answer::Status(status, String::new());
        }
        let mut said = Vec::new();
        while said.len() < READ {
            match answer.chunk().await {
                Ok(Some(chunk)) => said.extend_from_slice(&chunk),
                Ok(None) | Err(_) => break,
            }
        }
        said.truncate(READ);
        Answer::Status(status, String::from_utf8_lossy(&said).into_owned())
    }
}
