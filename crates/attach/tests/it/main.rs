//! Programs in C and Rust that allocate known blocks, measured from outside.

#![cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]

mod running;
mod counts;
mod refusals;
mod windows;
