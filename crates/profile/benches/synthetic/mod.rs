//! Synthetic profiles, large and in the proportions of a real one.

use std::fmt::Write;

/// A profile of the leaky twin times twenty: 10 MB.
const POINTS: usize = 9_000;
const FRAMES: usize = 48_000;
const FRAMES_OF_A_POINT: usize = 54;
/// One frame of this number is in a lesson's file.
const IN_APP_EVERY: usize = 500;

/// A profile as dhat writes it, one number per line, of `scale` times 10 MB. Window 2
/// holds twice as much as window 1.
pub(crate) fn synthetic(window: usize, scale: usize) -> Vec<u8> {
    let mut json = String::from(
        "{\n\"dhatFileVersion\": 2,\n\"mode\": \"rust-heap\",\n\
         \"cmd\": \"target/debug/leaky --measure\",\n\"tu\": \"µs\",\n\
         \"te\": 1000000,\n\"pps\": [\n",
    );
    for n in 0..scale * POINTS {
        let separator = if n == 0 { "" } else { ",\n" };
        let blocks = 1 + n % 7;
        let bytes = blocks * window * (16 + n % 1_000);
        let write = write!(
            json,
            "{separator}{{\n\"tb\": {bytes},\n\"tbk\": {blocks},\n\"tl\": {n},\n\
             \"mb\": {bytes},\n\"mbk\": {blocks},\n\"gb\": {bytes},\n\
             \"gbk\": {blocks},\n\"eb\": {bytes},\n\"ebk\": {blocks},\n\
             \"fs\": [\n{}\n]\n}}",
            stack(n, scale * FRAMES)
        );
        write.expect(IN_MEMORY);
    }
    json.push_str("\n],\n\"ftbl\": [\n\"[root]\"");
    for n in 1..scale * FRAMES {
        write!(json, ",\n\"{}\"", frame(n)).expect(IN_MEMORY);
    }
    json.push_str("\n]\n}\n");
    json.into_bytes()
}

/// Why writing to a string can't fail.
const IN_MEMORY: &str = "a string grows as needed";

/// Frames of a stack: the inner ones are its own, neighbours share the outer ones.
fn stack(point: usize, frames: usize) -> String {
    let frame = |depth: usize| {
        let shared = if depth < 6 { point } else { point / 64 };
        1 + (shared * 7_919 + depth * 104_729) % (frames - 1)
    };
    let frames: Vec<String> =
        (0..FRAMES_OF_A_POINT).map(|depth| frame(depth).to_string()).collect();
    frames.join(",\n")
}

/// A frame as long as those of a service.
fn frame(n: usize) -> String {
    let address = 0x5581_0000_0000_usize + n * 48;
    let line = 1 + n % 900;
    if n.is_multiple_of(IN_APP_EVERY) {
        return format!(
            "{address:#x}: leaky::lessons::l00_a_job::Sessions::keep \
             (src/lessons/l00_a_job.rs:{line}:9)"
        );
    }
    format!(
        "{address:#x}: <tower::middleware::layer_{n}::Wrapped<Inner> as \
         core::future::future::Future>::poll::{{{{closure}}}} \
         (middleware/layer_{}.rs:{line}:17)",
        n % 300
    )
}
