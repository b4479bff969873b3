//! The real programs, started and watched from outside: engine, driver, fault proxy.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fixture;

mod lessons;
mod live;
mod measure;
mod measure_beside;
mod measure_gate;
#[cfg(target_os = "linux")]
mod watch;
mod workshop;
mod command_line;
mod documents;
mod claims;
mod baseline;
mod explain;
#[cfg(target_os = "linux")]
mod learn;
#[cfg(target_os = "linux")]
mod terminal;
mod profiles;
mod faults;
mod limit;
mod pressure;
mod proxy;
#[cfg(target_os = "linux")]
mod secrets;
mod page;
