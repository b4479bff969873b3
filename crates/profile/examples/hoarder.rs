//! A program that knows dhat and nothing of this workspace: its profiles are those of
//! others, for the tests of what reads them.
//!
//!     cargo run -p profile --example hoarder -- hoarder.json

use std::process::ExitCode;

#[global_allocator]
static ALLOC: dhat::Alloc = dhat::Alloc;

/// What keeps things.
mod attic {
    /// Boxes under the roof.
    #[derive(Debug, Default)]
    pub(crate) struct Attic {
        boxes: Vec<Vec<u8>>,
    }

    impl Attic {
        /// Up the stairs, and never down again.
        #[inline(never)]
        pub(crate) fn keep(&mut self, bytes: usize) {
            self.boxes.push(vec![7; bytes]);
        }

        /// How many there are.
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
        // Read and thrown away.
        std::hint::black_box(vec![0_u8; 4096]);
    }
    drop(profiler);
    eprintln!("{} boxes", attic.len());
    ExitCode::SUCCESS
}
