#![doc = include_str!("../README.md")]

mod lessons;

use std::process::ExitCode;

// A program has one global allocator, so it is declared here and not in a library.
#[global_allocator]
static ALLOC: heap::CountingAlloc = heap::CountingAlloc;

fn main() -> ExitCode {
    service::main(env!("CARGO_PKG_NAME"), lessons::all)
}
