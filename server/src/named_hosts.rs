//! The hosts that a request names, and which of them are this machine.

use std::{
    borrow::Cow,
    net::{Ipv4Addr, Ipv6Addr},
};

use axum::http::{HeaderMap, Uri, header};

/// The hosts that a request names. A browser names one; a program of before HTTP/1.1 none.
pub(crate) fn named<'a>(
    headers: &'a HeaderMap,
    uri: &'a Uri,
) -> impl Iterator<Item = Cow<'a, str>> {
    let headers = headers.get_all(header::HOST).iter();
    let headers = headers.map(|host| String::from_utf8_lossy(host.as_bytes()));
    let target = uri.authority().map(|host| host.as_str().into());
    headers.chain(target)
}

/// Whether a host is a name of this machine that no name server can give to another site: RFC 6761, 6.3, and
/// addresses.
pub(crate) fn is_this_machine(host: &str) -> bool {
    if let Some(rest) = host.strip_prefix('[') {
        let Some((ip, port)) = rest.split_once(']') else {
            return false;
        };
        let ip = ip.parse::<Ipv6Addr>();
        return is_port(port) && ip.is_ok_and(|ip| ip.to_canonical().is_loopback());
    }
    let (name, port) = host.split_at(host.find(':').unwrap_or(host.len()));
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    let of_a_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let local = name == "localhost"
        || (name.ends_with(".localhost") && name.chars().all(of_a_name))
        || name.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback());
    local && is_port(port)
}

/// Nothing, or a colon and a number.
fn is_port(text: &str) -> bool {
    let port = text.strip_prefix(':');
    text.is_empty() || port.is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_this_machine_are_told_from_others() {
        for ours in [
            "localhost",
            "LOCALHOST:3000",
            "localhost.",
            "curfew.localhost:3000",
            "127.0.0.1",
            "127.0.0.1:3000",
            "127.8.9.10:80",
            "[::1]",
            "[::1]:3000",
            "[0:0:0:0:0:0:0:1]:3000",
            "[::ffff:127.0.0.1]:3000",
        ] {
            assert!(is_this_machine(ours), "{ours}");
        }
        for other in [
            "",
            "evil.example",
            "evil.example:3000",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "notlocalhost",
            "evil.example/.localhost",
            "evil.example#.localhost",
            "localhost:3000.evil.example",
            "localhost@evil.example",
            "192.168.1.7:3000",
            "0.0.0.0:3000",
            "128.0.0.1",
            "[::]:3000",
            "[2001:db8::1]",
            "[::1",
            "[::1].evil.example",
            "::1",
        ] {
            assert!(!is_this_machine(other), "{other}");
        }
    }
}
