//! A program with cookies, over a real socket.

use std::{collections::BTreeMap, io};

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    answer::Answer,
    browser::encoded,
    test_app::{FIREFOX_ON_LINUX, PASSWORD, email_of},
};

/// Its cookies. HTTP/1.0, so an answer ends with its connection.
#[derive(Clone, Default)]
pub struct Client {
    pub cookies: BTreeMap<String, String>,
}

impl Client {
    pub async fn sign_up(&mut self, address: &str, name: &str) {
        let email = email_of(name);
        let form = [("name", name), ("email", &email), ("password", PASSWORD)];
        self.call(address, "sign_up", &form).await.unwrap().is(200);
    }

    pub async fn sign_in(&mut self, address: &str, name: &str) {
        let email = email_of(name);
        let form = [
            ("email", email.as_str()),
            ("password", PASSWORD),
            ("remember_me", "true"),
        ];
        self.call(address, "sign_in", &form).await.unwrap().is(200);
    }

    pub async fn is_signed_in(&self, address: &str) -> bool {
        let answer = self
            .clone()
            .call(address, "still_signed_in", &[])
            .await
            .unwrap();
        assert!([200, 401].contains(&answer.status), "{answer:?}");
        answer.status == 200
    }

    /// Whether it is signed in when it goes to a page as a browser does, by a remember-me cookie where it has no session.
    pub async fn comes_back(&self, address: &str) -> bool {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!(
            "GET /profile HTTP/1.0\r\nHost: {address}\r\nUser-Agent: {FIREFOX_ON_LINUX}\r\n\
             Accept: text/html\r\nCookie: {}\r\n\r\n",
            self.cookie_line(),
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = arrived(stream).await.unwrap();
        assert!([200, 303].contains(&answer.status), "{answer:?}");
        answer.status == 200
    }

    /// Only one of its cookies, as a thief has it who has copied that one.
    pub fn only(&self, name: &str) -> Self {
        let value = self.cookies[name].clone();
        Self {
            cookies: BTreeMap::from([(name.to_owned(), value)]),
        }
    }

    /// Calls a server function.
    pub async fn call(
        &mut self,
        address: &str,
        function: &str,
        fields: &[(&str, &str)],
    ) -> io::Result<Answer> {
        let (head, body) = self.written(address, function, fields);
        let answer = sent(address, &format!("{head}{body}")).await?;
        self.keep(&answer);
        Ok(answer)
    }

    /// Keeps the cookies of an answer, as a browser does.
    pub fn keep(&mut self, answer: &Answer) {
        for value in answer.headers.get_all(header::SET_COOKIE) {
            let cookie = cookie::Cookie::parse(value.to_str().unwrap().to_owned()).unwrap();
            if cookie.value().is_empty() {
                self.cookies.remove(cookie.name());
            } else {
                self.cookies
                    .insert(cookie.name().to_owned(), cookie.value().to_owned());
            }
        }
    }

    /// A call as it is sent: head and body.
    pub fn written(
        &self,
        address: &str,
        function: &str,
        fields: &[(&str, &str)],
    ) -> (String, String) {
        let body = encoded(fields);
        let head = format!(
            "POST /api/fn/{function} HTTP/1.0\r\nHost: {address}\r\nUser-Agent: {FIREFOX_ON_LINUX}\r\n\
             Accept: application/json\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Cookie: {}\r\nContent-Length: {}\r\n\r\n",
            self.cookie_line(),
            body.len(),
        );
        (head, body)
    }

    /// Its cookies as a request carries them.
    pub fn cookie_line(&self) -> String {
        let pairs: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("; ")
    }
}

/// Sends a request as it is written.
pub async fn sent(address: &str, request: &str) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(request.as_bytes()).await?;
    arrived(stream).await
}

/// A connection on which the body of a form is sent, and never all of it. The server has begun to read it.
pub async fn uploading(address: &str) -> TcpStream {
    let mut upload = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /api/fn/sign_in HTTP/1.1\r\nHost: {address}\r\nAccept: application/json\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 10000\r\nExpect: 100-continue\r\n\r\n"
    );
    upload.write_all(head.as_bytes()).await.unwrap();
    let mut goes_on = [0; 25];
    upload.read_exact(&mut goes_on).await.unwrap();
    assert_eq!(&goes_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    upload.write_all(b"email=").await.unwrap();
    upload
}

/// Reads an answer to its end; one that is cut short is an error.
pub async fn arrived(mut stream: impl AsyncRead + Unpin) -> io::Result<Answer> {
    let cut = || io::Error::new(io::ErrorKind::UnexpectedEof, "the answer was cut short");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(cut)?;
    let mut lines = head.lines();
    let status = lines
        .next()
        .and_then(|l| l.split(' ').nth(1)?.parse().ok())
        .ok_or_else(cut)?;
    let mut headers = HeaderMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        let name: HeaderName = name.parse().unwrap();
        headers.append(name, HeaderValue::from_str(value).unwrap());
    }
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|v| v.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: usize| body.len() < length) {
        return Err(cut());
    }
    Ok(Answer::new(
        StatusCode::from_u16(status).unwrap(),
        headers,
        body.as_bytes().to_vec(),
    ))
}
