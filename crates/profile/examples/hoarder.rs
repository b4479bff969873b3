//! A program that uses dhat and nothing of this workspace. The tests read its profiles.
//!
//!     cargo run -p profile --example hoarder -- hoarder.json

use std::process::ExitCode;

#[global_allocator]
static ALLOC: dhat::Alloc = dhat::Alloc;

/// Where the program keeps memory.
mod attic {
    /// Boxes that are never dropped.
    #[derive(Debug, Default)]
    pub(crate) struct Attic {
        boxes: Vec<Vec<u8>>,
    }

    impl Attic {
        /// Keeps a box of this size.
        #[inline(never)]
        pub(crate) fn keep(&mut self, bytes: usize) {
            self.boxes.push(vec![7; bytes]);
        }

        /// The number of boxes.
        pub(crate) fn len(&self) -> usize {
            self.boxes.len()
        }
    }
}

fn main() -> ExitCode {
    let Some(file) = std::env::args_os().nth(1) else {
        eprintln!("usage: hoarder FILE");
        return ExitCode::from(2);
    };
    let profiler = dhat::Profiler::builder().file_name(file).build();
    let mut attic = attic::Attic::default();
    for bytes in 1..=200 {
        attic.keep(bytes);
        // Allocated and dropped.
        std::hint::black_box(vec![0_u8; 4096]);
    }
    drop(profiler);
    eprintln!("{} boxes", attic.len());
    ExitCode::SUCCESS
}
