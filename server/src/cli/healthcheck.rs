//! `curfew healthcheck`: asks the server on this machine whether it is ready, as a container's health check does.

use std::{
    io::{Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    time::Duration,
};

use super::Failed;

/// How long the server may take.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) fn healthcheck(listen: SocketAddr, out: &mut impl Write) -> Result<(), Failed> {
    let address = reachable(listen);
    let cannot = |error: std::io::Error| {
        Failed::Message(format!(
            "there is no answer at http://{address}/readyz: {error}"
        ))
    };
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE).map_err(cannot)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(cannot)?;
    stream.set_write_timeout(Some(PATIENCE)).map_err(cannot)?;
    let request = format!("GET /readyz HTTP/1.0\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).map_err(cannot)?;
    let mut answer = String::new();
    stream
        .take(64 * 1_024)
        .read_to_string(&mut answer)
        .map_err(cannot)?;
    let body = answer
        .split_once("\r\n\r\n")
        .map_or("", |parts| parts.1)
        .trim();
    if answer.split(' ').nth(1) == Some("200") {
        writeln!(out, "{body}")?;
        return Ok(());
    }
    let status = answer.lines().next().unwrap_or("no answer");
    Err(Failed::Message(format!("not ready: {status}: {body}")))
}

/// A server that listens on every address is asked on this machine's own.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}
