//! What proxies add, change and leave out.

mod addresses;
mod hosts;
