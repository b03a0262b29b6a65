//! Which addresses are public, and which belong to machines, private networks and protocols.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where clouds answer a machine's questions about itself, its credentials included, and that are not link-local:
/// Alibaba, Oracle, Azure, AWS, Google.
const METADATA: [IpAddr; 5] = [
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254)),
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x0254)),
];

/// Whether an address is link-local, of a cloud's metadata service, or none at all. No setting allows these.
pub fn is_off_limits(ip: IpAddr) -> bool {
    let ip = embedded(ip);
    let link_local = match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    };
    link_local || ip.is_unspecified() || METADATA.contains(&ip)
}

/// Whether an address is one that any machine on the internet may have (IANA's special-purpose registries, RFC 6890).
pub fn is_public(ip: IpAddr) -> bool {
    match embedded(ip) {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

/// The IPv4 address that an IPv6 one leads to: mapped, or through NAT64 (RFC 6052). Any other as it is.
fn embedded(ip: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = ip else { return ip };
    match v6.octets() {
        [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d] => {
            Ipv4Addr::new(a, b, c, d).into()
        }
        _ => v6.to_canonical(),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let reserved = a == 0
        || a >= 240
        // Shared by a provider's customers (RFC 6598).
        || (a == 100 && b & 0xc0 == 64)
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && b & 0xfe == 18);
    !(reserved
        || ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_documentation())
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [first, second, ..] = ip.segments();
    // Only 2000::/3 is given out: so not loopback, unspecified, unique local, link-local, multicast.
    let global = first & 0xe000 == 0x2000;
    // IETF protocols, Teredo among them; documentation; 6to4, which leads to an IPv4 address inside.
    let special = (first == 0x2001 && (second < 0x0200 || second == 0x0db8))
        || first == 0x2002
        || (first == 0x3fff && second < 0x1000);
    global && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_are_not_public_are_refused() {
        for ip in "0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.254 169.254.169.254 \
             172.16.0.1 172.31.255.255 192.0.0.1 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.19.255.255 \
             198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 :: ::1 ::7f00:1 \
             ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b:1::1 \
             100::1 2001::1 2001:db8::1 2002:7f00:1::1 3fff::1 fc00::1 fd12:3456::1 fe80::1 fec0::1 ff02::1 \
             5f00::1"
            .split(' ')
        {
            assert!(!is_public(ip.parse().unwrap()), "{ip}");
        }
        for ip in "1.1.1.1 8.8.8.8 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 192.0.1.1 198.17.0.1 198.20.0.1 \
             223.255.255.255 2606:4700::1 2a00:1450::1 2001:4860::8888 ::ffff:8.8.8.8 64:ff9b::808:808"
            .split(' ')
        {
            assert!(is_public(ip.parse().unwrap()), "{ip}");
        }
    }

    #[test]
    fn link_local_and_metadata_addresses_are_off_limits_in_every_spelling() {
        for ip in "0.0.0.0 :: 169.254.169.254 169.254.0.1 ::ffff:169.254.169.254 64:ff9b::a9fe:a9fe fe80::1 \
             100.100.100.200 192.0.0.192 168.63.129.16 ::ffff:168.63.129.16 fd00:ec2::254 fd20:ce::254"
            .split(' ')
        {
            assert!(is_off_limits(ip.parse().unwrap()), "{ip}");
        }
        for ip in
            "127.0.0.1 ::1 10.0.0.1 192.168.1.1 100.64.0.1 fd00::1 8.8.8.8 2606:4700::1".split(' ')
        {
            assert!(!is_off_limits(ip.parse().unwrap()), "{ip}");
        }
    }
}
