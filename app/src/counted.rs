//! Numbers with their noun.

/// "1 session", "4 sessions".
#[must_use]
pub fn counted(n: u64, one: &str, many: &str) -> String {
    if n == 1 {
        format!("1 {one}")
    } else {
        format!("{n} {many}")
    }
}
