//! Profiles made up to be large, in the proportions of a real one.

use std::fmt::Write;

/// Proportions of a profile of the leaky twin, twenty times as many of each: 10 MB.
const POINTS: usize = 9_000;
const FRAMES: usize = 48_000;
const FRAMES_OF_A_POINT: usize = 54;
/// Every so many frames there is one of a lesson's file.
const OWN_EVERY: usize = 500;

/// A profile as dhat writes it, a number a line, `scale` times 10 MB. The second
/// window's holds more.
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

/// Why writing to a text cannot fail.
const IN_MEMORY: &str = "a text takes all that is written to it";

/// Frames of a point: inner ones of its own, outer ones shared with its neighbours.
fn stack(point: usize, frames: usize) -> String {
    let frame = |depth: usize| {
        let shared = if depth < 6 { point } else { point / 64 };
        1 + (shared * 7_919 + depth * 104_729) % (frames - 1)
    };
    let frames: Vec<String> =
        (0..FRAMES_OF_A_POINT).map(|depth| frame(depth).to_string()).collect();
    frames.join(",\n")
}

/// About as long as the frames of a service are.
fn frame(n: usize) -> String {
    let address = 0x5581_0000_0000_usize + n * 48;
    let line = 1 + n % 900;
    if n.is_multiple_of(OWN_EVERY) {
        return format!(
            "{address:#x}: leaky::lessons::l11_session_cache::Sessions::keep \
             (src/lessons/l11_session_cache.rs:{line}:9)"
        );
    }
    format!(
        "{address:#x}: <tower::middleware::layer_{n}::Wrapped<Inner> as \
         core::future::future::Future>::poll::{{{{closure}}}} \
         (middleware/layer_{}.rs:{line}:17)",
        n % 300
    )
}
