//! Where a webhook may go. Owners and admins choose the address, and this machine reaches networks that they do not:
//! without these rules they could have it send requests there.

use std::net::{IpAddr, SocketAddr};

use url::{Host, Url};

use super::{
    lookup::{addresses_of, is_of_this_machine},
    reserved::{is_off_limits, is_public},
};

const SHAPE: &str = "Enter an address like https://hooks.example.com/curfew.";
const RESERVED: &str = "This is an address of a private or reserved network. \
                        Curfew sends there only where its operator has allowed it.";
const OFF_LIMITS: &str =
    "This is a link-local or cloud metadata address. Curfew never sends there.";
const OWN: &str = "This is Curfew’s own address. Enter the one of the receiver.";

/// What is refused.
#[derive(Debug, Clone)]
pub struct Addresses {
    allow_private: bool,
    own: Option<Url>,
    listeners: Vec<SocketAddr>,
}

impl Addresses {
    /// `public_url` is where users find this instance, `listeners` where it listens.
    pub fn new(allow_private: bool, public_url: &str, listeners: &[SocketAddr]) -> Self {
        Self {
            allow_private,
            own: Url::parse(public_url).ok(),
            listeners: listeners.to_vec(),
        }
    }

    /// The address as it is sent to, when its text may be.
    ///
    /// # Errors
    /// Why not, in a sentence for the user who typed it.
    pub fn read(&self, text: &str) -> Result<Url, &'static str> {
        let url = Url::parse(text).map_err(|_| SHAPE)?;
        match url.scheme() {
            "https" => {}
            "http" if self.allow_private => {}
            "http" => return Err("Use https, so that what is sent can’t be read on its way."),
            _ => return Err(SHAPE),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(
                "Leave name and password out of the address: the signature says who sends.",
            );
        }
        let host = url.host().ok_or(SHAPE)?;
        if let Some(own) = &self.own
            && own_name(
                Some(own),
                url.host_str().unwrap_or_default().trim_end_matches('.'),
            )
            && (!self.allow_private || own.port_or_known_default() == url.port_or_known_default())
        {
            return Err(OWN);
        }
        if self.allow_private {
            return Ok(url);
        }
        // `look_up` checks an address that stands in place of a name.
        if let Host::Domain(name) = host {
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
        Ok(url)
    }

    /// Every address of the host, when all of them may be sent to: connect to these and to no others, because the
    /// next look-up may say something else. An address in place of a name is checked as well.
    ///
    /// # Errors
    /// Why not, in a sentence.
    pub async fn look_up(&self, url: &Url) -> Result<Vec<SocketAddr>, &'static str> {
        let own = async {
            match &self.own {
                // Where private addresses are allowed, one proxy may serve Curfew and the receiver.
                Some(own) if !self.allow_private => addresses_of(own).await.unwrap_or_default(),
                _ => Vec::new(),
            }
        };
        let (found, own) = tokio::join!(addresses_of(url), own);
        let found = found?;
        for address in &found {
            self.check(*address)?;
            if own.iter().any(|own| own.ip() == address.ip()) {
                return Err(OWN);
            }
        }
        Ok(found)
    }

    fn check(&self, address: SocketAddr) -> Result<(), &'static str> {
        let ip = address.ip().to_canonical();
        if is_off_limits(ip) {
            Err(OFF_LIMITS)
        } else if self.listens_at(ip, address.port()) {
            Err(OWN)
        } else if self.allow_private {
            Ok(())
        } else if !is_public(ip) {
            Err(RESERVED)
        } else if is_of_this_machine(ip) {
            Err(OWN)
        } else {
            Ok(())
        }
    }

    /// Whether Curfew itself would answer there.
    fn listens_at(&self, ip: IpAddr, port: u16) -> bool {
        self.listeners.iter().any(|listener| {
            let listen = listener.ip().to_canonical();
            port == listener.port()
                && (ip == listen
                    || (listen.is_unspecified() && (ip.is_loopback() || is_of_this_machine(ip))))
        })
    }
}

/// The same name with a dot at its end is the same host.
fn own_name(own: Option<&Url>, name: &str) -> bool {
    own.and_then(Url::host_str)
        .is_some_and(|own| own.trim_end_matches('.') == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTEN: &str = "0.0.0.0:3000";

    /// Its public address is one that nothing has to be asked for.
    fn addresses(allow_private: bool, listen: &str) -> Addresses {
        Addresses::new(allow_private, "https://8.8.4.4", &[listen.parse().unwrap()])
    }

    #[test]
    fn an_address_is_read_as_a_browser_would_and_refused_by_what_it_means() {
        let listen = LISTEN.parse().unwrap();
        let strict = Addresses::new(false, "https://curfew.example.com", &[listen]);
        let wrong = "/x hooks.example.org ftp://hooks.example.org javascript:alert(1) file:///etc/passwd \
            http://hooks.example.org https:// https://a:b@hooks.example.org https://ada@hooks.example.org \
            https://localhost https://LOCALHOST. https://x.localhost https://printer.local \
            https://metadata.google.internal https://curfew.example.com https://CURFEW.example.com:8443/x \
            https://curfew.example.com./x";
        for wrong in wrong.split(' ').chain([""]) {
            assert!(strict.read(wrong).is_err(), "{wrong}");
        }
        for right in [
            "https://hooks.example.org",
            "https://hooks.example.org:8443/a?b=c",
            "https://8.8.8.8/",
            "https://[2606:4700::1]/",
            "https://curfew.example.com.evil.example",
        ] {
            assert!(strict.read(right).is_ok(), "{right}");
        }
    }

    /// What a delivery or the form says of an address.
    async fn refused(addresses: &Addresses, text: &str) -> Option<&'static str> {
        match addresses.read(text) {
            Ok(url) => addresses.look_up(&url).await.err(),
            Err(why) => Some(why),
        }
    }

    #[tokio::test]
    async fn an_address_in_place_of_a_name_is_checked_in_every_spelling() {
        let strict = addresses(false, LISTEN);
        for (text, why) in [
            ("https://127.0.0.1", RESERVED),
            ("https://127.1", RESERVED),
            ("https://2130706433", RESERVED),
            ("https://0x7f000001", RESERVED),
            ("https://0177.0.0.1", RESERVED),
            ("https://①②⑦.0.0.1", RESERVED),
            ("https://127.0.0.1.", RESERVED),
            ("https://[::1]", RESERVED),
            ("https://[::ffff:127.0.0.1]", RESERVED),
            ("https://10.1.2.3/x", RESERVED),
            ("https://[64:ff9b::10.0.0.1]", RESERVED),
            ("https://[fe80::1]", OFF_LIMITS),
            ("https://169.254.169.254/latest/meta-data", OFF_LIMITS),
            ("https://168.63.129.16", OFF_LIMITS),
            ("https://8.8.4.4:8443", OWN),
        ] {
            assert_eq!(refused(&strict, text).await, Some(why), "{text}");
        }
        let found = "https://8.8.8.8:8443".parse().unwrap();
        let found = strict.look_up(&found).await.unwrap();
        assert_eq!(found, ["8.8.8.8:8443".parse().unwrap()]);
    }

    #[tokio::test]
    async fn where_private_addresses_are_allowed_curfew_and_metadata_are_refused() {
        let lenient = addresses(true, LISTEN);
        for right in [
            "http://127.0.0.1:4000/x",
            "http://10.0.0.1",
            "http://[::1]:3001",
            "https://8.8.4.4:8443",
        ] {
            assert_eq!(refused(&lenient, right).await, None, "{right}");
        }
        for (wrong, why) in [
            ("http://127.0.0.1:3000/x", OWN),
            ("http://127.1:3000", OWN),
            ("http://127.0.0.2:3000", OWN),
            ("http://[::1]:3000", OWN),
            ("http://[::ffff:127.0.0.1]:3000", OWN),
            ("https://8.8.4.4", OWN),
            ("http://0.0.0.0:4000", OFF_LIMITS),
            ("http://169.254.169.254", OFF_LIMITS),
            ("http://[fd00:ec2::254]", OFF_LIMITS),
            ("ftp://10.0.0.1", SHAPE),
        ] {
            assert_eq!(refused(&lenient, wrong).await, Some(why), "{wrong}");
        }
        assert!(lenient.read("http://a@10.0.0.1").is_err());
        // The public address by its name, which a proxy may listen on in Curfew's place.
        let named = Addresses::new(true, "https://curfew.lan", &[LISTEN.parse().unwrap()]);
        for own in [
            "https://curfew.lan/x",
            "https://CURFEW.lan:443",
            "https://curfew.lan./x",
        ] {
            assert_eq!(named.read(own), Err(OWN), "{own}");
        }
        assert!(named.read("https://curfew.lan:8443/x").is_ok());
        // Metrics have a listener of their own.
        let both = ["127.0.0.1:3000", "127.0.0.1:9464"].map(|listen| listen.parse().unwrap());
        let both = Addresses::new(true, "https://8.8.4.4", &both);
        for own in ["http://127.0.0.1:3000", "http://127.0.0.1:9464/metrics"] {
            assert_eq!(refused(&both, own).await, Some(OWN), "{own}");
        }
        assert_eq!(refused(&both, "http://127.0.0.1:9465").await, None);
        // Beside a Curfew that listens on one address, another program may have the port on another.
        let beside = addresses(true, "127.0.0.1:3000");
        assert_eq!(refused(&beside, "http://127.0.0.2:3000").await, None);
        assert_eq!(refused(&beside, "http://127.0.0.1:3000").await, Some(OWN));
    }

    #[tokio::test]
    async fn a_name_is_refused_by_what_it_leads_to() {
        // As text this is a name like another; it is looked up for each delivery.
        let url = Url::parse("https://localhost/").unwrap();
        let strict = addresses(false, LISTEN);
        assert_eq!(strict.look_up(&url).await, Err(RESERVED));
        let found = addresses(true, LISTEN).look_up(&url).await.unwrap();
        assert!(
            found.iter().all(|address| address.ip().is_loopback()),
            "{found:?}"
        );
        let own = Url::parse("http://localhost:3000/").unwrap();
        assert_eq!(addresses(true, LISTEN).look_up(&own).await, Err(OWN));
    }
}
