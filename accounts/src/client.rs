//! Who asks, as far as a request says: the address, the user agent, the request's id and the known-device cookie.

use std::net::IpAddr;

use crate::secret::Token;

/// The browser or program at the other end of a request. The user agent is text that anyone can choose.
#[derive(Debug, Clone, Default)]
pub struct Client {
    /// None when unknown, and for an operator at the machine itself.
    pub ip: Option<IpAddr>,
    pub user_agent: String,
    /// Of the request, as the log and the answer have it. None where no request asks.
    pub request_id: Option<String>,
    /// What the cookie holds that says which browser this is: a value for each user who has signed in on it. It grants
    /// nothing.
    pub known_devices: Vec<Token>,
}

impl Client {
    /// The address, or for IPv6 its /64, which is what one subscriber holds.
    #[must_use]
    pub fn network(&self) -> String {
        match self.ip {
            Some(IpAddr::V6(ip)) if ip.to_ipv4_mapped().is_none() => {
                let [a, b, c, d, ..] = ip.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
            Some(ip) => ip.to_canonical().to_string(),
            None => "unknown".into(),
        }
    }

    /// The address as text, empty when unknown.
    #[must_use]
    pub fn ip_text(&self) -> String {
        self.ip.map(|ip| ip.to_string()).unwrap_or_default()
    }

    /// The same browser with what its known-device cookie holds.
    #[must_use]
    pub fn with_known_device(mut self, values: impl IntoIterator<Item = Token>) -> Self {
        self.known_devices = values.into_iter().collect();
        self
    }
}
