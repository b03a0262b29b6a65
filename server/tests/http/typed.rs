//! What is typed, pasted and read: addresses, codes, names, and what a wrong one is told.

mod addresses;
mod codes;
mod forms;
mod invisible;
mod not_found;
