//! dhat profiles: read, grouped into sites, compared, drawn as flame graphs.
//!
//! The format is version 2 of the one that valgrind's DHAT defined
//! (`dhat/dh_main.c` there, `src/lib.rs` of dhat 0.3.3): a table of frame texts,
//! and for every call stack its counts and the indices of its frames, innermost
//! first.

mod reading;
mod counts;
mod frame;
mod library;
mod name;
mod package;
mod in_app;
mod grouping;
mod sites;
mod notes;
mod fingerprint;
mod figures;
pub mod flame;
pub mod text;

pub use counts::{Counts, Moment};
pub use frame::FrameRef;
pub use in_app::{InApp, LESSONS};
pub use package::Packages;
pub use reading::{Profile, ProfileError};
pub use sites::{Site, SiteChange};

#[cfg(test)]
mod samples;
