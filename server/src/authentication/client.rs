//! Who asks: the address, believed from a proxy only when it is one of ours, the user agent and the request's id.

use std::net::{IpAddr, SocketAddr};

use accounts::client::Client;
use axum::{
    extract::ConnectInfo,
    http::{HeaderMap, header, request::Parts},
};
use ipnet::IpNet;

use crate::{request_id, state::AppState};

/// Longest user agent that is kept.
const USER_AGENT: usize = 512;

/// Where proxies write for whom they ask. No other header of theirs is read but by the [gate](crate::gate):
/// `Forwarded`, `X-Forwarded-Host` and `X-Forwarded-Proto` are text that anyone can write, and the public address says
/// what they would.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// The client of a request.
pub(crate) fn of(parts: &Parts, state: &AppState) -> Client {
    let peer = parts
        .extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map(|ConnectInfo(address)| address.ip().to_canonical());
    let user_agent = parts.headers.get(header::USER_AGENT);
    let user_agent = user_agent.map(|value| user_agent_of(value.as_bytes()));
    let trusted = &state.config.trusted_proxies;
    if let Some(peer) = peer
        && !is_trusted(&peer, trusted)
        && parts.headers.contains_key(FORWARDED_FOR)
    {
        state.warned.forwarded_for.call_once(|| {
            tracing::warn!(
                %peer,
                "X-Forwarded-For of a peer that is not in CURFEW_TRUSTED_PROXIES is not believed: behind a proxy all users share its address and its limits"
            );
        });
    }
    Client {
        ip: peer.map(|peer| behind_proxies(peer, &parts.headers, trusted)),
        user_agent: user_agent.unwrap_or_default(),
        request_id: Some(request_id::of(&parts.extensions)).filter(|id| !id.is_empty()),
        known_devices: Vec::new(),
    }
}

fn user_agent_of(sent: &[u8]) -> String {
    let shown = String::from_utf8_lossy(sent);
    if shown.len() <= USER_AGENT && !shown.chars().any(char::is_control) {
        return shown.into_owned();
    }
    let shown = shown.chars().filter(|c| !c.is_control());
    shown.take(USER_AGENT).collect()
}

/// Whether the peer of a request is a proxy of ours.
pub(crate) fn is_trusted(ip: &IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|network| network.contains(ip))
}

/// Walks `X-Forwarded-For` from its end, past the proxies we trust, to the first address we do not. Several such
/// headers are one list (RFC 9110, 5.3). What stands further left is text that anyone can write, in any bytes.
fn behind_proxies(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let mut client = peer;
    let values: Vec<&[u8]> = headers
        .get_all(FORWARDED_FOR)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        // An empty element says nothing (RFC 9110, 5.6.1.2).
        .filter(|part| !part.is_empty())
        .collect();
    for part in values.into_iter().rev() {
        if !is_trusted(&client, trusted) {
            break;
        }
        let Some(ip) = address(part) else {
            break;
        };
        client = ip;
    }
    client
}

/// An address as proxies write it: with a port or without, IPv6 in brackets or without.
fn address(part: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(part).ok()?;
    let in_brackets = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    let ip: Option<IpAddr> = text.parse().ok().or_else(with_port).or_else(in_brackets);
    ip.map(|ip| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    /// Whom a request is from that comes from `peer` with these headers.
    fn of(peer: &str, forwarded: &[&[u8]]) -> String {
        let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap()];
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, HeaderValue::from_bytes(value).unwrap());
        }
        behind_proxies(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn a_forwarded_address_is_believed_from_a_trusted_proxy_only() {
        assert_eq!(of("198.51.100.1", &[b"203.0.113.9"]), "198.51.100.1");
        assert_eq!(of("10.0.0.1", &[b"203.0.113.9"]), "203.0.113.9");
        assert_eq!(
            of("10.0.0.1", &[b"1.1.1.1, 203.0.113.9, 10.0.0.2"]),
            "203.0.113.9"
        );
        assert_eq!(of("10.0.0.1", &[b"nonsense"]), "10.0.0.1");
        assert_eq!(of("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn what_a_client_writes_itself_hides_nothing() {
        for client in [
            &b"\xff, 203.0.113.7"[..],
            b"\xff\xfe\x80,203.0.113.7",
            "ü, 203.0.113.7".as_bytes(),
            b"1.1.1.1, 203.0.113.7, 10.0.0.2",
            b"203.0.113.7, , ",
        ] {
            assert_eq!(of("10.0.0.1", &[client]), "203.0.113.7", "{client:?}");
        }
        // One list, however many headers it comes in.
        assert_eq!(
            of("10.0.0.1", &[b"\xff", b"203.0.113.7", b"10.0.0.2"]),
            "203.0.113.7"
        );
        // What a proxy of ours wrote and cannot be read ends the walk: further left anyone may have written.
        assert_eq!(of("10.0.0.1", &[b"1.1.1.1, \xff, 10.0.0.2"]), "10.0.0.2");
    }

    #[test]
    fn addresses_are_read_as_proxies_write_them() {
        for (written, meant) in [
            ("203.0.113.9:4711", "203.0.113.9"),
            ("2001:db8::7", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("[2001:db8::7]:4711", "2001:db8::7"),
            ("::ffff:203.0.113.9", "203.0.113.9"),
            ("[::ffff:203.0.113.9]", "203.0.113.9"),
        ] {
            assert_eq!(of("10.0.0.1", &[written.as_bytes()]), meant, "{written}");
        }
        for nonsense in [
            "[2001:db8::7",
            "2001:db8::7]",
            "[]",
            "203.0.113.9:x",
            "unknown",
        ] {
            assert_eq!(of("10.0.0.1", &[nonsense.as_bytes()]), "10.0.0.1");
        }
    }
}
