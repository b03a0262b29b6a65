//! What single values are read as: numbers, durations, choices, networks, files of certificates.

use std::{net::IpAddr, path::PathBuf, str::FromStr, time::Duration};

use accounts::{email_address::deliverable, secret::Secret};
use ipnet::IpNet;
use lettre::message::Mailbox;
use tokio_rustls::rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use tracing_subscriber::EnvFilter;

use super::{
    hide::may_be_secret,
    setting::{Parsed, Unusable},
};

/// What [`count`] reads.
pub(super) const COUNT: &str = "a whole number from 1 to 1000000";

/// What [`duration`] reads.
pub(super) const DURATION: &str = "a whole number and a unit: `90s`, `15m`, `12h`, `14d`";

/// Use is written down once a minute at most, so a shorter limit would end sessions that are in use.
const SHORTEST_IDLE: Duration = Duration::from_mins(5);

/// Bytes of a token that no rate limit protects.
const SHORTEST_BEARER: usize = 16;

/// One of these words.
pub(super) fn choice<T: Copy>(text: &str, choices: &[(&str, T)]) -> Parsed<T> {
    let chosen = choices.iter().find(|choice| choice.0 == text);
    chosen.map(|choice| choice.1).ok_or(Unusable::Malformed)
}

pub(super) fn on_or_off(text: &str) -> Parsed<bool> {
    choice(text, &[("on", true), ("off", false)])
}

/// A number from one to a million, of the type of its place.
pub(super) fn count<T: TryFrom<i64>>(text: &str) -> Parsed<T> {
    let number = i64::from_str(text).ok();
    let number = number.filter(|n| (1..=1_000_000).contains(n));
    number
        .and_then(|n| T::try_from(n).ok())
        .ok_or(Unusable::Malformed)
}

pub(super) fn duration(text: &str) -> Parsed<Duration> {
    let unit = match text.chars().last() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 60 * 60,
        Some('d') => 24 * 60 * 60,
        _ => return Err(Unusable::Malformed),
    };
    let number = text.get(..text.len() - 1);
    let number: u64 = number
        .and_then(|n| n.parse().ok())
        .ok_or(Unusable::Malformed)?;
    match number.checked_mul(unit) {
        Some(seconds @ 1..=315_360_000) => Ok(Duration::from_secs(seconds)),
        _ => Err(reason("use a time between one second and ten years")),
    }
}

pub(super) fn idle_limit(text: &str) -> Parsed<Duration> {
    let limit = duration(text)?;
    if limit < SHORTEST_IDLE {
        return Err(reason(
            "use five minutes (5m) or more: the time of last use is written down once a minute at most, \
             so a shorter limit would end sessions that are in use",
        ));
    }
    Ok(limit)
}

/// What a program presents as `Authorization: Bearer`. A short one could be guessed.
pub(super) fn bearer(text: &str) -> Parsed<Secret> {
    if text.len() < SHORTEST_BEARER || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Unusable::Malformed);
    }
    Ok(Secret::new(text.to_owned()))
}

pub(super) fn log_filter(text: &str) -> Parsed<String> {
    match EnvFilter::try_new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(Unusable::Reason(format!(
            "it is no filter for the log: {error}"
        ))),
    }
}

pub(super) fn networks(text: &str) -> Parsed<Vec<IpNet>> {
    let parts = text.split(',').map(str::trim);
    let parts = parts.filter(|part| !part.is_empty());
    let network = |part: &str| {
        let address = || part.parse::<IpAddr>().map(IpNet::from);
        part.parse().or_else(|_| address()).map_err(|_| {
            Unusable::Reason(format!(
                "{part:?} is no address or network, like 10.0.0.0/8"
            ))
        })
    };
    parts.map(network).collect()
}

/// Checked as every other address is, so that a sender no email can come from is noticed at the start.
pub(super) fn mailbox(text: &str) -> Parsed<Mailbox> {
    let typed: Mailbox = text.parse().map_err(|_| Unusable::Malformed)?;
    let address = deliverable(typed.email.as_ref()).map_err(reason)?;
    let address = address.parse().map_err(|_| Unusable::Malformed)?;
    Ok(Mailbox::new(typed.name, address))
}

/// Read once at the start, so that a file that cannot be used is noticed then.
pub(super) fn authorities(file: &str) -> Parsed<Vec<CertificateDer<'static>>> {
    let all: Vec<_> = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect)
        .map_err(|error| {
            Unusable::Reason(format!(
                "this file of certificates (PEM) cannot be read: {error}"
            ))
        })?;
    let mut roots = RootCertStore::empty();
    let (good, bad) = roots.add_parsable_certificates(all.clone());
    match (good, bad) {
        (1.., 0) => Ok(all),
        (0, 0) => Err(reason("there is no certificate (PEM) in this file")),
        _ => Err(reason(
            "a certificate in this file does not belong to an authority",
        )),
    }
}

/// Whether quotes were left around a value. A shell takes them out; a file of variables for a container, for one, does not.
pub(super) fn is_quoted(text: &str) -> bool {
    let inside = |quote: char| {
        text.strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote))
    };
    inside('"').or_else(|| inside('\'')).is_some()
}

/// The reason why such a value is refused: a path with quotes in it is the path of another file.
pub(super) fn quoted() -> Unusable {
    reason("the quotes are read as part of the value: leave them out")
}

/// The path of a file or folder. It is shown in messages, so what may be a secret is refused.
pub(super) fn path(text: &str) -> Parsed<PathBuf> {
    if may_be_secret(text) {
        return Err(Unusable::Malformed);
    }
    Ok(text.into())
}

fn reason(why: &str) -> Unusable {
    Unusable::Reason(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_number_and_a_unit() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("12h"), Ok(Duration::from_hours(12)));
        for wrong in ["14", "d", "1w", "-1d", "1.5h", "14 d", "１d", "é"] {
            assert_eq!(duration(wrong), Err(Unusable::Malformed), "{wrong}");
        }
        for wrong in ["0d", "99999999999999d", "3651d"] {
            assert!(
                matches!(duration(wrong), Err(Unusable::Reason(_))),
                "{wrong}"
            );
        }
    }

    #[test]
    fn an_idle_limit_under_five_minutes_is_refused_with_the_reason() {
        assert_eq!(idle_limit("5m"), Ok(Duration::from_mins(5)));
        for wrong in ["299s", "4m", "5s"] {
            let Err(Unusable::Reason(why)) = idle_limit(wrong) else {
                panic!("{wrong} is accepted");
            };
            assert!(why.contains("five minutes") && why.contains("once a minute"));
        }
    }

    #[test]
    fn a_sender_is_an_address_that_email_can_come_from_with_its_domain_in_one_form() {
        for (text, read) in [
            (
                "Curfew <No-Reply@Example.com>",
                "Curfew <No-Reply@example.com>",
            ),
            ("curfew@münchen.example", "curfew@xn--mnchen-3ya.example"),
        ] {
            assert_eq!(mailbox(text).unwrap().to_string(), read);
        }
        let long = format!("{}@example.com", "a".repeat(65));
        for wrong in [&*long, "İ@example.com", "curfew@b_c.example", "curfew"] {
            assert!(mailbox(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn quotes_around_a_value_are_seen_and_quotes_inside_are_not() {
        for text in ["\"/data/key\"", "'/data/key'", "\"\"", "''"] {
            assert!(is_quoted(text), "{text}");
        }
        for text in [
            "/data/key",
            "\"Ada, L.\" <ada@example.com>",
            "'",
            "\"x'",
            "",
        ] {
            assert!(!is_quoted(text), "{text}");
        }
    }

    #[test]
    fn a_network_may_be_one_address() {
        let read = networks(" 10.0.0.0/8 ,, 192.0.2.7, ::1").unwrap();
        let written: Vec<_> = read.iter().map(ToString::to_string).collect();
        assert_eq!(written, ["10.0.0.0/8", "192.0.2.7/32", "::1/128"]);
        assert!(networks("10.0.0.0/99").is_err());
    }
}
