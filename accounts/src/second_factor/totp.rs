//! Time-based one-time passwords (RFC 6238): SHA-1, 30 seconds, 6 digits, one step of drift.

use std::fmt::{self, Write};

use totp_rs::{Algorithm, Builder, Totp};
use zeroize::Zeroizing;

use crate::time::{Moment, fill_random};

/// RFC 4226, 4 (R6) recommends 160 bits.
const SECRET_BYTES: usize = 20;
const STEP_SECONDS: i64 = 30;
/// How far a code is looked for to tell its user about clocks.
const MINUTES_OFF_STEPS: u64 = 10;

/// What an authenticator app and Curfew both know. Never prints itself.
#[derive(Clone)]
pub struct TotpSecret(Zeroizing<Vec<u8>>);

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(…)")
    }
}

impl TotpSecret {
    /// A new random secret.
    #[must_use]
    pub fn random() -> Self {
        let mut bytes = Zeroizing::new(vec![0; SECRET_BYTES]);
        fill_random(&mut bytes);
        Self(bytes)
    }

    /// A secret of given bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// As users type it into an app: base32 (RFC 4648) without padding.
    #[must_use]
    pub fn base32(&self) -> String {
        data_encoding::BASE32_NOPAD.encode(&self.0)
    }

    /// The link that an authenticator app opens, and that its QR code carries.
    #[must_use]
    pub fn otpauth(&self, email: &str) -> String {
        let encode = |text: &str| {
            text.bytes().fold(String::new(), |mut out, byte| {
                match byte {
                    b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'@' => {
                        out.push(byte.into());
                    }
                    other => {
                        let _ = write!(out, "%{other:02X}");
                    }
                }
                out
            })
        };
        format!(
            "otpauth://totp/Curfew:{}?secret={}&issuer=Curfew&algorithm=SHA1&digits=6&period=30",
            encode(email),
            self.base32()
        )
    }

    /// The code of that moment.
    #[must_use]
    pub fn code(&self, now: Moment) -> String {
        self.totp().generate(seconds(now)).to_string()
    }

    /// The step whose code this is: the one before, this one or the next.
    pub(crate) fn step_of(&self, code: &str, now: Moment) -> Option<i64> {
        let step = self.totp().check(code, seconds(now))?;
        i64::try_from(step).ok()
    }

    /// The step whose code this is when it is minutes off: up to five, and by more than the drift that is allowed.
    pub(crate) fn step_minutes_off(&self, code: &str, now: Moment) -> Option<i64> {
        if self.step_of(code, now).is_some() {
            return None;
        }
        let (totp, this) = (self.totp(), seconds(now));
        let found = (2..=MINUTES_OFF_STEPS).find_map(|steps| {
            let off = steps * STEP_SECONDS.unsigned_abs();
            let nearby = [this.checked_sub(off), this.checked_add(off)];
            let mut nearby = nearby.into_iter().flatten();
            nearby.find(|at| totp.generate(*at).to_string() == code)
        })?;
        i64::try_from(found).ok().map(|at| at / STEP_SECONDS)
    }

    fn totp(&self) -> Totp {
        Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(6)
            .with_skew(1)
            .with_step_duration(STEP_SECONDS.unsigned_abs())
            .with_secret(self.0.to_vec())
            .build_noncompliant()
    }
}

fn seconds(now: Moment) -> u64 {
    u64::try_from(now.at.0 / 1_000).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::UnixMillis;

    fn at(seconds: i64) -> Moment {
        Moment::at(UnixMillis(seconds * 1_000))
    }

    /// RFC 6238, appendix B, the SHA-1 rows; six digits are the last six of its eight.
    #[test]
    fn the_vectors_of_rfc_6238_come_out() {
        let secret = TotpSecret::of(b"12345678901234567890");
        for (time, code) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            assert_eq!(secret.code(at(time)), code[2..], "{time}");
            assert_eq!(secret.step_of(&code[2..], at(time)), Some(time / 30));
        }
    }

    #[test]
    fn one_step_of_drift_is_forgiven_and_no_more() {
        let secret = TotpSecret::random();
        let code = secret.code(at(3_000));
        for (now, step) in [
            (2_970, Some(100)),
            (3_029, Some(100)),
            (3_059, Some(100)),
            (3_060, None),
            (2_969, None),
        ] {
            assert_eq!(secret.step_of(&code, at(now)), step, "{now}");
        }
    }

    #[test]
    fn a_code_minutes_off_is_recognised_up_to_five() {
        let secret = TotpSecret::of(b"12345678901234567890");
        let code = secret.code(at(3_000));
        for (now, step) in [
            (3_000, None),
            (3_059, None),
            (2_970, None),
            (3_060, Some(100)),
            (2_969, Some(100)),
            (3_120, Some(100)),
            (3_329, Some(100)),
            (2_700, Some(100)),
            (3_330, None),
            (2_699, None),
        ] {
            assert_eq!(secret.step_minutes_off(&code, at(now)), step, "{now}");
        }
        // Near the beginning of time there is nothing before it.
        assert_eq!(secret.step_minutes_off("000000", at(0)), None);
    }

    #[test]
    fn a_link_says_whose_it_is_and_escapes_the_rest() {
        let link = TotpSecret::of(&[0; 20]).otpauth("a&b:c@example.com");
        assert!(link.starts_with("otpauth://totp/Curfew:a%26b%3Ac@example.com?secret=AAAA"));
        assert!(!format!("{:?}", TotpSecret::random()).contains("Zeroizing"));
    }
}
