//! Users and sessions that nobody is: for looking around ([`demo()`]) and for measuring ([`seed()`]).

mod demo;
mod history;
mod seed;
mod user;

pub use demo::{Demo, DemoError, DemoUser, PASSWORD, demo};
pub use seed::{Seed, SeedError, seed};
