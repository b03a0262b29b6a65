//! Redirect addresses: where a sign-in goes back to. What may be registered, and which address of a request is a registered
//! one: exactly it, and nothing that a parser would take for it (RFC 9700, 2.1).

use std::net::IpAddr;

use url::{Host, Url};

/// Longest address.
const LONGEST: usize = 2_000;

/// Loopback literals, of which any port fits (RFC 8252, 7.3). Not `localhost`, which a name server may answer.
const LOOPBACK: [&str; 2] = ["http://127.0.0.1", "http://[::1]"];

/// Whether a request's redirect address is the registered one: the same text, except for the port of a loopback literal.
#[must_use]
pub fn redirect_matches(registered: &str, presented: &str) -> bool {
    if registered == presented {
        return true;
    }
    LOOPBACK.iter().any(|literal| {
        let rest = |address: &str| address.strip_prefix(literal).map(without_port);
        match (rest(registered), rest(presented)) {
            (Some(Some(registered)), Some(Some(presented))) => registered == presented,
            _ => false,
        }
    })
}

/// What follows the port, and the address where there is none. None when what follows is no port, because then the text
/// before it is not all of the host.
fn without_port(rest: &str) -> Option<String> {
    let Some(port) = rest.strip_prefix(':') else {
        return (rest.is_empty() || rest.starts_with(['/', '?'])).then(|| rest.to_owned());
    };
    let digits = port.bytes().take_while(u8::is_ascii_digit).count();
    let (port, rest) = port.split_at(digits);
    let is_port = port.len() <= 5 && port.parse::<u16>().is_ok_and(|port| port > 0);
    (is_port && (rest.is_empty() || rest.starts_with(['/', '?']))).then(|| rest.to_owned())
}

/// Why an address may not be registered as a redirect address; None when it may. `plain_http` is the box that allows http on
/// a private name; a private-use scheme needs PKCE.
#[must_use]
pub fn redirect_refusal(
    address: &str,
    plain_http: bool,
    requires_pkce: bool,
) -> Option<&'static str> {
    let url = match parsed(address) {
        Ok(url) => url,
        Err(why) => return Some(why),
    };
    match url.scheme() {
        "https" => None,
        "http" if LOOPBACK.iter().any(|l| is_below(address, l)) => None,
        "http" if plain_http && is_private(&url) => None,
        "http" if is_private(&url) => {
            Some("Use https, or tick the box that allows plain http on a private name.")
        }
        "http" => Some("Use https: plain http is for private names only."),
        // Reversed domain names, as RFC 8252, 7.1 asks for; so no `javascript:` and no `data:`.
        scheme if scheme.contains('.') && requires_pkce => None,
        scheme if scheme.contains('.') => Some("A private scheme needs PKCE."),
        _ => Some(
            "Use https, or a private scheme with a dot in it, such as com.example.app:/callback.",
        ),
    }
}

/// An address by http or https that a browser or Curfew may be sent to; for the other addresses of an application.
pub(super) fn web_address(address: &str, plain_http: bool) -> Result<Url, &'static str> {
    let url = parsed(address)?;
    match url.scheme() {
        "https" => Ok(url),
        "http" if plain_http || LOOPBACK.iter().any(|l| is_below(address, l)) => Ok(url),
        "http" => Err("Use https, or tick the box that allows plain http on a private name."),
        _ => Err("Begin with https://."),
    }
}

fn parsed(address: &str) -> Result<Url, &'static str> {
    if address.len() > LONGEST {
        return Err("Use 2,000 characters or fewer.");
    }
    // What parsers read differently: each would lead elsewhere in one of them.
    let odd = |b: u8| !b.is_ascii_graphic() || b"\\*<>\"{}|^`".contains(&b);
    if address.bytes().any(odd) {
        return Err("Use plain characters only: no spaces, no *, no \\, nothing beyond ASCII.");
    }
    if address.contains('#') {
        return Err("A fragment (#…) isn’t allowed.");
    }
    let url = Url::parse(address)
        .map_err(|_| "Enter a full address, such as https://app.example.com/callback.")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("A user name or password isn’t allowed in it.");
    }
    let path = address
        .split('?')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let path = path.replace("%2e", ".");
    if path.split('/').any(|part| part == "." || part == "..") {
        return Err("“.” and “..” aren’t allowed in the path.");
    }
    if matches!(url.scheme(), "http" | "https") && !has_plain_authority(address, &url) {
        return Err("Write the host in lower case, in its plain form.");
    }
    Ok(url)
}

/// Whether the host stands in the text as the parser has read it: no other case, no other way to write an IP address, and
/// two slashes before it.
fn has_plain_authority(address: &str, url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    !host.is_empty() && is_below(address, &format!("{}://{host}", url.scheme()))
}

fn is_below(address: &str, base: &str) -> bool {
    address
        .strip_prefix(base)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', ':']))
}

/// Whether a name or address is of a private network: names without a dot, and those that are set apart (RFC 6762, RFC 8375,
/// RFC 6761, and `internal`).
fn is_private(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            !name.contains('.')
                || [
                    ".local",
                    ".lan",
                    ".internal",
                    ".home.arpa",
                    ".test",
                    ".localhost",
                ]
                .iter()
                .any(|end| name.ends_with(end))
        }
        Some(Host::Ipv4(ip)) => ip.is_private() || ip.is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback() || ip.is_unique_local(),
        None => false,
    }
}

/// `app.example.com`, with the port where it is not the scheme's. None for a loopback literal and for what has no host:
/// they are any machine's own.
pub(super) fn host_of(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    let is_loopback = match url.host()? {
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
        Host::Domain(name) => name == "localhost",
    };
    site_of(address).filter(|_| !is_loopback)
}

/// The same of a gate, which is found by its host, also where that is this machine's own.
pub(super) fn site_of(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let host = url.host()?.to_string();
    Some(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_exactly_the_registered_one() {
        let registered = "https://app.example.com/callback";
        assert!(redirect_matches(registered, registered));
        for other in [
            "https://app.example.com/callback/",
            "https://app.example.com/callback?x=1",
            "https://app.example.com/callback#",
            "https://app.example.com:443/callback",
            "https://APP.example.com/callback",
            "https://app.example.com/x/../callback",
            "https://app.example.com/callback/..",
            "https://app.example.com%2fcallback",
            "https://app.example.com@evil.example/callback",
            "https://app.example.com.evil.example/callback",
            "http://app.example.com/callback",
            "https://app.example.com/call",
            "",
        ] {
            assert!(!redirect_matches(registered, other), "{other}");
        }
    }

    #[test]
    fn only_the_port_of_a_loopback_literal_may_differ() {
        for (registered, presented, fits) in [
            ("http://127.0.0.1/cb", "http://127.0.0.1:51004/cb", true),
            ("http://127.0.0.1:8000/cb", "http://127.0.0.1:9/cb", true),
            ("http://[::1]/cb", "http://[::1]:65535/cb", true),
            ("http://127.0.0.1", "http://127.0.0.1:1", true),
            ("http://127.0.0.1/cb", "http://127.0.0.1:1/other", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:1/cb?x", false),
            ("http://127.0.0.1/cb", "http://[::1]:1/cb", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:0/cb", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:65536/cb", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:/cb", false),
            (
                "http://127.0.0.1/cb",
                "http://127.0.0.1:8@evil.example/cb",
                false,
            ),
            (
                "http://127.0.0.1/cb",
                "http://127.0.0.1.evil.example/cb",
                false,
            ),
            ("http://127.0.0.1/cb", "https://127.0.0.1:1/cb", false),
            ("http://localhost/cb", "http://localhost:1/cb", false),
            ("http://127.0.0.1@x/cb", "http://127.0.0.1:5@x/cb", false),
        ] {
            assert_eq!(
                redirect_matches(registered, presented),
                fits,
                "{registered} {presented}"
            );
        }
    }

    #[test]
    fn what_leads_elsewhere_in_one_reading_is_not_registered() {
        for good in [
            "https://app.example.com/callback?x=1",
            "https://app.example.com:8443/",
            "https://xn--bcher-kva.example/cb",
            "http://127.0.0.1/cb",
            "http://[::1]:3000/cb",
            "com.example.app:/callback",
            "app.immich:///oauth-callback",
        ] {
            assert_eq!(redirect_refusal(good, false, true), None, "{good}");
        }
        for bad in [
            "",
            "/callback",
            "app.example.com",
            "https://",
            "https:app.example.com",
            "https:///app.example.com",
            "https://app.example.com/a#b",
            "https://user@app.example.com/",
            "https://user:pass@app.example.com/",
            "https://app.example.com/../x",
            "https://app.example.com/%2E%2e/x",
            "https://app.example.com\\@evil.example/",
            "https://*.example.com/",
            "https://app.example.com/ x",
            "https://app.example.com/\nx",
            "https://bücher.example/",
            "https://APP.example.com/",
            "https://0x7f.1/",
            "javascript:alert(1)",
            "data:text/html,x",
            "myapp:/callback",
            "http://app.example.com/",
            "ftp://app.example.com/",
        ] {
            assert!(redirect_refusal(bad, true, true).is_some(), "{bad}");
        }
        assert!(redirect_refusal("com.example.app:/cb", true, false).is_some());
    }

    #[test]
    fn plain_http_is_for_private_names_whose_box_is_ticked() {
        for private in [
            "http://nas/cb",
            "http://wiki.lan/cb",
            "http://192.168.1.5:8080/cb",
            "http://localhost:3000/cb",
        ] {
            assert!(
                redirect_refusal(private, false, true).is_some(),
                "{private}"
            );
            assert_eq!(redirect_refusal(private, true, true), None, "{private}");
        }
        assert!(redirect_refusal("http://203.0.113.5/cb", true, true).is_some());
    }
}
