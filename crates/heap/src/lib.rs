//! What a process holds, exactly, and which call stacks hold it.
//!
//! [`CountingAlloc`] is the judge: it counts every allocation, always. While a
//! [`window`] is open it also shows them to dhat, the witness, which remembers the
//! call stack of each. A service that wants to be measured sets the allocator in its
//! `main.rs` and mounts [`routes`].
//!
//! Nothing here knows whose service it measures.

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
