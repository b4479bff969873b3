//! A memory limit ends the twin that leaks, a line says so, and nothing is left.

use crate::fixture::Leaklab;

/// A thousand requests that each leave 135 kB.
const LOAD: [&str; 6] = ["l09", "--quick", "--rounds", "4", "--requests", "250"];

#[test]
fn a_limit_ends_the_twin_that_leaks_and_the_other_is_measured() {
    for (by, size, how) in [
        ("allocator", "24MiB", "ended by its allocator's limit of 24 MiB"),
        ("kernel", "64MiB", "killed by the kernel's memory limit of 64 MiB"),
    ] {
        let limit = ["--limit-by", by, "--memory-limit", size];
        let done = Leaklab::compare(&[&LOAD[..], &limit].concat()).run();
        if done.stderr().contains("--limit-by allocator") {
            eprintln!("skipped: {}", done.stderr());
            continue;
        }
        let done = done.code(1).leaves_nothing();
        let text = done.stdout();
        assert!(text.contains(&format!("leaky was {how} after ")), "{text}");
        assert!(text.contains("not run") && text.contains("BOUNDED"), "{text}");
    }
}
