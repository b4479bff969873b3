//! The real programs, started and watched from outside: engine, twins, driver.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fixture;
// The benchmarks need the twins as much as the tests do.
#[path = "../../benches/programs/mod.rs"]
mod programs;

mod contract;
mod isolation;
mod values;
mod uploads;
mod traffic;
mod stop;
mod jobs;
mod between;
mod dropped;
mod writes;
mod imports;
mod service;
mod abuse;
mod lessons;
mod command_line;
mod documents;
mod claims;
mod baseline;
mod explain;
#[cfg(target_os = "linux")]
mod terminal;
mod profiles;
mod faults;
mod pressure;
mod proxy;
#[cfg(target_os = "linux")]
mod secrets;
mod page;
