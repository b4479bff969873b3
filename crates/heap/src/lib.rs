//! Exact heap counters, and the call stacks that hold memory, for any service.
//!
//! [`CountingAlloc`] counts every allocation. While a [`window`] is open it also passes
//! them to dhat, which records their call stacks. A service that wants to be measured
//! sets the allocator in its `main.rs` and mounts [`routes`].

pub mod alloc;
pub mod window;
pub mod gauges;
pub mod reading;
mod sockets;
#[cfg(feature = "routes")]
pub mod routes;

pub use alloc::CountingAlloc;
pub use gauges::{Gauge, GaugeGuard, Gauges};
pub use reading::Reading;
