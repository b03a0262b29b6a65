//! Recovery codes: 16 of them, 80 random bits each, valid once.
//!
//! They are written in Crockford's base32, which has no `i`, `l`, `o` or `u` to be misread, in four
//! groups of four. With 80 bits no thief can try them all, so a fast hash is enough to
//! store them (NIST SP 800-63B-4, 3.1.2). It covers the user's id, so that equal codes of two users have different
//! hashes.

use std::fmt::Write;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{db::Conn, execute, ids::UserId, on, operation::Operation, time::fill_random};

/// How many there are in a set.
pub const HOW_MANY: usize = 16;

/// With fewer than this many left a user is warned.
pub const FEW: i64 = 4;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const CHARACTERS: usize = 16;

/// A new set, as shown.
pub(crate) fn new_set() -> Vec<String> {
    (0..HOW_MANY).map(|_| new_code()).collect()
}

fn new_code() -> String {
    let mut bytes = Zeroizing::new([0; CHARACTERS]);
    fill_random(&mut *bytes);
    let mut code = String::with_capacity(CHARACTERS + 3);
    for (at, byte) in bytes.iter().enumerate() {
        if at > 0 && at % 4 == 0 {
            code.push('-');
        }
        // 256 is a multiple of 32: every character is as likely as any other.
        let _ = write!(code, "{}", char::from(ALPHABET[usize::from(byte % 32)]));
    }
    code
}

/// Reads what a user typed or pasted: letters and digits count, and those that look like digits are read as digits.
/// Whatever else comes along (case, spaces, dashes, bullets, invisible characters, the number in a list) does not
/// matter. None when it cannot be a recovery code.
pub(crate) fn read(typed: &str) -> Option<Zeroizing<String>> {
    only_code(typed).or_else(|| only_code(without_number(typed)?))
}

/// The code in a text that holds no other letters and digits.
fn only_code(text: &str) -> Option<Zeroizing<String>> {
    let mut plain = Zeroizing::new(String::with_capacity(CHARACTERS));
    for c in text.chars().filter(|c| c.is_alphanumeric()) {
        let c = match c.to_ascii_lowercase() {
            'o' => '0',
            'i' | 'l' => '1',
            c => c,
        };
        let known = u8::try_from(c).is_ok_and(|c| ALPHABET.contains(&c));
        if !known || plain.len() == CHARACTERS {
            return None;
        }
        plain.push(c);
    }
    (plain.len() == CHARACTERS).then_some(plain)
}

/// What follows the number that a list puts before its lines: `3.`, `3)`, `3:` or `3` and a space.
fn without_number(typed: &str) -> Option<&str> {
    let start = typed.find(char::is_alphanumeric)?;
    let listed = &typed[start..];
    let rest = listed.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = listed.len() - rest.len();
    let ends = rest.starts_with(|c: char| !c.is_alphanumeric() && c != '-');
    (matches!(digits, 1 | 2) && ends).then_some(rest)
}

fn hash(user: &UserId, plain: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(
        format!("recovery code {} {plain}", user.0).as_bytes(),
    ))
}

/// Puts a new set in force; the old one is void.
pub(crate) async fn replace(
    op: &mut Operation,
    user: &UserId,
    codes: &[String],
) -> Result<(), sqlx::Error> {
    let now = op.now;
    void(op, user).await?;
    for code in codes {
        let plain = read(code).unwrap_or_default();
        execute!(
            op,
            "insert into recovery_codes (user_id, code_hash, created_at) values ($1, $2, $3)",
            user,
            hash(user, &plain),
            now.at
        )?;
    }
    Ok(())
}

/// Voids every code.
pub(crate) async fn void(op: &mut Operation, user: &UserId) -> Result<(), sqlx::Error> {
    execute!(op, "delete from recovery_codes where user_id = $1", user)?;
    Ok(())
}

/// What came of a code that was presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Consumed {
    Now,
    /// It is of the set in force, and was used before.
    Before,
    /// There is no such code.
    Never,
}

/// Consumes a code. One statement checks and acts, so that a code presented twice at once is accepted once.
pub(crate) async fn consume(
    op: &mut Operation,
    user: &UserId,
    plain: &str,
) -> Result<Consumed, sqlx::Error> {
    let (now, hash) = (op.now, hash(user, plain));
    let consumed = execute!(
        op,
        "update recovery_codes set used_at = $3 where user_id = $1 and code_hash = $2 and used_at is null",
        user,
        &hash,
        now.at
    )?;
    if consumed == 1 {
        return Ok(Consumed::Now);
    }
    let known: i64 = on!(op, c => sqlx::query_scalar(
        "select count(*) from recovery_codes where user_id = $1 and code_hash = $2")
        .bind(user)
        .bind(&hash)
        .fetch_one(c)
        .await)?;
    Ok(if known > 0 {
        Consumed::Before
    } else {
        Consumed::Never
    })
}

/// How many are left.
///
/// # Errors
/// When the database is unavailable.
pub async fn left(conn: &mut Conn, user: &UserId) -> Result<i64, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar(
        "select count(*) from recovery_codes where user_id = $1 and used_at is null")
        .bind(user)
        .fetch_one(c)
        .await)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_reads_back_however_it_is_typed() {
        let set = new_set();
        assert_eq!(set.len(), HOW_MANY);
        let code = &set[0];
        assert_eq!(code.len(), 19);
        let plain = code.replace('-', "");
        for typed in [
            code.clone(),
            plain.to_uppercase(),
            format!(" {} ", code.replace('-', " ")),
        ] {
            assert_eq!(read(&typed).map(|c| c.to_string()), Some(plain.clone()));
        }
        assert_eq!(
            read("OIL0-0000-0000-0000").map(|c| c.to_string()),
            Some("0110000000000000".into())
        );
        // However it is pasted.
        let groups: Vec<&str> = code.split('-').collect();
        for between in [
            "\u{2010}",
            "\u{2011}",
            "\u{2012}",
            "\u{2013}",
            "\u{2014}",
            "\u{2212}",
            "\u{ad}",
            "\u{ad}-",
            "\u{200b}",
            "\u{feff}",
            "\u{2060}-",
            "\u{a0}",
            "\u{fe58}",
            "\u{ff0d}",
            "_",
        ] {
            let typed = groups.join(between);
            assert_eq!(
                read(&typed).map(|c| c.to_string()),
                Some(plain.clone()),
                "{typed:?}"
            );
        }
        for before in [
            "3. ",
            "16. ",
            "3.",
            "3) ",
            "(3) ",
            "3: ",
            "3 ",
            "12\t",
            "• ",
            "•\t",
            "- ",
            "* ",
            "◦ ",
            "– ",
            "\u{feff}",
            "\u{200b}3. ",
            "[ ] ",
            "> ",
            "\"",
            "`",
            "\u{202a}",
        ] {
            for code in [code, &plain] {
                let typed = format!("{before}{code}\u{200b}\r\n");
                assert_eq!(
                    read(&typed).map(|c| c.to_string()),
                    Some(plain.clone()),
                    "{typed:?}"
                );
            }
        }
        for wrong in [
            "",
            "123456",
            // Three digits are no number of a list of 16, and a number alone is nothing.
            &format!("123. {code}"),
            &format!("3{code}"),
            &format!("a. {code}"),
            "3. ",
            &format!("{code} {code}"),
            "u000-0000-0000-0000",
            "0000-0000-0000-000",
            "0000-0000-0000-00000",
            &"0".repeat(100_000),
            "ä000-0000-0000-0000",
        ] {
            assert!(read(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn no_two_codes_are_alike_and_two_users_s_hashes_differ() {
        let mut all: Vec<String> = (0..64).flat_map(|_| new_set()).collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 64 * HOW_MANY);
        let (ada, eve) = (UserId("ada".into()), UserId("eve".into()));
        assert_ne!(hash(&ada, "x"), hash(&eve, "x"));
    }
}
