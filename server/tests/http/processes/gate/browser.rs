//! A browser that goes from host to host, with the cookies of each.

use std::collections::BTreeMap;

use http::header;
use tokio::{io::AsyncWriteExt, net::TcpStream};
use url::Url;

use crate::{answer::Answer, test_app::FIREFOX_ON_LINUX};

use super::super::client::arrived;

type Cookies = BTreeMap<String, String>;

/// Every name leads to this machine, as `.localhost` does.
#[derive(Default)]
pub struct GateBrowser {
    /// By host and port.
    cookies: BTreeMap<String, Cookies>,
    /// Where it keeps none.
    blocked: Vec<String>,
}

/// What its requests say they are.
const WINDOW: [(&str, &str); 2] = [("Accept", "text/html"), ("Sec-Fetch-Mode", "navigate")];
const SCRIPT: [(&str, &str); 2] = [("Accept", "*/*"), ("Sec-Fetch-Mode", "cors")];

impl GateBrowser {
    /// One that has cookies of a site already.
    pub fn with(site: &str, cookies: Cookies) -> Self {
        let mut browser = Self::default();
        browser.cookies.insert(host_of(site), cookies);
        browser
    }

    pub fn keeps(&mut self, site: &str, name: &str, value: &str) {
        let cookies = self.cookies.entry(host_of(site)).or_default();
        cookies.insert(name.to_owned(), value.to_owned());
    }

    pub fn keeps_no_cookies_of(&mut self, site: &str) {
        self.blocked.push(host_of(site));
    }

    /// A script's request, as it is written: nothing in the address is put right.
    pub async fn fetches(&self, url: &str) -> Answer {
        self.sends(url, &[]).await
    }

    /// A script's request with more headers.
    pub async fn sends(&self, url: &str, headers: &[(&str, &str)]) -> Answer {
        let headers = [&SCRIPT[..], headers].concat();
        self.asks(url, &headers).await
    }

    /// The window goes there.
    pub async fn goes(&mut self, url: &str) -> Answer {
        let answer = self.asks(url, &WINDOW).await;
        let host = host_of(url);
        if !self.blocked.contains(&host) {
            for value in answer.headers.get_all(header::SET_COOKIE) {
                let cookie = cookie::Cookie::parse(value.to_str().unwrap().to_owned()).unwrap();
                let cookies = self.cookies.entry(host.clone()).or_default();
                cookies.insert(cookie.name().to_owned(), cookie.value().to_owned());
            }
        }
        answer
    }

    /// The window goes there, and on to wherever it is led.
    pub async fn follows(&mut self, url: &str) -> Answer {
        let mut here = url.to_owned();
        for _ in 0..12 {
            let answer = self.goes(&here).await;
            let refresh = answer.headers.get(header::REFRESH);
            let refresh = refresh.map(|value| value.to_str().unwrap().to_owned());
            let to = match (answer.status, refresh) {
                (302 | 303, _) => answer.header("location").to_owned(),
                (_, Some(refresh)) => refresh.split_once("url=").unwrap().1.to_owned(),
                _ => return answer,
            };
            here = Url::parse(&here).unwrap().join(&to).unwrap().into();
        }
        panic!("it goes round in circles: {here}");
    }

    async fn asks(&self, url: &str, headers: &[(&str, &str)]) -> Answer {
        let (host, address) = split(url);
        let port = host.rsplit_once(':').unwrap().1;
        let mut stream = TcpStream::connect(format!("127.0.0.1:{port}"))
            .await
            .unwrap();
        let mut request =
            format!("GET {address} HTTP/1.0\r\nHost: {host}\r\nUser-Agent: {FIREFOX_ON_LINUX}\r\n");
        for (name, value) in headers {
            request += &[name, ": ", value, "\r\n"].concat();
        }
        if let Some(cookies) = self.cookies.get(host) {
            let pairs: Vec<_> = cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
            request += &["Cookie: ", &pairs.join("; "), "\r\n"].concat();
        }
        request.push_str("\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        arrived(stream).await.unwrap()
    }
}

/// Host with port, and the rest as it is written.
fn split(url: &str) -> (&str, &str) {
    let rest = url.strip_prefix("http://").unwrap();
    rest.find('/')
        .map_or((rest, "/"), |slash| rest.split_at(slash))
}

fn host_of(url: &str) -> String {
    split(url).0.to_owned()
}
