//! dhat profiles: read, ranked by what survives, and each site known again.
//!
//! The format is version 2 of the one that valgrind's DHAT defined
//! (`dhat/dh_main.c` there, `src/lib.rs` of dhat 0.3.3): a table of frame texts,
//! and for every call stack its counts and the indices of its frames, innermost
//! first.

mod reading;
mod frame;
mod name;
mod sites;
mod grouping;
mod fingerprint;

pub use frame::Frame;
pub use reading::{Profile, ProfileError};
pub use sites::{Moment, Site};

#[cfg(test)]
mod samples;
