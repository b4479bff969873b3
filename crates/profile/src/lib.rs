//! dhat profiles: read, ranked by what survives, and each site known again.
//!
//! The format is version 2 of the one that valgrind's DHAT defined
//! (`dhat/dh_main.c` there, `src/lib.rs` of dhat 0.3.3): a table of frame texts,
//! and for every call stack its counts and the indices of its frames, innermost
//! first.

mod reading;
mod decode;
mod counts;
mod frame;
mod name;
mod package;
mod sites;
mod grouping;
mod fingerprint;
pub mod figures;
pub mod flame;

pub use counts::{Counts, Moment};
pub use frame::{Frame, FrameRef};
pub use package::Packages;
pub use reading::{Profile, ProfileError};
pub use sites::{Holder, Site};

#[cfg(test)]
mod samples;
