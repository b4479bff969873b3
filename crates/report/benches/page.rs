//! How large the page of a whole comparison is, how long it takes to make, and how long
//! a browser takes to open it.
//!
//!     ./scripts/compare.sh
//!     cargo bench --workspace --profile dev --bench page
//!
//! Medians of several. A browser is asked where Debian's chromium-driver is installed.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "the figures are its output")]

#[expect(dead_code, reason = "the tests ask for more")]
#[path = "../tests/it/browser.rs"]
mod browser;

use browser::Browser;
use report::comparison::Comparison;
use report::page::{FILE, Folder, render};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Odd, for a median.
const REPEATS: usize = 5;

/// Where `compare.sh` leaves its results; another folder as the only argument.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/leaklab");

fn main() {
    // cargo adds --bench.
    let named = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let folder = PathBuf::from(named.unwrap_or_else(|| FOLDER.to_owned()));
    let Ok(json) = std::fs::read(folder.join("comparison.json")) else {
        println!(
            "no comparison in {}: run scripts/compare.sh first",
            folder.display()
        );
        return;
    };
    let comparison: Comparison = serde_json::from_slice(&json).unwrap();
    let lessons = comparison.lessons.len();
    let mut page = String::new();
    let made = (0..REPEATS).map(|_| {
        let began = Instant::now();
        page = render(&Folder::new(&folder, &comparison));
        1e3 * began.elapsed().as_secs_f64()
    });
    let made = median(made.collect());
    println!("{lessons} lessons: {} bytes, made in {made:.0} ms", page.len());
    let file = tempfile::Builder::new().suffix(FILE).tempfile().unwrap();
    std::fs::write(file.path(), page).unwrap();
    let Some(browser) = Browser::start() else { return };
    let mut opened = Vec::new();
    for _ in 0..REPEATS {
        opened.push(open(&browser, file.path()));
    }
    println!("opened in {:.0} ms", median(opened));
    browser.close();
}

/// Until everything is laid out and drawn for the first time, in milliseconds.
fn open(browser: &Browser, page: &Path) -> f64 {
    browser.open(page, "");
    // The script runs after two frames were drawn.
    let drawn = browser.script("return performance.now()");
    drawn.as_f64().unwrap()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
