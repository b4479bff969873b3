//! Measures the heap of a running service and judges whether it grows.
//!
//! [`measure()`] warms a service up, sends rounds of requests, reads the heap at rest
//! after each, and records call stacks in dhat windows. The result is [`Samples`].
//! [`judge()`] is a pure function from samples and a [`Scenario`] to a [`Judgement`];
//! every threshold is in [`mod@judge`], with its reason.
//!
//! The service must answer `/__heap`, as services do that mount the crate `heap`, or run
//! in the same process: [`Check`] is a test that a request leaves nothing in memory.
//! This crate contains no lesson, no twin and no DynamoDB.

pub mod scenario;
pub mod samples;
pub mod session;
pub mod bounds;
pub mod stages;
pub mod check;
mod attempts;
mod recordings;
mod disturbance;
pub mod pressure;
pub mod rest;
pub mod heap_client;
pub mod instrument;
pub mod outside;
pub mod process;
pub mod judge;
pub mod watch;
pub mod statistics;

pub use attempts::measure;
pub use check::{Check, CheckError, Report};
pub use heap::CountingAlloc;
pub use heap_client::HeapClient;
pub use instrument::{InProcess, Instrument, ProcessMemory};
pub use judge::trend::Trend;
pub use judge::{Judgement, judge};
pub use pressure::Pressure;
pub use process::Process;
pub use samples::{Peak, Samples, Window};
pub use scenario::{Growth, Metric, Scale, Scenario, Verdict};
pub use session::{Load, Session};
pub use workload::Request;
