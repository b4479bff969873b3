//! Writes a profile of a given size, to measure `leaklab show` and `diff`:
//!
//!     cargo run -p profile --example large_profile -- 1 10 before.json
//!
//! The first number is 1 for a small window and 2 for a larger one; the second is the
//! file's size in tens of megabytes.

#[path = "../benches/synthetic/mod.rs"]
mod synthetic;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [window, scale, file] = arguments.as_slice() else {
        eprintln!("usage: large_profile WINDOW TENS_OF_MB FILE");
        return ExitCode::from(2);
    };
    let (Ok(window), Ok(scale)) = (window.parse(), scale.parse()) else {
        eprintln!("large_profile: WINDOW and TENS_OF_MB are whole numbers");
        return ExitCode::from(2);
    };
    match std::fs::write(file, synthetic::synthetic(window, scale)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("large_profile: cannot write {file} ({error})");
            ExitCode::FAILURE
        }
    }
}
