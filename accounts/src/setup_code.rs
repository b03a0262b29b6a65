//! The setup code: what a sign-up shows that gets an install without users, unless it comes from the machine itself, so that
//! no stranger who finds a fresh or an emptied install first becomes its owner. It is derived from the instance's key: every node and
//! every command has the same one, and nothing of it is kept in the database.

use data_encoding::{Encoding, Specification};
use zeroize::Zeroizing;

use crate::{
    client::Client,
    instance::Instance,
    keys::{Keys, signatures::Signs},
    operation::Operation,
    rate_limits,
    secret::Secret,
    time::Moment,
    users::UserError,
};

/// Crockford's base 32: no two of its symbols are taken for each other.
const SYMBOLS: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Eighty bits: hopeless to guess, whatever the rate limit is.
const BYTES: usize = 10;

/// Symbols in a group, for reading it aloud.
const GROUP: usize = 4;

pub(crate) const MISSING: &str = "Type the setup code. The log of this Curfew shows it at its start, and the command “curfew setup-code” prints it.";
const WRONG: &str = "This isn’t the setup code. The log of this Curfew shows it at its start, and the command “curfew setup-code” prints it.";

/// The code as it is shown, in groups.
#[must_use]
pub fn setup_code(keys: &Keys) -> String {
    // There is a newest key at any time, so there is always a code.
    let bytes = keys.derive(Signs::SetupCode, b"", None);
    let bytes = bytes.map(|(bytes, _)| bytes).unwrap_or_default();
    let symbols = encoding().encode(&bytes[..BYTES]);
    let groups: Vec<&str> = (0..symbols.len())
        .step_by(GROUP)
        .filter_map(|at| symbols.get(at..at + GROUP))
        .collect();
    groups.join("-")
}

/// What is wrong with a code, if anything is.
///
/// The right one is taken whatever was tried before. A wrong one takes a permit of its network, and without a permit the
/// guesser is answered "too many attempts". The limit does not protect the code, because guessing it is hopeless: it has
/// eighty bits, so a million guesses a second find it in nineteen thousand million years on average. It slows the guesser
/// and their writes. Were the right code limited as well, ten wrong ones behind a proxy that is not trusted, where every
/// visitor has the proxy's address, would lock the owner out of their own install.
///
/// # Errors
/// When too many wrong ones were tried from this network, or the database is unavailable.
pub(crate) async fn refusal(
    instance: &Instance,
    client: &Client,
    now: Moment,
    typed: &Secret,
) -> Result<Option<&'static str>, UserError> {
    if typed.expose().trim().is_empty() {
        return Ok(Some(MISSING));
    }
    if is_right(&instance.keys, typed) {
        return Ok(None);
    }
    let mut op = Operation::begin(instance, client, now).await?;
    rate_limits::permit_setup_code(&mut op)
        .await?
        .map_err(UserError::RateLimited)?;
    op.commit().await?;
    Ok(Some(WRONG))
}

/// However it was typed: in lower case, with spaces or without dashes. It takes as long wherever it differs.
pub(crate) fn is_right(keys: &Keys, typed: &Secret) -> bool {
    let typed = typed.expose().chars().filter(char::is_ascii_alphanumeric);
    let symbols: Zeroizing<String> = typed
        .map(|symbol| match symbol.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            symbol => symbol,
        })
        .collect::<String>()
        .into();
    let bytes = encoding().decode(symbols.as_bytes()).map(Zeroizing::new);
    bytes.is_ok_and(|bytes| bytes.len() == BYTES && keys.begins(Signs::SetupCode, b"", &bytes))
}

#[expect(
    clippy::expect_used,
    reason = "thirty-two different symbols are an encoding"
)]
fn encoding() -> Encoding {
    let mut crockford = Specification::new();
    crockford.symbols.push_str(SYMBOLS);
    crockford.encoding().expect("the symbols are different")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(keys: &Keys, typed: &str) -> bool {
        is_right(keys, &Secret::new(typed.to_owned()))
    }

    #[test]
    fn a_key_has_one_code_and_another_key_another() {
        let keys = Keys::parse(&Keys::new_line()).unwrap();
        let code = setup_code(&keys);
        assert_eq!(code, setup_code(&keys));
        assert_eq!((code.len(), code.matches('-').count()), (19, 3), "{code}");
        let other = Keys::parse(&Keys::new_line()).unwrap();
        assert_ne!(code, setup_code(&other));
        assert!(!accepts(&other, &code));
    }

    #[test]
    fn a_code_is_taken_however_it_was_typed_and_only_whole() {
        // This key's code has both digits that are taken for others.
        let keys = (0..10_000)
            .map(|_| Keys::parse(&Keys::new_line()).unwrap())
            .find(|keys| {
                let code = setup_code(keys);
                code.contains('0') && code.contains('1')
            })
            .unwrap();
        let code = setup_code(&keys);
        for typed in [
            code.clone(),
            code.to_lowercase(),
            code.replace('-', ""),
            format!(" {} ", code.replace('-', " ")),
            code.replace('0', "o").replace('1', "l"),
            code.replace('1', "I"),
        ] {
            assert!(accepts(&keys, &typed), "{typed}");
        }
        let other_end = if code.ends_with('7') { "8" } else { "7" };
        for wrong in [
            "",
            "-",
            &code[..18],
            &code[..14],
            &code[5..],
            &format!("{code}0"),
            &format!("{code}-{code}"),
            &format!("{}{other_end}", &code[..18]),
            &code.replace(&code[..1], "ü"),
        ] {
            assert!(!accepts(&keys, wrong), "{wrong}");
        }
    }

    #[test]
    fn after_a_rotation_the_code_that_was_shown_is_good_still() {
        let (old, new) = (Keys::new_line(), Keys::new_line());
        let shown = setup_code(&Keys::parse(&old).unwrap());
        let both = Keys::parse(&format!("{}{}", *new, *old)).unwrap();
        assert_ne!(setup_code(&both), shown);
        assert!(accepts(&both, &shown) && accepts(&both, &setup_code(&both)));
        // A running server has the old key alone, until it reads the file again.
        let file = Zeroizing::new(format!("{}{}", *new, *old));
        let running = Keys::parse_and_reread(&old, move || Some(file.clone())).unwrap();
        assert!(accepts(&running, &setup_code(&both)));
    }
}
