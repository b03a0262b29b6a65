//! What a name leads to, and whether an address is this machine's.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    time::Duration,
};

use url::{Host, Url};

/// Longest that looking a name up may take.
const LOOK_UP: Duration = Duration::from_secs(5);

const NOT_FOUND: &str = "Its host was not found.";

/// The addresses of a URL's host, at least one, with the port to connect to.
///
/// # Errors
/// That there are none, in a sentence.
pub async fn addresses_of(url: &Url) -> Result<Vec<SocketAddr>, &'static str> {
    let port = url.port_or_known_default().ok_or(NOT_FOUND)?;
    let name = match url.host().ok_or(NOT_FOUND)? {
        Host::Ipv4(ip) => return Ok(vec![SocketAddr::new(ip.into(), port)]),
        Host::Ipv6(ip) => return Ok(vec![SocketAddr::new(ip.into(), port)]),
        Host::Domain(name) => name,
    };
    let looked_up = tokio::time::timeout(LOOK_UP, tokio::net::lookup_host((name, port))).await;
    let found: Vec<SocketAddr> = match looked_up {
        Ok(Ok(found)) => found.collect(),
        _ => return Err(NOT_FOUND),
    };
    if found.is_empty() {
        Err(NOT_FOUND)
    } else {
        Ok(found)
    }
}

/// Whether this machine has the address itself: then it is also the one that it would send from. Nothing is sent.
pub fn is_of_this_machine(ip: IpAddr) -> bool {
    let any: IpAddr = match ip {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let from = UdpSocket::bind((any, 0)).and_then(|socket| {
        socket.connect((ip, 9))?;
        socket.local_addr()
    });
    from.is_ok_and(|from| from.ip() == ip)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machines_own_addresses_are_known_without_sending_anything() {
        assert!(is_of_this_machine("127.0.0.1".parse().unwrap()));
        assert!(!is_of_this_machine("8.8.8.8".parse().unwrap()));
    }
}
