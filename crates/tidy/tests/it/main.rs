//! The rules that the repository holds itself to, one module per group.

mod repository;

mod twins;
mod files;
mod crates;
mod lessons;
mod claims;
mod generated;
mod teaching;
mod book;
mod features;
#[cfg(unix)]
mod repeat;
