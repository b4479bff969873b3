#![doc = include_str!("../README.md")]

pub mod alloc;
pub mod window;
pub mod gauges;
pub mod reading;
mod sockets;
pub mod routes;
#[cfg(feature = "actix")]
pub mod actix;

pub use alloc::CountingAlloc;
pub use gauges::{Gauge, GaugeGuard, Gauges};
pub use reading::Reading;
