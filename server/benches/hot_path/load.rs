//! The clients: 64 connections that send one request after the other.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

use crate::{Failed, servers::Server};

const CONNECTIONS: usize = 64;

/// A prime, so that one asks for sessions far apart.
const STRIDE: usize = 7_919;

/// A turn of a server.
pub struct Measured {
    /// Microseconds of CPU a request.
    pub cpu: f64,
    /// How long half of the requests took at most, in milliseconds.
    pub half: f64,
    pub p99: f64,
}

/// Sends that many requests, each for another session, and measures what they cost the server.
pub async fn run(
    server: &Server,
    cookies: &Arc<Vec<String>>,
    requests: usize,
) -> Result<Measured, Failed> {
    let sent = Arc::new(AtomicUsize::new(0));
    let before = server.cpu_seconds()?;
    let mut connections = JoinSet::new();
    for _ in 0..CONNECTIONS {
        connections.spawn(connection(
            server.port,
            cookies.clone(),
            sent.clone(),
            requests,
        ));
    }
    let mut times = Vec::with_capacity(requests);
    while let Some(done) = connections.join_next().await {
        times.extend(done??);
    }
    let cpu = server.cpu_seconds()? - before;
    times.sort_by(f64::total_cmp);
    let at = |share: usize| {
        times
            .get(times.len() * share / 100)
            .copied()
            .unwrap_or_default()
    };
    #[expect(clippy::cast_precision_loss, reason = "some ten thousand")]
    let each = cpu * 1e6 / times.len() as f64;
    Ok(Measured {
        cpu: each,
        half: at(50),
        p99: at(99),
    })
}

async fn connection(
    port: u16,
    cookies: Arc<Vec<String>>,
    sent: Arc<AtomicUsize>,
    requests: usize,
) -> Result<Vec<f64>, Failed> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.set_nodelay(true)?;
    let (mut times, mut answer) = (Vec::new(), Vec::with_capacity(4_096));
    loop {
        let number = sent.fetch_add(1, Ordering::Relaxed);
        if number >= requests {
            return Ok(times);
        }
        let cookie = &cookies[number * STRIDE % cookies.len()];
        let request = format!(
            "POST /api/fn/still_signed_in HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncookie: {cookie}\r\n\
             accept: application/json\r\naccept-encoding: gzip, deflate, br, zstd\r\n\
             origin: http://127.0.0.1:{port}\r\nsec-fetch-site: same-origin\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: 0\r\n\
             user-agent: Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0\r\n\r\n"
        );
        let begun = Instant::now();
        stream.write_all(request.as_bytes()).await?;
        self::answer(&mut stream, &mut answer).await?;
        times.push(begun.elapsed().as_secs_f64() * 1e3);
    }
}

/// Reads one answer, which must be 200.
pub async fn answer(stream: &mut TcpStream, answer: &mut Vec<u8>) -> Result<(), Failed> {
    answer.clear();
    while !is_whole(answer) {
        if stream.read_buf(answer).await? == 0 {
            return Err("the server closed a connection".into());
        }
    }
    if answer.starts_with(b"HTTP/1.1 200") {
        return Ok(());
    }
    Err(String::from_utf8_lossy(answer).into_owned().into())
}

/// Whether an answer has come to its end.
fn is_whole(answer: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(answer) else {
        return answer.ends_with(b"0\r\n\r\n");
    };
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    match length.and_then(|length| length.parse::<usize>().ok()) {
        Some(length) => body.len() >= length,
        None => body.ends_with("0\r\n\r\n"),
    }
}
