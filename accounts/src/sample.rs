//! Users and sessions that are not real: for looking around ([`demo()`]) and for measuring ([`seed()`]).

mod applications;
mod demo;
mod error;
mod history;
mod seed;
mod user;

pub use demo::{Demo, DemoUser, demo};
pub use error::{DemoError, PASSWORD};
pub use seed::{Seed, SeedError, seed};
