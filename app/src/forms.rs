//! What plain forms send.

use accounts::sessions::ShownEpoch;

/// A box that is ticked sends its value; programs send what they like.
pub(crate) fn ticked(value: Option<&str>) -> bool {
    matches!(value, Some("true" | "on" | "1" | "yes"))
}

/// The epoch that a form was drawn under. A text that is no epoch fits none.
pub(crate) fn shown(for_epoch: Option<&str>) -> ShownEpoch {
    ShownEpoch(for_epoch.map(|epoch| epoch.parse().unwrap_or(-1)))
}
