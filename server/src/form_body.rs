//! The body of a form.

use axum::body::Bytes;

/// Largest body that is read.
pub(crate) const LARGEST: usize = 64 * 1024;

/// The value of a form's field.
pub(crate) fn field(body: &Bytes, name: &str) -> Option<String> {
    form_urlencoded::parse(body)
        .find(|(field, _)| field == name)
        .map(|(_, value)| value.into_owned())
}
