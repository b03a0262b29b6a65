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

/// The value of a form's field.
pub(crate) fn field(body: &Bytes, name: &str) -> Option<String> {
    form_urlencoded::parse(body)
        .find(|(field, _)| field == name)
        .map(|(_, value)| value.into_owned())
}
