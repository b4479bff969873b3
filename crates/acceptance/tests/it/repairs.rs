//! A few repairs, right and wrong, judged by `leaklab learn check`. `scripts/repairs.sh`
//! judges all of them, which takes too long for every run of the tests.

use acceptance::build_programs;
use leaklab::run::programs_folder;
use std::process::Command;

/// Right, partial, two ways of leaving work out, and one that leaks when calls fail.
const REPAIRS: [&str; 5] = [
    "l09/operation-timeout",
    "l09/no-timeout",
    "l12/own-key",
    "l12/no-cache",
    "l14/remove-context",
];

#[test]
fn repairs_are_judged_as_their_files_say() {
    build_programs();
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let mut script = Command::new(format!("{root}/scripts/repairs.sh"));
    script.args(REPAIRS).env("LEAKLAB_PROGRAMS", programs_folder().unwrap());
    let done = script.output().unwrap();
    let [said, errors] =
        [&done.stdout, &done.stderr].map(|t| String::from_utf8_lossy(t));
    assert!(done.status.success(), "{said}\n{errors}");
    assert!(said.contains("5 repairs, 0 judged otherwise"), "{said}");
}
