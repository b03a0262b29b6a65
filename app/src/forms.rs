//! What plain forms send.

/// A box that is ticked sends its value; programs send what they like.
pub(crate) fn ticked(value: Option<&str>) -> bool {
    matches!(value, Some("true" | "on" | "1" | "yes"))
}
