//! Exact heap counters, and the call stacks that hold memory, for any service.
//!
//! [`CountingAlloc`] counts every allocation. While a [`window`] is open it also records
//! their call stacks, in the format of dhat. A service that wants to be measured sets
//! the allocator in its `main.rs` and mounts [`routes`].

pub mod alloc;
pub mod window;
mod recorder;
mod raw;
mod symbols;
pub mod gauges;
pub mod reading;
mod sockets;
#[cfg(feature = "routes")]
pub mod routes;

pub use alloc::CountingAlloc;
pub use gauges::{Gauge, GaugeGuard, Gauges};
pub use raw::{Module, Raw, Stack};
pub use reading::Reading;
pub use symbols::Symbols;
