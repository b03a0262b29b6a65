//! What proxies add, change and leave out.

mod addresses;
mod forms;
mod hosts;
mod origins;
