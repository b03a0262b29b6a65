//! The user's answer as it goes along with a request for a code: the last parameter of its address.

use data_encoding::BASE64URL_NOPAD;

/// Where a user goes on after signing in, and after answering.
pub const RESUME: &str = "/oauth/resume";

/// Its parameter.
const REQUEST: &str = "request";

/// The parameter of the answer.
const NAME: &str = "curfew_answer";

/// The answer of a user who does not go on.
pub const NO: &str = "no";

/// The request without the answer, and the answer.
#[must_use]
pub fn split(query: &str) -> (&str, Option<&str>) {
    let mark = format!("&{NAME}=");
    match query.rsplit_once(mark.as_str()) {
        Some((request, answer)) if !answer.contains('&') => (request, Some(answer)),
        _ => (query, None),
    }
}

/// The request with an answer.
#[must_use]
pub fn joined(request: &str, answer: &str) -> String {
    format!("{request}&{NAME}={answer}")
}

/// The page that goes on with a request, by GET. The request is one word there: what leads here by way of the sign-in page is
/// decoded more than once.
#[must_use]
pub fn resume_of(request: &str) -> String {
    let request = BASE64URL_NOPAD.encode(request.as_bytes());
    format!("{RESUME}?{REQUEST}={request}")
}

/// The request that [`resume_of`] goes on with; an empty one where that is none.
#[must_use]
pub fn resumed(query: &str) -> String {
    let request = query
        .split('&')
        .find_map(|field| field.strip_prefix(REQUEST)?.strip_prefix('='))
        .unwrap_or_default();
    let request = BASE64URL_NOPAD.decode(request.as_bytes());
    let request = request.ok().and_then(|text| String::from_utf8(text).ok());
    // As in an address: whatever else would be none.
    request
        .filter(|text| text.bytes().all(|b| b.is_ascii_graphic()))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_the_same_on_the_other_side_of_the_sign_in_page() {
        for request in ["client_id=1&state=a%26b+c%2520", "", "x=%0d%0a"] {
            let at = resume_of(request);
            let (_, query) = at.split_once('?').unwrap();
            assert!(
                query
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"=-_".contains(&b))
            );
            assert_eq!(resumed(query), request);
        }
        for nonsense in ["", "request=", "request=!", "request=DQo", "x=1"] {
            assert_eq!(resumed(nonsense), "", "{nonsense}");
        }
    }

    #[test]
    fn an_answer_is_the_last_parameter() {
        assert_eq!(split("a=1&curfew_answer=x"), ("a=1", Some("x")));
        assert_eq!(split(&joined("a=1&b=2", "x.y")), ("a=1&b=2", Some("x.y")));
        assert_eq!(split("a=1"), ("a=1", None));
        assert_eq!(
            split("a=1&curfew_answer=x&b=2"),
            ("a=1&curfew_answer=x&b=2", None)
        );
    }
}
