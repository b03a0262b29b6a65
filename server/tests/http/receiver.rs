//! A webhook's receiver on loopback: it answers what it is told to, and remembers what arrived.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// The names in lower case.
    pub head: String,
    pub body: String,
    /// What it was answered.
    pub status: u16,
}

impl Arrived {
    /// A header's value.
    pub fn header(&self, name: &str) -> String {
        let begin = format!("{name}: ");
        let found = self.head.lines().find_map(|line| line.strip_prefix(&begin));
        found.unwrap_or_default().to_owned()
    }
}

#[derive(Default)]
struct Inside {
    arrived: Vec<Arrived>,
    /// What to answer next, before it is 204 for all.
    answers: VecDeque<String>,
}

/// The receiver. Cheap to clone.
#[derive(Clone)]
pub struct Receiver {
    pub address: String,
    inside: Arc<Mutex<Inside>>,
}

impl Receiver {
    /// One that answers these first, whole answers or bare statuses, and 204 from then on.
    pub async fn that_answers(answers: &[&str]) -> Self {
        Self::at("127.0.0.1:0", answers).await
    }

    /// The same, at an address of its own.
    pub async fn at(address: &str, answers: &[&str]) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let receiver = Self {
            address: listener.local_addr().unwrap().to_string(),
            inside: Arc::default(),
        };
        receiver.answers_next(answers);
        let listening = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let receiver = listening.clone();
                tokio::spawn(async move { receiver.takes(stream).await });
            }
        });
        receiver
    }

    pub fn answers_next(&self, answers: &[&str]) {
        let answers = answers.iter().map(|answer| (*answer).to_owned());
        self.inside().answers.extend(answers);
    }

    pub fn url(&self) -> String {
        format!("http://{}/curfew?from=test", self.address)
    }

    pub fn arrived(&self) -> Vec<Arrived> {
        self.inside().arrived.clone()
    }

    fn inside(&self) -> std::sync::MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One that speaks TLS, with this certificate and key (PEM).
    pub async fn over_tls(certificate: &str, key: &str) -> Self {
        let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self {
            address: listener.local_addr().unwrap().to_string(),
            inside: Arc::default(),
        };
        let listening = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (receiver, acceptor) = (listening.clone(), acceptor.clone());
                tokio::spawn(
                    async move { receiver.takes(acceptor.accept(stream).await.ok()?).await },
                );
            }
        });
        receiver
    }

    async fn takes<S: AsyncRead + AsyncWrite + Unpin>(&self, mut stream: S) -> Option<()> {
        let mut bytes = Vec::new();
        let (head, body) = loop {
            if stream.read_buf(&mut bytes).await.ok()? == 0 {
                return None;
            }
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let Some((head, body)) = text.split_once("\r\n\r\n") else {
                continue;
            };
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(": ")?;
                name.eq_ignore_ascii_case("content-length")
                    .then(|| value.parse::<usize>().ok())?
            });
            // A GET has no body.
            let length = length.unwrap_or(0);
            if body.len() >= length {
                break (head.to_owned(), body.to_owned());
            }
        };
        let answer = self.inside().answers.pop_front().unwrap_or("204".into());
        if answer == "nothing" {
            tokio::time::sleep(std::time::Duration::from_mins(1)).await;
            return None;
        }
        let status = answer.split(' ').next()?.parse().unwrap_or(0);
        self.inside().arrived.push(Arrived {
            head: lowered(&head),
            body,
            status,
        });
        let whole = match answer.split_once(' ') {
            Some((status, rest)) => format!("HTTP/1.1 {status} X\r\n{rest}"),
            None => format!("HTTP/1.1 {answer} X\r\ncontent-length: 0\r\n\r\n"),
        };
        stream.write_all(whole.as_bytes()).await.ok()?;
        stream.flush().await.ok()
    }
}

/// Names in lower case, values as they are.
fn lowered(head: &str) -> String {
    head.lines()
        .map(|line| match line.split_once(": ") {
            Some((name, value)) => format!("{}: {value}\n", name.to_lowercase()),
            None => format!("{line}\n"),
        })
        .collect()
}

/// What a receiver computes for itself, by `docs/WEBHOOK.md` and not by the code that signs.
pub fn signature_of(secret: &str, arrived: &Arrived) -> String {
    use sha2::{Digest, Sha256};

    // HMAC as RFC 2104 has it; the secret is shorter than a block.
    let mut key = [0_u8; 64];
    key[..secret.len()].copy_from_slice(secret.as_bytes());
    let message = format!("{}.{}", arrived.header("x-webhook-timestamp"), arrived.body);
    let hash = |pad: u8, rest: &[u8]| {
        let padded: Vec<u8> = key
            .iter()
            .map(|byte| byte ^ pad)
            .chain(rest.iter().copied())
            .collect();
        Sha256::digest(padded).to_vec()
    };
    let mac = hash(0x5c, &hash(0x36, message.as_bytes()));
    format!("sha256={}", data_encoding::HEXLOWER.encode(&mac))
}

/// Whether the library of Standard Webhooks takes it, as a receiver's own program would.
pub fn is_signed_as_standard(secret: &str, arrived: &Arrived) -> bool {
    let mut headers = http::HeaderMap::new();
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        headers.insert(name, arrived.header(name).parse().unwrap());
    }
    let receiver = standardwebhooks::Webhook::new(secret).unwrap();
    receiver.verify(arrived.body.as_bytes(), &headers).is_ok()
}
