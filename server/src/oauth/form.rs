//! Parameters, as OAuth has them: each once, an empty one is none (RFC 6749, 3.1 and 3.2).

use std::collections::BTreeMap;

use axum::{
    body::to_bytes,
    extract::Request,
    http::{header, request::Parts},
};

use super::refusal::Refusal;
use crate::form_body::LARGEST;

/// The parameters of a request.
#[derive(Debug, Default)]
pub(super) struct Form {
    fields: BTreeMap<String, String>,
    /// One that was there more than once.
    pub twice: Option<String>,
}

impl Form {
    /// Parses a query or a body. Of one that is there twice the first is kept, for naming what is wrong.
    pub(super) fn parse(text: &[u8]) -> Self {
        let mut form = Self::default();
        for (name, value) in form_urlencoded::parse(text) {
            // No parameter has one, and PostgreSQL takes none in a text.
            if value.is_empty() || value.contains('\0') {
                continue;
            }
            if form.fields.contains_key(&*name) {
                form.twice = Some(name.into_owned());
            } else {
                form.fields.insert(name.into_owned(), value.into_owned());
            }
        }
        form
    }

    /// The value of a parameter.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    /// Sets a parameter.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.fields.insert(name.to_owned(), value.to_owned());
    }

    /// The parameters as a query.
    pub(super) fn query(&self) -> String {
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.fields)
            .finish()
    }

    /// The value of a parameter that has to be there.
    pub(super) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.get(name)
            .ok_or_else(|| Refusal::request(&format!("{name} is missing")))
    }
}

/// Reads the form that an application has posted. What stands in the query is not looked at: a secret or a token there would
/// be in every log on the way.
pub(super) async fn read(request: Request) -> Result<(Parts, Form), Refusal> {
    let (parts, body) = request.into_parts();
    let kind = parts.headers.get(header::CONTENT_TYPE);
    let is_form = kind
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| {
            let kind = kind.split(';').next().unwrap_or_default().trim();
            kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
        });
    if !is_form {
        return Err(Refusal::request(
            "send the parameters as application/x-www-form-urlencoded",
        ));
    }
    let body = to_bytes(body, LARGEST)
        .await
        .map_err(|_| Refusal::request("the form is larger than 64 KB"))?;
    let form = Form::parse(&body);
    match &form.twice {
        Some(name) => Err(Refusal::request(&format!("{name} is there more than once"))),
        None => Ok((parts, form)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_counts_once_and_an_empty_one_is_none() {
        let form = Form::parse(b"a=1&b=&c=x+y%21&d=%00");
        assert_eq!(form.get("a"), Some("1"));
        assert_eq!(form.get("b"), None);
        assert_eq!(form.get("c"), Some("x y!"));
        assert_eq!(form.get("d"), None);
        assert!(form.twice.is_none());
        assert_eq!(Form::parse(b"a=1&a=1").twice.as_deref(), Some("a"));
    }
}
