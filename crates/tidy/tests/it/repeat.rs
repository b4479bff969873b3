//! Whether `scripts/repeat.sh` counts everything that is not as expected.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use crate::repository::locate;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

/// Repeats a comparison once that ends with this code and has this mismatch; the exit
/// code, and what is printed at the end.
fn repeated(code: u8, mismatches: &str) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let scripts = folder.path().join("scripts");
    fs::create_dir(&scripts).unwrap();
    fs::copy(locate("scripts/repeat.sh"), scripts.join("repeat.sh")).unwrap();
    let twin = r#"{"attempts":1,"pressure":{"repeated":[]}}"#;
    let json = format!(
        r#"{{"lessons":[{{"id":"l01","mismatches":[{mismatches}],"twins":{{"leaky":{twin},"fixed":{twin}}},"failed_fixes":{{}}}}]}}"#
    );
    let compare = scripts.join("compare.sh");
    fs::write(&compare, format!("#!/bin/sh\necho '{json}'\nexit {code}\n")).unwrap();
    fs::set_permissions(&compare, PermissionsExt::from_mode(0o755)).unwrap();
    let output = Command::new(scripts.join("repeat.sh")).arg("1").output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let last = printed.lines().last().unwrap_or_default();
    (output.status.code(), last.to_owned())
}

#[test]
fn a_repetition_counts_every_mismatch_and_every_exit_code() {
    if Command::new("jq").arg("--version").output().is_err() {
        return eprintln!("skipped: there is no jq");
    }
    let cases = [
        (0, "", 0, "2 verdicts: 0 mismatches"),
        (1, "\"fixed is LEAKS, expected BOUNDED\"", 1, "1 mismatches"),
        // Not stressed, so this is one as well.
        (1, "\"fixed is INCONCLUSIVE, expected FLAT\"", 1, "1 mismatches"),
        (1, "\"leaky has sockets that do not rise\"", 1, "1 mismatches"),
        (1, "", 1, "1 runs with exit code 1 and no reason"),
        (3, "", 3, ""),
    ];
    for (code, mismatches, expected, part) in cases {
        let (found, last) = repeated(code, mismatches);
        assert_eq!(found, Some(expected), "{mismatches}: {last}");
        assert!(last.contains(part), "{mismatches}: {last}");
    }
}
