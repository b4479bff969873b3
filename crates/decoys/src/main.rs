#![doc = include_str!("../README.md")]

mod app;
mod lessons;

use std::process::ExitCode;

// A program has one global allocator, so it stands here and not in a library.
#[global_allocator]
static ALLOC: heap::CountingAlloc = heap::CountingAlloc;

fn main() -> ExitCode {
    service::main::<app::App>(env!("CARGO_PKG_NAME"))
}
