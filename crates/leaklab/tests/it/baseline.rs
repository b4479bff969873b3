//! Runs against their baselines: what passes, what fails, what is refused.

use crate::fixture::{Done, Leaklab};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::OnceLock;
use tempfile::TempDir;

/// The smallest run with a leak in it.
const RUN: [&str; 7] =
    ["l15", "--twin", "leaky", "--rounds", "4", "--requests", "200"];

/// One measurement for all tests.
pub(crate) fn measured() -> Value {
    static MEASURED: OnceLock<Value> = OnceLock::new();
    let measure = || {
        let arguments = [&RUN[..], &["--format", "json"]].concat();
        let mut comparison = Leaklab::compare(&arguments).run().code(0).json();
        assert_eq!(leaky(&mut comparison)["verdict"], "LEAKS");
        comparison
    };
    MEASURED.get_or_init(measure).clone()
}

pub(crate) fn leaky(comparison: &mut Value) -> &mut Value {
    &mut comparison["lessons"][0]["twins"]["leaky"]
}

pub(crate) fn sites(comparison: &mut Value) -> &mut Vec<Value> {
    leaky(comparison)["sites"].as_array_mut().unwrap()
}

/// A folder with an older comparison, a newer one, and accepted sites.
pub(crate) struct Files(TempDir);

impl Files {
    pub(crate) fn of(older: &Value, newer: &Value) -> Self {
        let this = Self(TempDir::new().unwrap());
        this.write("old.json", &older.to_string());
        this.write("new.json", &newer.to_string());
        this
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// Measures again, against the older comparison.
    pub(crate) fn compare(&self, arguments: &[&str]) -> Done {
        let old = self.path("old.json");
        let baseline = ["--baseline", old.to_str().unwrap()];
        Leaklab::compare(&[&RUN[..], &baseline, arguments].concat()).run()
    }

    fn gate(&self, arguments: &[&str]) -> Done {
        let (old, new) = (self.path("old.json"), self.path("new.json"));
        let files =
            ["--baseline", old.to_str().unwrap(), "--from", new.to_str().unwrap()];
        Leaklab::new(&[&["gate"], &files[..], arguments].concat()).run()
    }
}

/// The state of the largest site, and what a person reads.
#[track_caller]
fn gated(files: &Files, code: i32) -> (String, String) {
    let json = files.gate(&["--format", "json"]).code(code).json();
    assert_eq!(json["passed"], code == 0);
    let text = files.gate(&[]).code(code).leaves_nothing().stdout();
    for line in text.lines() {
        let path = line.contains(files.0.path().to_str().unwrap());
        assert!(path || line.chars().count() <= 80, "{line}");
        assert_eq!(line.trim_end(), line);
    }
    (json["sites"][0]["state"].as_str().unwrap().to_owned(), text)
}

#[test]
fn the_same_run_passes() {
    let run = measured();
    let (state, text) = gated(&Files::of(&run, &run), 0);
    assert_eq!(state, "KNOWN");
    assert!(text.contains("Nothing is new"), "{text}");
}

#[test]
fn a_new_site_fails_until_its_printed_entry_is_given_a_reason() {
    let run = measured();
    let mut older = run.clone();
    leaky(&mut older)["verdict"] = "BOUNDED".into();
    let files = Files::of(&older, &run);
    let (state, text) = gated(&files, 1);
    assert_eq!(state, "NEW");
    let place = sites(&mut run.clone())[0]["in_app_frame"].clone();
    assert!(text.contains(place.as_str().unwrap()), "{text}");

    let entry = text.find("\n#").expect("an entry to paste");
    files.write("accepted.toml", &text[entry..]);
    let path = files.path("accepted.toml");
    let accept = ["--accept", path.to_str().unwrap()];
    let refused = files.gate(&accept);
    refused.code(2).says(&["accepted.toml:3", "reason"]);
    let reason = "reason = \"names are few here\"";
    files.write("accepted.toml", &text[entry..].replace("reason = \"\"", reason));
    let passed = files.gate(&accept).code(0).stdout();
    assert!(passed.contains("ACCEPTED"), "{passed}");
    assert!(passed.contains("names are few here"), "{passed}");
}

#[test]
fn a_site_that_keeps_twice_as_much_fails() {
    let run = measured();
    let mut older = run.clone();
    let halve = |value: &mut Value| *value = (value.as_f64().unwrap() / 2.0).into();
    halve(&mut leaky(&mut older)["slope_bytes_per_request"]);
    for site in sites(&mut older) {
        halve(&mut site["bytes_per_request"]);
    }
    let limit = "detection_limit_bytes_per_request";
    let mut newer = run.clone();
    leaky(&mut older)[limit] = 0.into();
    leaky(&mut newer)[limit] = 0.into();
    let (state, text) = gated(&Files::of(&older, &newer), 1);
    assert_eq!(state, "GROWN");
    assert!(text.contains("would be the same"), "{text}");
}

#[test]
fn what_does_not_grow_any_more_is_fixed_and_passes() {
    let run = measured();
    let mut newer = run.clone();
    leaky(&mut newer)["verdict"] = "BOUNDED".into();
    let (state, text) = gated(&Files::of(&run, &newer), 0);
    assert_eq!(state, "FIXED");
    assert!(text.contains("where it was"), "{text}");
}

#[test]
fn an_unexpected_verdict_fails_with_a_word_though_no_site_is_new() {
    let run = measured();
    let mut newer = run.clone();
    newer["as_expected"] = false.into();
    let done = Files::of(&run, &newer).gate(&[]).code(1);
    assert!(done.stdout().contains("not as expected"), "{}", done.stdout());
}

#[test]
fn a_baseline_of_another_kind_is_refused_before_anything_is_measured() {
    let run = measured();
    let mut quick = run.clone();
    quick["environment"]["quick"] = true.into();
    let mut newer = run.clone();
    newer["schema"] = 1000.into();
    let mut nameless = run;
    sites(&mut nameless)[0]["fingerprint"] = "".into();
    let cases: [(&Value, &[&str]); 3] = [
        (&quick, &["old.json", "--quick"]),
        (&newer, &["old.json", "schema 1000"]),
        (&nameless, &["old.json", "without a fingerprint", "measure again"]),
    ];
    for (older, parts) in cases {
        let files = Files::of(older, older);
        let done = files.compare(&[]).code(2).leaves_nothing();
        assert!(!done.out().join("comparison.json").exists());
        done.says(parts);
    }
}

#[test]
fn a_baseline_that_is_not_there_is_wrong_usage() {
    let arguments = [&RUN[..], &["--baseline", "nowhere.json"]].concat();
    Leaklab::compare(&arguments).run().code(2).says(&["nowhere.json", "--baseline"]);
}
