//! Where a webhook may go. Whoever manages an account chooses the address, and this machine stands where they do not:
//! without these rules they could have it ask its neighbours.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    time::Duration,
};

use url::{Host, Url};

use super::reserved::is_public;

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
    /// `public_url` is where users find this install.
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
                if local.iter().any(ends) {
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
