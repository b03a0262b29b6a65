//! Numbers with their noun.

/// What happens to invitations whose user is logged out, as a sentence with a space before it; nothing without any.
#[cfg(feature = "ssr")]
pub(crate) fn waiting(invitations: u64) -> String {
    match invitations {
        0 => String::new(),
        1 => " 1 pending invitation waits until it’s confirmed again.".into(),
        n => format!(" {n} pending invitations wait until they’re confirmed again."),
    }
}

/// "1 session", "4 sessions".
#[must_use]
pub fn counted(n: u64, one: &str, many: &str) -> String {
    if n == 1 {
        format!("1 {one}")
    } else {
        format!("{n} {many}")
    }
}
