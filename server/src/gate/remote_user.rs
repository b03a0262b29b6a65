//! The headers that tell an application who its user is.

use accounts::gate::Admitted;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use data_encoding::HEXUPPER;

const USER: HeaderName = HeaderName::from_static("remote-user");
const EMAIL: HeaderName = HeaderName::from_static("remote-email");
const NAME: HeaderName = HeaderName::from_static("remote-name");
const GROUPS: HeaderName = HeaderName::from_static("remote-groups");

/// Sets all four, empty where there is nothing to say, so that the proxy overwrites whatever a client wrote.
pub(super) fn set(headers: &mut HeaderMap, admitted: Option<&Admitted>) {
    let (user, email, name, groups) = match admitted {
        Some(user) => (
            user.user.as_str(),
            user.email.as_str(),
            user.name.as_str(),
            user.role.key(),
        ),
        None => ("", "", "", ""),
    };
    for (header, value) in [(USER, user), (EMAIL, email), (NAME, name), (GROUPS, groups)] {
        let value = HeaderValue::from_str(&in_ascii(value));
        // What was encoded is ASCII without control characters.
        headers.insert(header, value.unwrap_or(HeaderValue::from_static("")));
    }
}

/// A text as it is where it is printable ASCII without `%`; otherwise its bytes that are not, and `%`, percent-encoded
/// as UTF-8 (RFC 3986, 2.1). Headers carry ASCII (RFC 9110, 5.5).
fn in_ascii(text: &str) -> String {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    let mut encoded = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        match byte {
            b'%' => encoded.push_str("%25"),
            b' '..=b'~' => encoded.push(char::from(byte)),
            other => {
                encoded.push('%');
                encoded.push_str(&HEXUPPER.encode(&[other]));
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use accounts::{
        ids::{SessionId, UserId},
        roles::Role,
        time::UnixMillis,
    };

    use super::*;

    fn named(name: &str) -> String {
        let admitted = Admitted {
            user: UserId("u-1".into()),
            email: "zoe@example.com".into(),
            name: name.into(),
            role: Role::WatchOnly,
            session: SessionId("s-1".into()),
            last_active_at: UnixMillis(0),
        };
        let mut headers = HeaderMap::new();
        headers.insert(NAME, HeaderValue::from_static("forged"));
        set(&mut headers, Some(&admitted));
        assert_eq!(headers[USER], "u-1");
        assert_eq!(headers[EMAIL], "zoe@example.com");
        assert_eq!(headers[GROUPS], "watch_only");
        headers[NAME].to_str().unwrap().to_owned()
    }

    #[test]
    fn a_name_that_is_not_ascii_is_percent_encoded() {
        for (name, header) in [
            ("Ada Lovelace", "Ada Lovelace"),
            ("Doe, Jane", "Doe, Jane"),
            ("100 %", "100 %"),
            ("Zoë", "Zo%C3%AB"),
            ("Zoë 100 %", "Zo%C3%AB 100 %25"),
            ("Дима", "%D0%94%D0%B8%D0%BC%D0%B0"),
            ("李 🙂", "%E6%9D%8E %F0%9F%99%82"),
            ("a\r\nX: b", "a%0D%0AX: b"),
        ] {
            assert_eq!(named(name), header, "{name}");
        }
    }

    #[test]
    fn without_a_user_all_four_are_empty() {
        let mut headers = HeaderMap::new();
        for header in [USER, EMAIL, NAME, GROUPS] {
            headers.append(header.clone(), HeaderValue::from_static("forged"));
            headers.append(header, HeaderValue::from_static("twice"));
        }
        set(&mut headers, None);
        for header in [USER, EMAIL, NAME, GROUPS] {
            let values: Vec<_> = headers.get_all(header).iter().collect();
            assert_eq!(values, [""]);
        }
    }
}
