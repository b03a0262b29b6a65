//! Sample people.
