//! Who asks: the address, believed from a proxy only when it is one of ours, and the user agent.

use std::net::{IpAddr, SocketAddr};

use accounts::client::Client;
use axum::{
    extract::ConnectInfo,
    http::{HeaderMap, header, request::Parts},
};
use ipnet::IpNet;

/// Longest user agent that is kept.
const USER_AGENT: usize = 512;

/// The client of a request.
pub(crate) fn of(parts: &Parts, trusted: &[IpNet]) -> Client {
    let peer = parts
        .extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map(|ConnectInfo(address)| address.ip().to_canonical());
    let user_agent = parts
        .headers
        .get(header::USER_AGENT)
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .unwrap_or_default()
        .chars()
        .filter(|c| !c.is_control())
        .take(USER_AGENT)
        .collect();
    Client {
        ip: peer.map(|peer| behind_proxies(peer, &parts.headers, trusted)),
        user_agent,
        known_device: None,
    }
}

/// Walks `X-Forwarded-For` from its end, past the proxies we trust, to the first address we do not.
/// What stands further left is text that anyone can write.
fn behind_proxies(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |ip: &IpAddr| trusted.iter().any(|network| network.contains(ip));
    if !is_trusted(&peer) {
        return peer;
    }
    let mut client = peer;
    let values = headers.get_all("x-forwarded-for").iter();
    let listed: Vec<&str> = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    for part in listed.into_iter().rev() {
        let part = part.trim();
        // Some proxies write the port, too.
        let with_port = || part.parse::<SocketAddr>().map(|address| address.ip());
        let Ok(ip) = part.parse::<IpAddr>().or_else(|_| with_port()) else {
            break;
        };
        client = ip.to_canonical();
        if !is_trusted(&client) {
            break;
        }
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forwarded_address_is_believed_from_a_trusted_proxy_only() {
        let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap()];
        let of = |peer: &str, forwarded: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", forwarded.parse().unwrap());
            behind_proxies(peer.parse().unwrap(), &headers, &trusted).to_string()
        };
        assert_eq!(of("198.51.100.1", "203.0.113.9"), "198.51.100.1");
        assert_eq!(of("10.0.0.1", "203.0.113.9"), "203.0.113.9");
        assert_eq!(
            of("10.0.0.1", "1.1.1.1, 203.0.113.9, 10.0.0.2"),
            "203.0.113.9"
        );
        assert_eq!(of("10.0.0.1", "nonsense"), "10.0.0.1");
        assert_eq!(of("10.0.0.1", "2001:db8::1"), "2001:db8::1");
        assert_eq!(of("10.0.0.1", "203.0.113.9:4711"), "203.0.113.9");
        assert_eq!(of("10.0.0.1", "[2001:db8::1]:4711"), "2001:db8::1");
    }
}
