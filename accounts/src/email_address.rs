//! Email addresses: what the library that sends email can send to, in one form, so that one mailbox is one user.
//!
//! Domains are kept in their ASCII form (IDNA, UTS 46), which is what email servers are asked for, and are shown in it.
//! Before the @ only ASCII is taken, because other characters (RFC 6531) reach a mailbox through some servers only.

use std::net::IpAddr;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use lettre::Address;

use crate::text::hides_something;

/// Longest address there is (RFC 5321, 4.5.3.1.3, without the angle brackets).
const LONGEST: usize = 254;

const TOO_LONG: &str = "An email address has 254 characters or fewer.";
const SHAPE: &str = "Enter an email address like name@example.com.";
const LOCAL: &str = "No email can be sent to what is before the @. Use at most 64 letters a to z, digits and marks like . - _ +";
const DOMAIN: &str =
    "No email can be sent to what is after the @. Enter a domain like example.com.";

/// An email address in the form that users have it in: trimmed, in lower case, with its domain in ASCII. Whether an
/// email arrives shows only when one is sent.
///
/// # Errors
/// What is wrong with it, as a sentence for the user who typed it.
pub fn clean_email(typed: &str) -> Result<String, &'static str> {
    deliverable(typed).map(|email| email.to_ascii_lowercase())
}

/// An address that email can be sent to, with its domain in one form and what is before the @ as it was typed.
///
/// # Errors
/// As [`clean_email`].
pub fn deliverable(typed: &str) -> Result<String, &'static str> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Err("Enter your email address.");
    }
    if typed.is_ascii() && typed.len() > LONGEST {
        return Err(TOO_LONG);
    }
    let (local, domain) = typed.rsplit_once('@').ok_or(SHAPE)?;
    if local.is_empty() || domain.is_empty() || hides_something(typed) {
        return Err(SHAPE);
    }
    // One mailbox has one spelling here: no quoted names (RFC 5321, 4.1.2 has them).
    if !local.is_ascii() || local.contains('"') {
        return Err(LOCAL);
    }
    let domain = Uts46::new()
        .to_ascii(
            domain.as_bytes(),
            AsciiDenyList::STD3,
            Hyphens::CheckFirstLast,
            DnsLength::Verify,
        )
        .map_err(|_| DOMAIN)?;
    // The library takes an IP address without its brackets, for which no server is found.
    if domain.parse::<IpAddr>().is_ok() {
        return Err(DOMAIN);
    }
    Address::new(local, "localhost").map_err(|_| LOCAL)?;
    let address = Address::new(local, &*domain).map_err(|_| DOMAIN)?;
    let address = address.to_string();
    if address.len() > LONGEST {
        return Err(TOO_LONG);
    }
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_mailbox_has_one_form() {
        for (typed, stored) in [
            (" Ada@Example.COM ", "ada@example.com"),
            ("x@münchen.example", "x@xn--mnchen-3ya.example"),
            ("x@MÜNCHEN.example", "x@xn--mnchen-3ya.example"),
            ("x@mu\u{308}nchen.example", "x@xn--mnchen-3ya.example"),
            ("X@XN--MNCHEN-3YA.example", "x@xn--mnchen-3ya.example"),
            ("ada@ｅｘａｍｐｌｅ。com", "ada@example.com"),
            (
                "ada+curfew_1@mail.example.co.uk",
                "ada+curfew_1@mail.example.co.uk",
            ),
            ("root@localhost", "root@localhost"),
        ] {
            assert_eq!(clean_email(typed).as_deref(), Ok(stored), "{typed}");
            // Cleaned once more it is the same.
            assert_eq!(clean_email(stored).as_deref(), Ok(stored));
        }
        let kept = deliverable("No-Reply@Example.COM");
        assert_eq!(kept.as_deref(), Ok("No-Reply@example.com"));
    }

    #[test]
    fn what_no_email_reaches_is_refused_with_the_part_that_is_wrong() {
        let longest = "a".repeat(64);
        assert!(clean_email(&format!("{longest}@example.com")).is_ok());
        for local in [
            "İ", "i\u{307}", "jürgen", "a b", "a..b", ".a", "a.", "a,b", "\"a b\"", "a@b",
        ] {
            let typed = format!("{local}@example.com");
            assert_eq!(clean_email(&typed), Err(LOCAL), "{typed}");
        }
        assert_eq!(clean_email(&format!("{longest}a@example.com")), Err(LOCAL));
        let label = "b".repeat(63);
        assert!(clean_email(&format!("a@{label}.example")).is_ok());
        for domain in [
            &format!("{label}b.example"),
            &"b".repeat(248),
            ".b",
            "b.",
            "b..c",
            "-b.example",
            "b-.example",
            "b_c.example",
            "b c",
            "xn--a.example",
            "192.0.2.1",
            "[192.0.2.1]",
            "example.com>",
        ] {
            let typed = format!("a@{domain}");
            assert_eq!(clean_email(&typed), Err(DOMAIN), "{typed}");
        }
        for nothing in [
            "ada",
            "@example.com",
            "ada@",
            "a\0@b.c",
            "a\u{200b}@b.c",
            "a@b\u{ad}.c",
        ] {
            assert_eq!(clean_email(nothing), Err(SHAPE), "{nothing}");
        }
        let long = format!("{longest}@{label}.{label}.{label}.example");
        assert_eq!(
            clean_email(&long),
            Err("An email address has 254 characters or fewer.")
        );
    }
}
