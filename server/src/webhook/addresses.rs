//! Where a webhook may go. Whoever manages an account chooses the address, and this machine stands where they do not:
//! without these rules they could have it ask its neighbours.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    time::Duration,
};

use url::{Host, Url};

/// Longest that looking a name up may take.
const LOOK_UP: Duration = Duration::from_secs(5);

const SHAPE: &str = "Enter an address like https://hooks.example.com/curfew.";
const RESERVED: &str = "This is an address of a private or reserved network. \
                        Curfew sends there only where whoever runs it has allowed it.";
const OWN: &str = "This is Curfew’s own address. Enter the one of the receiver.";

/// What is refused.
#[derive(Debug, Clone)]
pub struct Addresses {
    allow_private: bool,
    own: Option<Url>,
}

impl Addresses {
    /// `public_url` is where people find this install.
    pub fn new(allow_private: bool, public_url: &str) -> Self {
        Self {
            allow_private,
            own: Url::parse(public_url).ok(),
        }
    }

    /// The address as it is sent to, when its text may be.
    ///
    /// # Errors
    /// Why not, in a sentence for whoever typed it.
    pub fn read(&self, text: &str) -> Result<Url, &'static str> {
        let url = Url::parse(text).map_err(|_| SHAPE)?;
        match url.scheme() {
            "https" => {}
            "http" if self.allow_private => {}
            "http" => return Err("Use https, so that nobody reads on the way what is sent."),
            _ => return Err(SHAPE),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(
                "Leave name and password out of the address: the signature says who sends.",
            );
        }
        let host = url.host().ok_or(SHAPE)?;
        if let Some(own) = &self.own
            && own.host() == url.host()
            && (!self.allow_private || own.port_or_known_default() == url.port_or_known_default())
        {
            return Err(OWN);
        }
        if self.allow_private {
            return Ok(url);
        }
        match host {
            Host::Domain(name) => {
                let name = name.trim_end_matches('.');
                let local = ["localhost", "local", "internal", "home.arpa"];
                let ends = |end: &&str| name == *end || name.ends_with(&format!(".{end}"));
                if local.iter().any(|end| ends(&end)) {
                    return Err(RESERVED);
                }
                if own_name(self.own.as_ref(), name) {
                    return Err(OWN);
                }
            }
            Host::Ipv4(ip) => self.check(IpAddr::V4(ip))?,
            Host::Ipv6(ip) => self.check(IpAddr::V6(ip))?,
        }
        Ok(url)
    }

    /// Every address of the host, when all of them may be sent to: to connect to these and to no others, since
    /// the next look-up may say something else.
    ///
    /// # Errors
    /// Why not, in a sentence.
    pub async fn look_up(&self, url: &Url) -> Result<Vec<SocketAddr>, &'static str> {
        if self.allow_private {
            return addresses_of(url).await;
        }
        let own = async {
            match &self.own {
                Some(own) => addresses_of(own).await.unwrap_or_default(),
                None => Vec::new(),
            }
        };
        let (found, own) = tokio::join!(addresses_of(url), own);
        let found = found?;
        for address in &found {
            self.check(address.ip())?;
            if own.iter().any(|own| own.ip() == address.ip()) {
                return Err(OWN);
            }
        }
        Ok(found)
    }

    fn check(&self, ip: IpAddr) -> Result<(), &'static str> {
        if self.allow_private {
            return Ok(());
        }
        if !is_public(ip) {
            return Err(RESERVED);
        }
        if is_of_this_machine(ip) {
            Err(OWN)
        } else {
            Ok(())
        }
    }
}

/// The same name with a dot at its end is the same host.
fn own_name(own: Option<&Url>, name: &str) -> bool {
    own.and_then(Url::host_str)
        .is_some_and(|own| own.trim_end_matches('.') == name)
}

async fn addresses_of(url: &Url) -> Result<Vec<SocketAddr>, &'static str> {
    let port = url.port_or_known_default().ok_or(SHAPE)?;
    let name = match url.host().ok_or(SHAPE)? {
        Host::Ipv4(ip) => return Ok(vec![SocketAddr::new(ip.into(), port)]),
        Host::Ipv6(ip) => return Ok(vec![SocketAddr::new(ip.into(), port)]),
        Host::Domain(name) => name,
    };
    let not_found = "Its host was not found.";
    let looked_up = tokio::time::timeout(LOOK_UP, tokio::net::lookup_host((name, port))).await;
    let found: Vec<SocketAddr> = match looked_up {
        Ok(Ok(found)) => found.collect(),
        _ => return Err(not_found),
    };
    if found.is_empty() {
        Err(not_found)
    } else {
        Ok(found)
    }
}

/// Whether an address is one that anybody on the internet may have (IANA's special-purpose registries, RFC 6890).
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
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
    if let Some(inside) = ip.to_ipv4_mapped() {
        return is_public_v4(inside);
    }
    let [first, second, ..] = ip.segments();
    let bytes = ip.octets();
    // NAT64 leads to the IPv4 address inside (RFC 6052).
    if let Some(&[a, b, c, d]) = bytes.strip_prefix(&[0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0])
    {
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    // Only 2000::/3 is given to anybody: so not loopback, unspecified, unique local, link-local, multicast.
    let global = first & 0xe000 == 0x2000;
    // IETF protocols, Teredo among them; documentation; 6to4, which leads to an IPv4 address inside.
    let special = (first == 0x2001 && second < 0x0200)
        || (first == 0x2001 && second == 0x0db8)
        || first == 0x2002
        || (first == 0x3fff && second < 0x1000);
    global && !special
}

/// Whether this machine has the address itself: then it is also the one it would send from. Nothing is sent here.
fn is_of_this_machine(ip: IpAddr) -> bool {
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

    fn strict() -> Addresses {
        Addresses::new(false, "https://curfew.example.com")
    }

    #[test]
    fn addresses_that_are_not_everybodys_are_refused() {
        for ip in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::7f00:1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "3fff::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "5f00::1",
        ] {
            assert!(!is_public(ip.parse().unwrap()), "{ip}");
        }
        for ip in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "2606:4700::1",
            "2a00:1450::1",
            "2001:4860::8888",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
        ] {
            assert!(is_public(ip.parse().unwrap()), "{ip}");
        }
    }

    #[test]
    fn an_address_is_read_as_a_browser_would_and_refused_by_what_it_means() {
        for wrong in [
            "",
            "hooks.example.org",
            "/x",
            "ftp://hooks.example.org",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "http://hooks.example.org",
            "https://",
            "https://a:b@hooks.example.org",
            "https://ada@hooks.example.org",
            "https://localhost",
            "https://LOCALHOST.",
            "https://x.localhost",
            "https://printer.local",
            "https://127.0.0.1",
            "https://127.1",
            "https://2130706433",
            "https://0x7f000001",
            "https://0177.0.0.1",
            "https://[::1]",
            "https://[::ffff:127.0.0.1]",
            "https://[fe80::1]",
            "https://①②⑦.0.0.1",
            "https://10.1.2.3/x",
            "https://169.254.169.254/latest/meta-data",
            "https://[64:ff9b::10.0.0.1]",
            "https://metadata.google.internal",
            "https://curfew.example.com",
            "https://CURFEW.example.com:8443/x",
            "https://curfew.example.com./x",
        ] {
            assert!(strict().read(wrong).is_err(), "{wrong}");
        }
        for right in [
            "https://hooks.example.org",
            "https://hooks.example.org:8443/a?b=c",
            "https://8.8.8.8/",
            "https://[2606:4700::1]/",
            "https://curfew.example.com.evil.example",
        ] {
            assert!(strict().read(right).is_ok(), "{right}");
        }
    }

    #[test]
    fn where_private_addresses_are_allowed_only_the_own_address_is_refused() {
        let lenient = Addresses::new(true, "http://127.0.0.1:3000");
        for right in [
            "http://127.0.0.1:4000/x",
            "https://localhost",
            "http://10.0.0.1",
            "http://[::1]:3000",
        ] {
            assert!(lenient.read(right).is_ok(), "{right}");
        }
        for wrong in [
            "http://127.0.0.1:3000/x",
            "http://127.1:3000",
            "ftp://10.0.0.1",
            "http://a@10.0.0.1",
        ] {
            assert!(lenient.read(wrong).is_err(), "{wrong}");
        }
    }

    #[tokio::test]
    async fn a_name_is_refused_by_what_it_leads_to() {
        // Read as it stands this is a name like another; it is looked up for each delivery.
        let url = Url::parse("https://localhost/").unwrap();
        assert_eq!(strict().look_up(&url).await, Err(RESERVED));
        let found = Addresses::new(true, "").look_up(&url).await.unwrap();
        assert!(
            found.iter().all(|address| address.ip().is_loopback()),
            "{found:?}"
        );
    }

    #[test]
    fn the_machines_own_addresses_are_known_without_sending_anything() {
        assert!(is_of_this_machine("127.0.0.1".parse().unwrap()));
        assert!(!is_of_this_machine("8.8.8.8".parse().unwrap()));
    }
}
