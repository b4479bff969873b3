//! The twins as services, asked from outside: both must do the same, whatever they
//! remember.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod raw;
mod orders;
mod logged;

mod contract;
mod isolation;
mod values;
mod uploads;
mod traffic;
mod abuse;
mod stop;
mod jobs;
mod between;
mod dropped;
mod writes;
mod imports;
mod service;
mod repairs;
