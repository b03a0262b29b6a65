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

/// Reads what a user typed: without spaces and hyphens, and with characters that look like digits read as digits. None
/// when it cannot be a recovery code.
pub(crate) fn read(typed: &str) -> Option<Zeroizing<String>> {
    let mut plain = Zeroizing::new(String::with_capacity(CHARACTERS));
    for c in typed.chars() {
        let c = match c.to_ascii_lowercase() {
            c if c.is_whitespace() || c == '-' => continue,
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

/// Consumes a code. False when there is no such code, or it was used before. One statement checks and acts, so that a
/// code presented twice at once is accepted once.
pub(crate) async fn consume(
    op: &mut Operation,
    user: &UserId,
    plain: &str,
) -> Result<bool, sqlx::Error> {
    let now = op.now;
    on!(op, c => sqlx::query(
        "update recovery_codes set used_at = $3 where user_id = $1 and code_hash = $2 and used_at is null")
        .bind(user)
        .bind(hash(user, plain))
        .bind(now.at)
        .execute(c)
        .await
        .map(|done| done.rows_affected() == 1))
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
        for wrong in [
            "",
            "123456",
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
