//! The body of a form.

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request,
};
use futures::stream;

/// Largest body that is read.
pub(crate) const LARGEST: usize = 64 * 1024;

/// The request, once its body has arrived: who it is from is looked up after that, because a slow body would otherwise
/// be answered to a session that has ended meanwhile. A body that is too long, or breaks off, arrives as an error.
pub(crate) async fn arrived(request: Request) -> Request {
    let (parts, body) = request.into_parts();
    let body = match to_bytes(body, LARGEST).await {
        Ok(bytes) => Body::from(bytes),
        Err(error) => Body::from_stream(stream::iter([Err::<Bytes, _>(error)])),
    };
    Request::from_parts(parts, body)
}

/// The value of a form's field.
pub(crate) fn field(body: &Bytes, name: &str) -> Option<String> {
    form_urlencoded::parse(body)
        .find(|(field, _)| field == name)
        .map(|(_, value)| value.into_owned())
}
