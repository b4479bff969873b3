//! The order service with the jobs of a mystery, as `leaklab mystery` builds it.

use std::process::ExitCode;

// A program has one global allocator, so it is declared here and not in a library.
#[global_allocator]
static ALLOC: heap::CountingAlloc = heap::CountingAlloc;

include!(concat!(env!("OUT_DIR"), "/jobs.rs"));

fn main() -> ExitCode {
    service::main(env!("CARGO_PKG_NAME"), all)
}
