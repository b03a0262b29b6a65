//! The body of a form.

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request,
};
use futures::stream;

/// Largest body that is read.
pub(crate) const LARGEST: usize = 64 * 1024;

/// A request whose body has arrived. One that is too long, or breaks off, arrives as an error.
pub(crate) struct Arrived {
    pub request: Request,
    pub is_whole: bool,
}

/// The request, once its body has arrived: who it is from is looked up after that, because a slow body would otherwise
/// be answered to a session that has ended meanwhile.
pub(crate) async fn arrived(request: Request) -> Arrived {
    let (parts, body) = request.into_parts();
    let (body, is_whole) = match to_bytes(body, LARGEST).await {
        Ok(bytes) => (Body::from(bytes), true),
        Err(error) => {
            let error = stream::iter([Err::<Bytes, _>(error)]);
            (Body::from_stream(error), false)
        }
    };
    Arrived {
        request: Request::from_parts(parts, body),
        is_whole,
    }
}

/// Whether every name and value is UTF-8 once its `%` signs are taken away. Read as text, what is not would be replaced
/// without a word, and something else be stored than was typed.
pub(crate) fn is_utf8(body: &[u8]) -> bool {
    if !body.contains(&b'%') {
        return std::str::from_utf8(body).is_ok();
    }
    let mut bytes = body.iter().copied();
    let mut plain = Vec::with_capacity(body.len());
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        let digits = [ahead.next(), ahead.next()].map(|digit| char::from(digit?).to_digit(16));
        match digits {
            [Some(high), Some(low)] if byte == b'%' => {
                plain.extend(u8::try_from(high * 16 + low));
                bytes = ahead;
            }
            _ => plain.push(byte),
        }
    }
    // Names and values end at signs that are no part of a longer character, so that all can be looked at together.
    std::str::from_utf8(&plain).is_ok()
}

/// The value of a form's field.
pub(crate) fn field(body: &Bytes, name: &str) -> Option<String> {
    form_urlencoded::parse(body)
        .find(|(field, _)| field == name)
        .map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_utf8_or_is_not() {
        let text = "name=Zo\u{eb}&label=\u{1f44d}+x";
        for fine in [
            "",
            "a=1&b=%C3%BC",
            "a=100%",
            "a=%4",
            "a=%zz&b=%",
            "a=%F0%9F%91%8D",
            text,
        ] {
            assert!(is_utf8(fine.as_bytes()), "{fine}");
        }
        for not in [
            "a=%FF",
            "a=%c3",
            "a=%C3&b=1",
            "a%ED%A0%80=1",
            "a=%C3+%BC",
            "a=%C0%AF",
        ] {
            assert!(!is_utf8(not.as_bytes()), "{not}");
        }
        assert!(!is_utf8(b"a=\xff"));
        // Half of the character is written out, half is not.
        assert!(is_utf8(b"a=%C3\xbc"));
    }
}
